"""The bridge's process: wires its parts and runs until it is asked to stop."""

import signal
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from appliance import logs, worker
from appliance.bootstrap import broker_settings, open_databases
from appliance.broker.configuration import HUB_USERNAME, BrokerSettings
from appliance.broker.password_file import hub_password
from appliance.broker.reload import apply_credentials
from appliance.broker_bridge.bridge import Bridge, Parts
from appliance.broker_bridge.inbox import Inbox
from appliance.broker_bridge.mdns import Announcement, is_announced
from appliance.broker_bridge.outbox import Outbox
from appliance.broker_bridge.suspensions import Suspensions
from appliance.clock import HubClock
from appliance.config import Config
from appliance.mqtt import HubConnection
from appliance.nudge import NudgeReceiver, NudgeSender
from appliance.services.desired import DesiredStates
from appliance.services.enrollment import credentials
from appliance.services.guests import Guests
from appliance.services.intake import Intake
from appliance.services.lessons import Lessons
from appliance.services.live_state import LiveStates
from appliance.services.outgoing import Outgoing
from protocol.device import FROM_DEVICE

_ANNOUNCE_SECONDS = 10.0  # how soon a new address is told
SUBSCRIPTIONS = tuple(f"devices/+/{leaf}" for leaf in sorted(FROM_DEVICE))


def build(config: Config) -> Bridge:
    settings = broker_settings(config)
    clock = HubClock(config.runtime_path)
    live = LiveStates()
    outgoing = Outgoing("https" if config.tls else "http", config.http_port)
    to_self = NudgeSender(config.runtime_path, "bridge")
    return Bridge(
        Parts(
            clock=clock,
            connection=HubConnection(settings.socket_path, HUB_USERNAME, hub_password(settings), SUBSCRIPTIONS),
            inbox=Inbox(clock, Intake(), live),
            outbox=Outbox(clock, DesiredStates(), outgoing, live),
            live=live,
            lessons=Lessons(clock, to_self),
            outgoing=outgoing,
            guests=Guests(clock, to_self),
            nudged=NudgeReceiver(config.runtime_path, "bridge"),
            nudge_web=NudgeSender(config.runtime_path, "web"),
            nudge_self=to_self,
            suspensions=Suspensions(clock, lambda without: _apply(settings, without), credentials),
            ballast_path=config.ballast_path,
        )
    )


def _apply(settings: BrokerSettings, without: Collection[str]) -> None:
    apply_credentials(settings, lambda: {name: one for name, one in credentials().items() if name not in without})


def main(config: Config) -> int:
    logs.set_up("bridge")
    open_databases(config)
    bridge = build(config)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: bridge.stop())
    with _announced(config):
        bridge.run()
    return 0


@contextmanager
def _announced(config: Config) -> Iterator[None]:
    """In a thread of its own: a network that does not answer must not delay a tablet."""
    if not is_announced(config):
        yield
        return
    announcement, stop = Announcement(config), threading.Event()
    thread = threading.Thread(
        target=worker.run, args=(announcement.step, lambda: stop.wait(_ANNOUNCE_SECONDS), stop), name="mdns"
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        announcement.stop()
