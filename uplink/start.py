"""Wires the uplink and runs it until it is asked to stop, or until no city is left to speak with."""

import signal
import threading
import time

from appliance import SOFTWARE, logs, worker
from appliance.bootstrap import build_services, open_databases
from appliance.config import Config
from appliance.nudge import NudgeReceiver
from appliance.store.models import database
from appliance.store.trouble import STORE_ERRORS
from uplink.process import Parts, Uplink

_LOOK_SECONDS = 1.0
_BUSY: tuple[type[Exception], ...] = STORE_ERRORS


def serve(config: Config, nudged: NudgeReceiver, stop: threading.Event) -> int:
    logs.set_up("uplink")
    open_databases(config)
    uplink = Uplink(Parts(config, build_services(config), SOFTWARE, pace=config.city_pace))

    def end(*_: object) -> None:
        stop.set()
        uplink.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)

    def step() -> bool:
        try:
            with database.connection_context():
                worked = uplink.step(time.monotonic())
        except _BUSY:
            return False  # busy or full: the next look is in a second
        if uplink.is_over:
            stop.set()  # the supervisor starts the light one again
        return worked

    worker.run(step, lambda: nudged.wait(_LOOK_SECONDS), stop)
    nudged.close()
    return 0
