"""The city's server: ingest, fleet, orders. Imports nothing of ours but `protocol`."""
