"""`desk`: the process that works by itself: alerts, notifications, renewals. What it does is `bootstrap.desk_steps`."""

import logging
import signal
import threading
from collections.abc import Sequence
from functools import partial

from central import logs, worker
from central.bootstrap import Services, build_services, desk_steps, open_databases
from central.broker.configuration import CENTRAL_USERNAME
from central.broker.connection import BrokerConnection, Membership, read_addresses, take_place
from central.broker.process import Reload, broker_settings
from central.config import Config
from central.errors import Unavailable
from central.nudge import NudgeReceiver
from central.services.broker_identity import BrokerIdentity
from central.services.closed_bridges import ClosedBridges
from central.services.live_wire import LiveWire
from central.store.database import connected
from central.worker import Step

_log = logging.getLogger("desk")
_WAIT_SECONDS = 2.0
_LIVE_SECONDS = 0.2  # an officer's click at another machine reaches a school this much later, at worst


def main(config: Config) -> int:
    logs.set_up("bureau", logging.INFO)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    open_databases(config)
    services = build_services(config)
    steps = desk_steps(services)
    ear = {"ear": lambda: _listen(config, services, stopping)} if config.broker_addresses else {}
    worker.run_together(
        lambda: worker.run(lambda: do_all(steps), lambda: stopping.wait(_WAIT_SECONDS), stopping), ear, stopping
    )
    return 0


def _listen(config: Config, services: Services, stopping: threading.Event) -> None:
    """A thread of its own: a nudge must not wait for an alert's e-mail."""
    settings, wire = broker_settings(config), LiveWire(services.clock)
    identity = BrokerIdentity(services.clock, services.keys, CENTRAL_USERNAME)
    membership = Membership(read_addresses(config.broker_addresses), settings.authority, identity.path, identity.path)
    connection = BrokerConnection(membership, wire.hear)
    closed = ClosedBridges(services.clock, partial(take_place, membership))
    reload = Reload(settings, config.runtime_path / "processes.json")
    steps = (
        wire.take_step,
        lambda: wire.speak_step(connection.publish),
        reload.step,
        lambda: identity.step(connection.again),
        closed.step,
    )
    nudged = NudgeReceiver(config.runtime_path)
    connection.start()
    try:
        worker.run(lambda: do_all(steps), lambda: nudged.wait(_LIVE_SECONDS), stopping)
    finally:
        connection.stop()
        nudged.close()


def do_all(steps: Sequence[Step]) -> bool:
    """Each step once; a database that is away is waited for."""
    try:
        with connected():
            done = [step() for step in steps]
        return any(done)
    except Unavailable as error:
        _log.warning("desk_waits code=%s", error.code)
        return False
