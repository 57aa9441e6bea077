"""The ear on the bridge: "look now" hurries the process, "watch" has it send pictures. Nothing counts on either."""

import logging
from collections.abc import Callable
from pathlib import Path

from appliance.logs import fact
from appliance.mqtt import HubConnection, Message
from protocol.strict_json import Malformed
from protocol.uplink_live import LIVE_TOPIC, LOOK_TOPIC, WATCH_TOPIC, Picture, encode_picture, parse_watch

_log = logging.getLogger("live")
_PICTURE_SECONDS = 1.0
_RETRY_SECONDS = 2.0  # where no bridge is wanted, nobody listens


class Live:
    """`look`: there is something for us. `take`: the picture of this moment. `step` is called by the process's loop."""

    def __init__(self, socket_path: Path, look: Callable[[], None], take: Callable[[], Picture]) -> None:
        self._look = look
        self._take = take
        self._watched_until = 0.0
        self._sent_at = 0.0
        self._asked: list[int] = []
        self._connection = HubConnection(socket_path, "uplink", "", ("down/#",), client_id="uplink")
        self._connection.on_message = self._heard
        self._connection.on_connected = look  # what was said before we listened is not said again soon
        self._connection.retry_seconds = _RETRY_SECONDS

    def start(self) -> None:
        self._connection.start()

    def stop(self) -> None:
        self._connection.stop()

    def step(self, monotonic: float) -> bool:
        """Whether a picture was sent; `monotonic` in seconds."""
        while self._asked:
            self._watched_until = monotonic + self._asked.pop()
        is_due = monotonic < self._watched_until and monotonic - self._sent_at >= _PICTURE_SECONDS
        if not is_due or not self._connection.connected.is_set():
            return False
        self._sent_at = monotonic
        self._connection.publish(f"up/{LIVE_TOPIC}", encode_picture(self._take()))
        return True

    def _heard(self, message: Message) -> None:
        """In paho's thread. The city's word, but not its order: orders are signed and come by HTTPS."""
        self._connection.acknowledge(message)
        if message.topic == f"down/{LOOK_TOPIC}":
            self._look()
        elif message.topic == f"down/{WATCH_TOPIC}":
            try:
                self._asked.append(parse_watch(message.payload))
            except Malformed as error:
                fact(_log, "watch_malformed", detail=error.detail)
