"""The translation of Webview Kiosk: what the hub wants in, messages out; what the tablet says in, reports and acks out.

What is on the wire is in `webview_kiosk_words`, what is known in `_facts`, what comes next in `_plan`, how it is done
in `_steps`, what is told of it in `_report`. Here they meet.
"""

import logging
from collections import deque
from collections.abc import Callable, Collection

from appliance.broker_bridge.agents.conversation import Conversation
from appliance.broker_bridge.agents.translation import Drops, Identity, Order, Output, Reports
from appliance.broker_bridge.agents.watch import Watch
from appliance.broker_bridge.agents.webview_kiosk_facts import Facts, is_stopped
from appliance.broker_bridge.agents.webview_kiosk_plan import Plan
from appliance.broker_bridge.agents.webview_kiosk_report import is_settled, make_report
from appliance.broker_bridge.agents.webview_kiosk_steps import Steps
from appliance.broker_bridge.agents.webview_kiosk_words import ERROR, WILL, EventType, Message, parse
from appliance.domain.agents import ANSWERING, AgentMemory, AgentPresence, Alarm
from appliance.domain.channels import Profile
from appliance.ids import new_secret
from appliance.logs import fact
from protocol.device import Desired, Malformed, Reported

_log = logging.getLogger("webview-kiosk")
WRONG_NAME = "wrong_name"
_WRONG_NAME_SECONDS = 60.0
_HEARD = 32  # messages that are known when they come again
_TELL_AGAIN_SECONDS = 600.0


