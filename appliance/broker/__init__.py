"""Mosquitto as this appliance runs it: its configuration, its credentials, how a change reaches it.

Owns the files that Mosquitto reads and the way to make it read them again. Knows no database and no MQTT client: it is
given user names and password hashes, and asks the broker only whether it lets somebody in.
"""
