"""The bridge's process: wires its parts and runs until it is asked to stop."""

import signal
import socket
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager

from appliance import logs, worker
from appliance.bootstrap import agents_broker_settings, broker_settings, open_databases
from appliance.broker.configuration import HUB_USERNAME, BrokerSettings
from appliance.broker.password_file import hub_password
from appliance.broker.reload import apply_credentials, make_folders
from appliance.broker_bridge.agents.desk import SUBSCRIPTIONS as AGENT_SUBSCRIPTIONS
from appliance.broker_bridge.agents.desk import Desk, DeskParts
from appliance.broker_bridge.bridge import Bridge, Parts
from appliance.broker_bridge.inbox import Inbox
from appliance.broker_bridge.mdns import Announcement, is_announced, lan_addresses
from appliance.broker_bridge.outbox import Outbox
from appliance.broker_bridge.suspensions import Suspensions
from appliance.clock import HubClock
from appliance.config import Config
from appliance.mqtt import HubConnection
from appliance.nudge import NudgeReceiver, NudgeSender
from appliance.services.agent_links import agent_credentials
from appliance.services.desired import DesiredStates
from appliance.services.enrollment import credentials
from appliance.services.guests import Guests
from appliance.services.intake import Intake
from appliance.services.lessons import Lessons
from appliance.services.live_state import LiveStates
from appliance.services.outgoing import Outgoing
from appliance.services.reach import Reach
from protocol.device import FROM_DEVICE

_ANNOUNCE_SECONDS = 10.0  # how soon a new address is told
SUBSCRIPTIONS = tuple(f"devices/+/{leaf}" for leaf in sorted(FROM_DEVICE))


def build(config: Config) -> Bridge:
    settings, clock = broker_settings(config), HubClock(config.runtime_path)
    to_self, to_web = (NudgeSender(config.runtime_path, name) for name in ("bridge", "web"))
    reach = Reach(live := LiveStates())
    outgoing = Outgoing("https" if config.tls else "http", config.http_port, reach)
    agent_suspensions = _agent_suspensions(config, clock)
    desk = Desk(
        DeskParts(
            clock=clock,
            live=live,
            reach=reach,
            outgoing=outgoing,
            connect=lambda: _connect_agents(agents_broker_settings(config)),
            suspend=agent_suspensions.suspend,
            renew_credentials=agent_suspensions.renew,
            apply_credentials=agent_suspensions.apply_now,
            own_names=lambda: _own_names(config),
            nudge_web=to_web.send,
        )
    )
    return Bridge(
        Parts(
            clock=clock,
            connection=HubConnection(settings.socket_path, HUB_USERNAME, hub_password(settings), SUBSCRIPTIONS),
            inbox=Inbox(clock, Intake(), live, reach=reach),
            outbox=Outbox(clock, DesiredStates(), outgoing, live),
            live=live,
            lessons=Lessons(clock, to_self),
            guests=Guests(clock, to_self),
            outgoing=outgoing,
            nudged=NudgeReceiver(config.runtime_path, "bridge"),
            nudge_web=to_web,
            nudge_self=to_self,
            nudge_uplink=NudgeSender(config.runtime_path, "uplink"),
            suspensions=Suspensions(clock, lambda without: _apply(settings, credentials, without), credentials),
            ballast_path=config.ballast_path,
            desk=desk,
            agent_suspensions=agent_suspensions,
        )
    )


def _agent_suspensions(config: Config, clock: HubClock) -> Suspensions:
    settings = agents_broker_settings(config)
    return Suspensions(clock, lambda without: _apply(settings, agent_credentials, without), agent_credentials)


def _connect_agents(settings: BrokerSettings) -> HubConnection:
    make_folders(settings)  # its password may be asked for before its broker has ever run
    return HubConnection(
        settings.socket_path, HUB_USERNAME, hub_password(settings), AGENT_SUBSCRIPTIONS, client_id="hub-agents"
    )


def _own_names(config: Config) -> frozenset[str]:
    """By which a tablet may know this appliance."""
    everywhere = ("", "0.0.0.0", "::")  # noqa: S104 - compared, not bound
    own, machine = {config.host} - set(everywhere), socket.gethostname().lower()
    return frozenset({"preau.local", machine, f"{machine}.local", *config.names, *lan_addresses(), *own})


def _apply(settings: BrokerSettings, load: Callable[[], Mapping[str, str]], without: Collection[str]) -> None:
    apply_credentials(settings, lambda: {name: one for name, one in load().items() if name not in without})


def main(config: Config) -> int:
    logs.set_up("bridge", folder=config.logs_path)
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