class WebviewKiosk:
    """A Translation (see there). One tablet."""

    def __init__(self, identity: Identity, new_id: Callable[[], str] = new_secret) -> None:
        known = identity.memory
        self._identity = identity
        self._facts = Facts(
            is_owner=known.is_owner,
            may_lock=known.may_lock,
            version=known.version,
            model=known.model,
            lock_said=known.is_locked,
            fixed=known.fixed,
        )
        self._watch = Watch(known.instance)
        self._watch.is_reinstalled = Alarm.REINSTALLED in known.alarms
        self._wrong_name_until = 0.0
        self._told_at = -_TELL_AGAIN_SECONDS
        self._heard: deque[str | None] = deque(maxlen=_HEARD)
        self._talk: Conversation[Message] = Conversation()
        self._plan = Plan(identity, self._facts, Steps(self._facts, new_id))
        self._reported: Reported | None = None

    @property
    def presence(self) -> AgentPresence:
        withheld = self._facts.is_there and self._is_withheld
        return AgentPresence.WITHHELD if withheld else self._facts.presence

    @property
    def memory(self) -> AgentMemory:
        facts = self._facts
        return AgentMemory(
            instance=self._watch.instance,
            version=facts.version,
            model=facts.model,
            is_owner=facts.is_owner,
            may_lock=facts.may_lock,
            is_locked=facts.lock_said,
            alarms=self._alarms(),
            fixed=facts.fixed,
        )

    @property
    def is_free(self) -> bool:
        return self.presence in ANSWERING and self._plan.order is None and self._plan.password is None

    @property
    def next_at(self) -> float:
        """While something is waited for, that; else whatever is due first."""
        now = self._plan.now
        if self._is_withheld:
            return self._watch.next_at(now)
        return self._plan.next_at if self._talk.is_idle else self._talk.next_at

    def start(self, now: float) -> None:
        self._plan.asks = True
        self.due(now)

    def lose(self, now: float) -> None:
        self._plan.now = now
        self._gone()

    def want(self, desired: Desired, now: float) -> None:
        before, self._plan.desired = self._plan.desired, desired
        if before is None or before.restrictions != desired.restrictions:
            self._plan.tried.forget()
        self.due(now)

    def order(self, order: Order, now: float) -> None:
        self._plan.now = now
        self._plan.take_order(order)
        self.due(now)

    def keep_orders(self, command_ids: Collection[str]) -> None:
        again = self._plan.again
        if again is not None and again[0].command.id not in command_ids:
            self._plan.again = None

    def rotate(self, password: str, now: float) -> None:
        self._plan.password = password
        self.due(now)

    def receive(self, leaf: str, payload: bytes, now: float) -> None:
        self._plan.now = now
        if leaf == WILL:
            self._gone()  # whatever it says, JSON or not
        else:
            self._read(leaf, payload)
        self.due(now)

    def due(self, now: float) -> None:
        """Goes on where something was waited for in vain, or begins what comes next, until there is nothing to do."""
        self._plan.now = now
        while self._goes_on(now):
            pass
        if self.presence not in ANSWERING and self._talk.is_idle:
            self._plan.give_up()
        self._report()

    def take(self) -> list[Output]:
        taken = [*self._plan.said, *self._talk.sent]
        self._plan.said.clear()
        self._talk.sent.clear()
        return taken

    def _goes_on(self, now: float) -> bool:
        if not self._talk.is_idle:
            return self._talk.tick(now)
        doing = None if self._is_withheld else self._plan.choose()
        if doing is not None:
            self._talk.begin(doing, now)
        return doing is not None

    def _read(self, leaf: str, payload: bytes) -> None:
        now = self._plan.now
        try:
            message = parse(leaf, payload)
        except Malformed as error:
            self._plan.said.append(Drops(str(error.reason)))
            return
        if message.username not in (None, "", self._identity.username):
            self._wrong_name_until = now + _WRONG_NAME_SECONDS
            self._plan.said.append(Drops(WRONG_NAME))
            return
        if message.id is not None and message.id in self._heard:
            return  # brought twice
        self._heard.append(message.id)
        before = self._watch.instance
        self._watch.spoke(message.instance, now)
        if before and before != self._watch.instance:
            self._facts.is_informed = False
            fact(_log, "another_installation", user=self._identity.username)
        if message.is_answer and message.kind == ERROR:
            self._tell_not_understood()
        if not message.is_answer:
            self._event(message)
        self._talk.hear(message, now)
        if message.kind == EventType.DISCONNECTING and not message.is_answer:
            self._gone(asleep=is_stopped(message), orderly=True)

    def _tell_not_understood(self) -> None:
        """Rarely: who has its password could fill the disk with it."""
        if self._plan.now - self._told_at >= _TELL_AGAIN_SECONDS:
            self._told_at = self._plan.now
            fact(_log, "not_understood", user=self._identity.username)

    def _event(self, event: Message) -> None:
        facts, plan = self._facts, self._plan
        if event.kind == EventType.CONNECTED:
            self._came()
            return
        was_locked = facts.is_locked()
        facts.heard(event)
        if event.kind == EventType.UNLOCK and was_locked and self._talk.is_idle:
            plan.holds = False  # by an adult, there: not taken back under his fingers
        elif event.kind == EventType.APP_FOREGROUND:
            plan.tried.forget()
        elif event.kind == EventType.RESTRICTIONS_CHANGED:
            facts.fixed = frozenset()
            facts.settings.clear()
            plan.tried.forget()
        if not facts.is_there and event.kind != EventType.DISCONNECTING:
            plan.asks = True  # we had not heard of it

    def _came(self) -> None:
        facts, plan = self._facts, self._plan
        # Whoever is thrown out for a change of password comes again at once: that is no fight.
        is_orderly = (facts.said_good_bye and not facts.is_there) or plan.password is not None
        self._watch.came(plan.now, orderly=is_orderly)
        self._interrupt()
        facts.came()
        plan.asks = plan.holds = True
        plan.tried.forget()
        if plan.again is not None:
            plan.again = (plan.again[0], plan.now)

    def _gone(self, *, asleep: bool = False, orderly: bool = False) -> None:
        self._facts.left(asleep=asleep, orderly=orderly)
        self._interrupt()

    def _interrupt(self) -> None:
        """But for a change of password, which is made of going and coming."""
        if self._plan.password is None:
            self._talk.abort()
            self._plan.give_up()

    def _report(self) -> None:
        plan, facts = self._plan, self._facts
        if plan.desired is None or self.presence not in ANSWERING:
            return
        wanted = plan.wanted_settings()
        if is_settled(plan.desired, facts, plan.tried, wanted, can_lock=plan.can_lock):
            report = make_report(plan.desired, facts, wanted, can_lock=plan.can_lock)
            if report != self._reported:
                self._reported = report
                plan.said.append(Reports(report))

    def _alarms(self) -> frozenset[Alarm]:
        facts = self._facts
        owns = self._identity.profile is Profile.OWNER
        found = {
            Alarm.NOT_OWNER: owns and facts.is_owner is False,
            Alarm.MAY_NOT_LOCK: owns and facts.is_owner is True and facts.may_lock is False,
            Alarm.OPEN: self._plan.is_open and not facts.is_locked(),
            Alarm.PINNED: facts.is_pinned,
            Alarm.WRONG_NAME: self._plan.now < self._wrong_name_until,
            Alarm.FIXED: bool(facts.fixed),
        }
        return self._watch.alarms(self._plan.now) | {alarm for alarm, is_on in found.items() if is_on}

    @property
    def _is_withheld(self) -> bool:
        return self._watch.is_withholding(self._plan.now)
