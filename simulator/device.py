"""The state machine of one simulated device: messages in, effects out.

No I/O and no clock: `now` is a monotonic time that the caller gives. It owns what the contract asks of a device:
desired state and its lease, reports, inventory, events and the connection's duties; `errands.py` owns the commands.
What `take` returns is for the caller to do, in order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from protocol import device as wire
from protocol.device import Capability, Desired, EventType, Leaf, Malformed
from simulator import effects
from simulator.battery import Battery
from simulator.catalogue import AGENT, APPS, Model
from simulator.chance import seeded
from simulator.clock import Clocks
from simulator.errands import NO_SPACE, Errands
from simulator.front import Front
from simulator.memory import Memory
from simulator.packages import Shelf
from simulator.profiles import Behaviour
from simulator.restraint import honour
from simulator.timers import Timers
from simulator.usage import UsageLog

REPORT_EVERY_SECONDS = 30.0
# Small changes are told together, well within the 2 s of the contract.
GATHER_SECONDS = 0.5
USAGE_AGAIN_AFTER_SECONDS = 60.0
UNSENT_AT_MOST = 200


@dataclass(frozen=True)
class Identity:
    """`new_boot` makes a word that no earlier start of the agent ever had."""

    id: str
    serial: str
    model: Model
    new_boot: Callable[[], str]


class Device:
    def __init__(self, identity: Identity, behaviour: Behaviour, memory: Memory, clocks: Clocks, now: float) -> None:
        chance = seeded(identity.serial)
        self.identity = identity
        self.behaviour = behaviour
        self.clocks = clocks
        self.capabilities = frozenset(Capability) - behaviour.missing
        self.timers = Timers()
        self.boot = identity.new_boot()
        self.front = Front(UsageLog(self.boot, kept=memory.unsent_usage), Capability.USAGE in self.capabilities)
        self.shelf = Shelf(APPS if memory.installed is None else memory.installed)
        self.errands = Errands(self, memory.desk)
        self.desired = memory.desired
        self.restrictions = wire.UNRESTRICTED
        self.storage_free = 1_500_000 if behaviour.storage_is_full else int(identity.model.storage_total * 0.6)
        self.hand_is_raised = False
        self.is_connected = False
        self.speed = 1.0
        self._battery = Battery(chance.uniform(*behaviour.battery), behaviour.drain_per_hour, now)
        self._chance = chance
        self._unsupported: tuple[Capability, ...] = ()
        self._is_lifted = memory.is_lifted
        self._report_at: float | None = None
        self._usage_again_at = now
        self._effects: list[effects.Effect] = []
        self._unsent: deque[effects.Publish] = deque(maxlen=UNSENT_AT_MOST)
        if self.desired is not None:
            self._enforce(self.desired, now)

    def take(self) -> list[effects.Effect]:
        taken, self._effects = self._effects, []
        return taken

    def do(self, effect: effects.Effect) -> None:
        self._effects.append(effect)

    def memory(self, now: float) -> Memory:
        return Memory(
            hub_ahead_seconds=self.clocks.hub_ahead_seconds(now),
            desired=self.desired,
            is_lifted=self._is_lifted,
            desk=self.errands.desk,
            unsent_usage=self.front.log.kept,
            installed=self.shelf.installed,
        )

    # What comes in

    def connected(self, now: float) -> None:
        self.is_connected = True
        self.say(Leaf.PRESENCE, wire.encode_presence(wire.Presence.ONLINE))
        self.publish_inventory()
        if self.desired is not None:
            self._start_on_packages(self.desired)
        self.publish_report(now)
        unsent, self._unsent = list(self._unsent), deque(maxlen=UNSENT_AT_MOST)
        self._effects.extend(unsent)
        self._send_usage(now)

    def disconnected(self) -> None:
        self.is_connected = False

    def receive(self, topic: str, payload: bytes, retained: bool, now: float) -> None:
        try:
            if topic == wire.TIME_TOPIC:
                self._hear_time(payload, retained, now)
                return
            address = wire.parse_topic(topic)
            if address is None or address[0] != self.identity.id:
                self.do(effects.Ignored(topic, "not for this device"))
            elif address[1] is Leaf.DESIRED:
                desired = wire.parse_desired(payload)
                self._after_a_while(now, lambda then: self._follow(desired, then))
            elif address[1] is Leaf.COMMANDS:
                self._hear_command(payload, retained, now)
            elif address[1] is Leaf.USAGE_ACK:
                self.front.log.acknowledge(wire.parse_usage_ack(payload))
        except Malformed as error:
            self.do(effects.Ignored(topic, str(error)))

    def tick(self, now: float) -> None:
        """Whatever time alone brings about. To be called at least every half second."""
        self.timers.run(now)
        self._lift_when_over(now)
        self.front.log.split(self.clocks.own(now), now)
        if self._battery.advance(now, self.speed):
            self.change(now)
        if not self.is_connected:
            return
        if self.front.log.has_news or now >= self._usage_again_at:
            self._send_usage(now)
        if self._report_at is not None and now >= self._report_at:
            self.publish_report(now)

    def fetched(self, key: str, problem: str | None, now: float) -> None:
        """The answer to a Fetch: None when the file is here and is the one that was announced."""
        if self.errands.fetched(key, problem, now):
            return
        order = self.shelf.fetching.pop(key, None)
        if order is None or self.desired is None or order not in self.desired.packages:
            return
        if problem is None:
            self.shelf.install(order)
            self.storage_free -= order.size
            self.publish_inventory()
        else:
            self.shelf.problems[order.name] = problem
        self.publish_report(now)

    # What the pupil and the world do

    def raise_hand(self, now: float) -> None:
        if not self.hand_is_raised:
            self.hand_is_raised = True
            self.tell(EventType.HAND_RAISED, now)

    def lower_hand(self, now: float) -> None:
        if self.hand_is_raised:
            self.hand_is_raised = False
            self.tell(EventType.HAND_LOWERED, now)

    def choose_app(self, app: str, now: float) -> bool:
        """The pupil opens an app; returns False where that is not possible now."""
        if self.restrictions.lock is not None or not self.front.may_show(app) or not self.shelf.has(app):
            return False
        if self.front.asked_for is not None and self.front.asked_for != app:
            self.tell(EventType.LEFT_APP, now, self.front.asked_for)
            self.front.asked_for = None
        self.show(app, app, now)
        return True

    def record_use(self, app: str, seconds: int, now: float) -> None:
        """As if the app had been in front for that long."""
        if Capability.USAGE in self.capabilities:
            self.front.log.record(app, self.clocks.own(now - seconds), seconds)

    def restart(self, now: float) -> None:
        """The agent starts anew: a new boot, and what was under way is forgotten."""
        self.is_connected = False
        self.timers.clear()
        self.shelf.fetching.clear()
        self.boot = self.identity.new_boot()
        self.front.restart(self.boot)
        self.lower_hand(now)
        self.errands.restart(now)

    # What parts of the device use

    def say(self, leaf: Leaf, payload: bytes) -> None:
        message = effects.Publish(leaf, payload, leaf in wire.RETAINED)
        for _ in range(self.behaviour.copies):
            if self.is_connected:
                self.do(message)
            elif leaf in (Leaf.ACKS, Leaf.EVENTS):
                self._unsent.append(message)

    def tell(self, event: EventType, now: float, ref: str | None = None) -> None:
        self.say(Leaf.EVENTS, wire.encode_event(wire.Event(event, self.clocks.own(now), ref)))

    def show(self, app: str | None, label: str | None, now: float) -> None:
        self.front.show(app, label, self.clocks.own(now), now)
        self.change(now)

    def change(self, now: float) -> None:
        """Something that is reported has changed."""
        due = now + GATHER_SECONDS
        self._report_at = due if self._report_at is None else min(self._report_at, due)

    def answer_delay(self) -> float:
        return self._chance.uniform(*self.behaviour.answers_after)

    def publish_report(self, now: float) -> None:
        self._report_at = now + REPORT_EVERY_SECONDS
        self.say(Leaf.REPORTED, wire.encode_reported(self.reported(now)))

    def reported(self, now: float) -> wire.Reported:
        return wire.Reported(
            version=0 if self.desired is None else self.desired.version,
            at=self.clocks.own(now),
            restrictions=self.restrictions,
            unsupported=self._unsupported,
            errors=self.shelf.complain(),
            battery=self._battery.reported(),
            storage_free=self.storage_free,
            foreground=self.front.visible,
            boot=self.boot,
        )

    def publish_inventory(self) -> None:
        model = self.identity.model
        inventory = wire.Inventory(
            serial=self.identity.serial,
            manufacturer=model.manufacturer,
            model=model.model,
            os=model.os,
            agent=AGENT,
            security_patch=model.security_patch,
            storage_total=model.storage_total,
            packages=self.shelf.installed,
        )
        self.say(Leaf.INVENTORY, wire.encode_inventory(inventory))

    # Desired state

    def _hear_time(self, payload: bytes, retained: bool, now: float) -> None:
        """A time that the broker had kept would be an old one."""
        if not retained:
            self.clocks.set_hub(wire.parse_hub_time(payload), now)
            self._lift_when_over(now)

    def _hear_command(self, payload: bytes, retained: bool, now: float) -> None:
        if retained:
            self.do(effects.Ignored(wire.topic(self.identity.id, Leaf.COMMANDS), "a command is never retained"))
        else:
            self.errands.receive(payload, now)

    def _after_a_while(self, now: float, act: Callable[[float], None]) -> None:
        delay = self.answer_delay()
        if delay > 0:
            self.timers.at(now + delay, act)
        else:
            act(now)

    def _follow(self, desired: Desired, now: float) -> None:
        if self.desired is not None and desired.version <= self.desired.version:
            return
        self.desired = desired
        self._is_lifted = False
        self._enforce(desired, now)
        if desired.lesson is None:
            self.lower_hand(now)
        self._start_on_packages(desired)
        self.publish_report(now)
        self.do(effects.Applied(desired))

    def _enforce(self, desired: Desired, now: float) -> None:
        until = desired.restrictions_until
        if until is not None and self.clocks.hub(now) >= until:
            self._is_lifted = True
        wanted = wire.UNRESTRICTED if self._is_lifted else desired.restrictions
        self.restrictions, unsupported = honour(wanted, self.capabilities)
        packages = (Capability.PACKAGES,) if self.shelf.missing(desired) else ()
        self._unsupported = unsupported + tuple(word for word in packages if word not in self.capabilities)
        self.front.restrict(self.restrictions, self.clocks.own(now), now)

    def _lift_when_over(self, now: float) -> None:
        """Once lifted it stays lifted for this version, even if the hub's time were to step back."""
        desired = self.desired
        if desired is None or desired.restrictions_until is None or self._is_lifted:
            return
        if self.clocks.hub(now) < desired.restrictions_until:
            return
        self._enforce(desired, now)
        self.publish_report(now)
        self.do(effects.Lifted(desired.version))

    def _start_on_packages(self, desired: Desired) -> None:
        if Capability.PACKAGES not in self.capabilities:
            return
        for order in self.shelf.missing(desired):
            key = f"{order.name} {order.sha256}"
            if order.action is wire.PackageAction.REMOVE:
                self.shelf.remove(order.name)
                self.publish_inventory()
            elif order.size > self.storage_free:
                self.shelf.problems[order.name] = NO_SPACE
            elif key not in self.shelf.fetching:
                self.shelf.fetching[key] = order
                self.do(effects.Fetch(key, order.url, order.size, order.sha256))

    def _send_usage(self, now: float) -> None:
        self.front.log.has_news = False
        self._usage_again_at = now + USAGE_AGAIN_AFTER_SECONDS
        for batch in self.front.log.batches():
            self.say(Leaf.USAGE, wire.encode_usage(batch))
