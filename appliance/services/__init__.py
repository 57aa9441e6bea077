"""Use cases: read rows, ask the domain, write rows, in one transaction each. No Flask, MQTT or HTTP here."""
