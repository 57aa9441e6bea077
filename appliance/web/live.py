"""The board, live: Socket.IO rooms, one per lesson, fed with what changed since the last look.

Each open page holds a thread of the server: more viewers than it was started for are told so and read
`board.json` instead.
"""

import logging
import threading
import time
from typing import Any

from flask import request
from flask_socketio import SocketIO, disconnect, emit, join_room, leave_room
from socketio.packet import Packet

from appliance.bootstrap import Services
from appliance.config import Config
from appliance.errors import NotSignedIn, PreauError
from appliance.logs import fact
from appliance.nudge import NudgeReceiver
from appliance.store.live import live_database
from appliance.store.models import database
from appliance.web.sessions import signed_in

_log = logging.getLogger("live")
_LOOK_SECONDS = 1.0
_TELL_AGAIN_SECONDS = 60.0
_PAUSE_SECONDS = 0.1  # before a look: thirty acks become one message, and a gesture has the machine to itself
_ALWAYS = ("rev", "now")  # in each message, be it about one tile

Json = dict[str, Any]


class TextPacket(Packet):  # type: ignore[misc]  # python-socketio ships no types
    """Nothing binary is ever sent: looking for bytes in every tile would cost more than writing the message."""

    uses_binary_events = False


class Trouble:
    """One traceback a minute, with how many were like it: a look that fails each second must not fill the disk."""

    def __init__(self) -> None:
        self._tell_at = float("-inf")
        self._untold = 0

    def tell(self, monotonic: float) -> None:
        """Within an `except`."""
        if monotonic < self._tell_at:
            self._untold += 1
            return
        _log.exception("live_look_failed untold=%d", self._untold)
        self._tell_at, self._untold = monotonic + _TELL_AGAIN_SECONDS, 0


class LiveBoard:
    """Watches the lessons that somebody looks at. `step` compares with what was sent last and emits the difference."""

    def __init__(self, services: Services, socketio: SocketIO, viewers: int) -> None:
        self._services = services
        self._socketio = socketio
        self._viewers = viewers
        self._watching: dict[str, str] = {}  # Socket.IO session -> lesson
        self._sessions: dict[str, str] = {}  # Socket.IO session -> sign-in session
        self._sent: dict[str, Json] = {}
        # Around reading and sending: what was read first is sent first, and who comes in misses nothing in between.
        self._in_order = threading.Lock()
        self._look_again_at = 0.0
        self._trouble = Trouble()
        self._pause = threading.Event()
        socketio.on_event("connect", self._connect)
        socketio.on_event("disconnect", self._disconnect)
        socketio.on_event("watch", self._watch)

    def run(self, nudged: NudgeReceiver) -> None:
        """For ever, in a background thread of the web process."""
        while True:
            if nudged.wait(_LOOK_SECONDS):
                self._pause.wait(_PAUSE_SECONDS)
            try:
                self.drop_signed_out(time.monotonic())
                self.step()
            except Exception:
                # The pages live on by polling; the next look tries again.
                self._trouble.tell(time.monotonic())

    def step(self) -> None:
        lessons = set(self._watching.values())
        for gone in set(self._sent) - lessons:
            self._sent.pop(gone, None)
        if not lessons:
            return
        with database.connection_context(), live_database.connection_context():
            for lesson_id in lessons:
                with self._in_order:
                    self._emit_changes(lesson_id)

    def drop_signed_out(self, monotonic: float) -> None:
        """Once a second: who signed out elsewhere, or was deactivated, sees no more."""
        if not self._sessions or monotonic < self._look_again_at:
            return
        self._look_again_at = monotonic + _LOOK_SECONDS
        open_now = list(self._sessions.items())
        with database.connection_context():
            still = self._services.sign_in.sessions.still_open({session for _, session in open_now})
        for sid in [sid for sid, session in open_now if session not in still]:
            self._socketio.server.disconnect(sid)  # type: ignore[attr-defined]  # its types leave the server out

    def _emit_changes(self, lesson_id: str) -> None:
        snapshot = self._services.board.snapshot(lesson_id)
        changes = difference(self._sent.get(lesson_id), snapshot)
        self._sent[lesson_id] = snapshot
        if changes.keys() - set(_ALWAYS):
            self._socketio.emit("board", changes, to=lesson_id)
        if snapshot["lesson"]["ended_at"] is not None and "lesson" in changes:
            self._socketio.emit("lesson_over", {"lesson": snapshot["lesson"]}, to=lesson_id)

    def _connect(self, _auth: object = None) -> bool | None:
        with database.connection_context():
            found = signed_in(self._services, request)
        if found is None:
            return False
        if len(self._sessions) >= self._viewers:
            fact(_log, "too_many_viewers", viewers=self._viewers)
            emit("busy", {"viewers": self._viewers})
            disconnect()
            return None
        self._sessions[request.sid] = found.id  # type: ignore[attr-defined]  # Flask-SocketIO's request has a sid
        return None

    def _disconnect(self, _reason: object = None) -> None:
        self._watching.pop(request.sid, None)  # type: ignore[attr-defined]  # as above
        self._sessions.pop(request.sid, None)  # type: ignore[attr-defined]  # as above

    def _watch(self, message: object) -> Json:
        """The page's own lesson, instead of the one before; answers why not."""
        lesson_id = str(message.get("lesson")) if isinstance(message, dict) else ""
        sid = request.sid  # type: ignore[attr-defined]  # as above
        with database.connection_context(), live_database.connection_context():
            try:
                self._check(lesson_id)
            except PreauError as refusal:
                return {"error": refusal.code}
            with self._in_order:
                before = self._watching.get(sid)
                if before is not None and before != lesson_id:
                    leave_room(before)
                join_room(lesson_id)
                self._watching[sid] = lesson_id
                emit("board", self._services.board.snapshot(lesson_id))
        return {}

    def _check(self, lesson_id: str) -> None:
        found = signed_in(self._services, request)
        if found is None:
            raise NotSignedIn("signed_out")
        self._services.lessons.check_watch(found.actor, lesson_id)


def difference(before: Json | None, now: Json) -> Json:
    """`now` without what `before` said already: whole tiles that changed, other parts as they are."""
    if before is None:
        return now
    known = {tile["device_id"]: tile for tile in before["tiles"]}
    changes: Json = {
        key: now[key] for key in now if key != "tiles" and key not in _ALWAYS and before.get(key) != now[key]
    }
    if {tile["device_id"] for tile in now["tiles"]} != set(known):
        changes["tiles"], changes["whole"] = now["tiles"], True  # devices came or went: the list itself changes
    else:
        tiles = [tile for tile in now["tiles"] if known[tile["device_id"]] != tile]
        if tiles:
            changes["tiles"] = tiles
    return {key: now[key] for key in _ALWAYS} | changes


def start_live(services: Services, config: Config, socketio: SocketIO) -> LiveBoard:
    board = LiveBoard(services, socketio, config.viewers)
    nudged = NudgeReceiver(config.runtime_path, "web")
    socketio.start_background_task(board.run, nudged)
    return board
