"""Wires the uplink and runs it until it is asked to stop, or until no city is left to speak with."""

import signal
import threading
import time

from appliance import SOFTWARE, logs, worker
from appliance.bootstrap import build_services, open_databases
from appliance.broker.city_bridge import CITY_SOCKET
from appliance.clock import Clock
from appliance.config import Config
from appliance.nudge import NudgeReceiver, NudgeSender
from appliance.services.instructions import Instructions
from appliance.services.live_picture import take_picture
from appliance.store.models import database
from appliance.store.trouble import STORE_ERRORS
from uplink.live import Live
from uplink.orders import Downwards
from uplink.process import Parts, Uplink

_LOOK_SECONDS = 1.0
_PICTURE_SECONDS = 0.5
_BUSY: tuple[type[Exception], ...] = STORE_ERRORS


def serve(config: Config, nudged: NudgeReceiver, stop: threading.Event) -> int:
    logs.set_up("uplink", folder=config.logs_path)
    open_databases(config)
    services = build_services(config)
    wake = threading.Event()
    downwards = Downwards(services, wake)
    uplink = Uplink(Parts(config, services, SOFTWARE, pace=config.city_pace, more=(downwards.step,)))

    _end_when_asked(uplink, wake, stop)

    def step() -> bool:
        try:
            with database.connection_context():
                worked = uplink.step(time.monotonic())
        except _BUSY:
            return False  # busy or full: the next look is in a second
        if uplink.is_over:
            stop.set()  # the supervisor starts the light one again
        return worked

    def rest() -> None:
        if nudged.wait(_LOOK_SECONDS):
            wake.set()  # perhaps a device has answered: the other thread looks, too

    to_self = NudgeSender(config.runtime_path, "uplink")
    worker.run_together(
        lambda: worker.run(step, rest, stop),
        {
            "ear": lambda: _listen(config, uplink, services.clock, stop),
            "hand": lambda: _carry_out(services.instructions, wake, to_self, stop),
        },
        stop,
    )
    nudged.close()
    return 0


def _end_when_asked(uplink: Uplink, wake: threading.Event, stop: threading.Event) -> None:
    def end(*_: object) -> None:
        stop.set()
        wake.set()
        uplink.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


def _carry_out(instructions: Instructions, wake: threading.Event, sender: NudgeSender, stop: threading.Event) -> None:
    """A thread of its own: what was ordered is done whether the city answers or not. Its receipts do not wait."""

    def step() -> bool:
        try:
            with database.connection_context():
                moved = instructions.step()
        except _BUSY:
            return False
        if moved:
            sender.send()
        return moved

    def rest() -> None:
        wake.wait(_LOOK_SECONDS)
        wake.clear()

    worker.run(step, rest, stop)


def _listen(config: Config, uplink: Uplink, clock: Clock, stop: threading.Event) -> None:
    """A thread of its own: a picture must not wait for a slow answer of the city."""
    nudge = NudgeSender(config.runtime_path, "uplink")

    def look() -> None:
        uplink.look()
        nudge.send()

    def step() -> bool:
        try:
            with database.connection_context():
                return live.step(time.monotonic())
        except _BUSY:
            return False

    live = Live(config.runtime_path / CITY_SOCKET, look, lambda: take_picture(clock.now()))
    live.start()
    try:
        worker.run(step, lambda: stop.wait(_PICTURE_SECONDS), stop)
    finally:
        live.stop()
