"""The bridge's process: wires its parts and runs until it is asked to stop."""

import signal

from appliance import logs
from appliance.bootstrap import broker_settings, open_databases
from appliance.broker.configuration import HUB_USERNAME
from appliance.broker.password_file import hub_password
from appliance.broker_bridge.bridge import Bridge, Parts
from appliance.broker_bridge.inbox import Inbox
from appliance.broker_bridge.outbox import Outbox
from appliance.clock import HubClock
from appliance.config import Config
from appliance.mqtt import HubConnection
from appliance.nudge import NudgeReceiver, NudgeSender
from appliance.services.desired import DesiredStates
from appliance.services.intake import Intake
from appliance.services.lessons import Lessons
from appliance.services.live_state import LiveStates
from appliance.services.outgoing import Outgoing
from protocol.device import FROM_DEVICE

SUBSCRIPTIONS = tuple(f"devices/+/{leaf}" for leaf in sorted(FROM_DEVICE))


def build(config: Config) -> Bridge:
    settings = broker_settings(config)
    clock = HubClock(config.runtime_path)
    live = LiveStates()
    outgoing = Outgoing()
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
            nudged=NudgeReceiver(config.runtime_path, "bridge"),
            nudge_web=NudgeSender(config.runtime_path, "web"),
            nudge_self=to_self,
        )
    )


def main(config: Config) -> int:
    logs.set_up("bridge")
    open_databases(config)
    bridge = build(config)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: bridge.stop())
    bridge.run()
    return 0
