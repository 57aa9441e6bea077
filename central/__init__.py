"""The city's server: ingest, fleet, orders. Imports nothing of ours but `protocol`."""

SOFTWARE = "central/0.1.0"  # boxes try again what was refused when it changes
