"""The hub of the reference: the appliance's own connection (paho, as the bridge uses it) and nothing behind it.

A process of its own, like the bridge: `python -m tests.bench.bare_hub SOCKET PASSWORD_FILE`. It is told on stdin, one
JSON object a line: {"messages": [[topic, payload, retain], …]} prepares them, {} publishes them, and the end of the
input ends it. It says "ready" once it is connected and whenever messages are prepared. What devices say it acknowledges
at once.
"""

import json
import sys
from pathlib import Path

from appliance.broker.configuration import HUB_USERNAME
from appliance.broker_bridge.outbox import COMMAND_COPY_SECONDS
from appliance.broker_bridge.start import SUBSCRIPTIONS
from appliance.mqtt import HubConnection

_PATIENCE_SECONDS = 20.0


def main(socket_path: Path, password_path: Path) -> int:
    connection = HubConnection(socket_path, HUB_USERNAME, password_path.read_text().strip(), SUBSCRIPTIONS)
    connection.on_message = connection.acknowledge
    connection.start()
    if not connection.connected.wait(_PATIENCE_SECONDS):
        return 1
    _say_ready()
    prepared: list[tuple[str, bytes, bool]] = []
    for line in sys.stdin:
        told = json.loads(line)
        if "messages" in told:
            prepared = [(topic, payload.encode(), retain) for topic, payload, retain in told["messages"]]
            _say_ready()
        else:
            _publish(connection, prepared)
    connection.stop()
    return 0


def _publish(connection: HubConnection, messages: list[tuple[str, bytes, bool]]) -> None:
    for topic, payload, retain in messages:
        connection.publish(topic, payload, retain=retain, expires_in=None if retain else COMMAND_COPY_SECONDS)


def _say_ready() -> None:
    print("ready", flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
