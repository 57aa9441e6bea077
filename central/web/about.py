"""What this server is, and whether it works. `/health` measures work done; it tells no stranger anything else."""

import threading
import time
from collections.abc import Callable
from importlib.metadata import version

from flask import Blueprint, jsonify, render_template
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.roles import Capability
from central.errors import Unavailable
from central.services.vital_signs import VitalSigns
from central.store.room import room
from central.store.trouble import DISK_FULL, in_words
from central.web.access import Door, allows

_SLOW_MS = 2000
_EVERY_SECONDS = 2.0


def make_about(services: Services) -> Blueprint:
    pages = Blueprint("about", __name__)
    signs = VitalSigns(services.clock)
    pulse = Pulse(signs.exercise)

    @pages.get("/health")
    @allows(Door.PUBLIC)
    def health() -> ResponseReturnValue:
        """A row is written and read again. 503 when that takes too long, or fails; or larger ones lately did."""
        try:
            with in_words():
                took = pulse.milliseconds()
        except Unavailable as trouble:
            return jsonify(status=trouble.code), trouble.status
        if room.is_short():
            return jsonify(status=DISK_FULL), Unavailable.status
        is_well = took <= _SLOW_MS
        return jsonify(status="ok" if is_well else "slow", database_ms=took), 200 if is_well else 503

    @pages.get("/about")
    @allows(Capability.SEE_FLEET)
    def about() -> ResponseReturnValue:
        parts = {name: version(name) for name in ("flask", "peewee", "webauthn", "cryptography")}
        return render_template("people/about.html", facts=signs.read(), parts=parts)

    return pages


class Pulse:
    """What the last exercise took; another one every two seconds at most, since any stranger may ask."""

    def __init__(self, exercise: Callable[[], None], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._exercise = exercise
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._next = -1.0
        self._took = 0

    def milliseconds(self) -> int:
        """Raises what the database raises: a failure is kept by nobody, and tried again."""
        with self._lock:  # who asks meanwhile waits for the same answer
            began = self._monotonic()
            if began >= self._next:
                self._exercise()
                self._took = round((self._monotonic() - began) * 1000)
                self._next = self._monotonic() + _EVERY_SECONDS
            return self._took
