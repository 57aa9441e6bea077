"""What comes next for one tablet with Webview Kiosk: the wishes, their order, and when to stop trying.

How a thing is done is in `webview_kiosk_steps`. Nothing but questions is sent to a tablet that has not answered, and
nothing at all to one that two clients pretend to be.
"""

from collections.abc import Generator
from dataclasses import dataclass, field, replace

from appliance.broker_bridge.agents.conversation import NEVER, Step
from appliance.broker_bridge.agents.translation import Answers, Identity, Order, Output, Rotates, Turn, Unproven
from appliance.broker_bridge.agents.webview_kiosk_facts import Facts
from appliance.broker_bridge.agents.webview_kiosk_orders import NOT_CONFIRMED, REPEATED, Outcome, carry_out
from appliance.broker_bridge.agents.webview_kiosk_report import Tried
from appliance.broker_bridge.agents.webview_kiosk_steps import Steps
from appliance.broker_bridge.agents.webview_kiosk_words import Message, RequestType
from appliance.domain.agents import ANSWERING
from appliance.domain.channels import Evidence, Profile
from appliance.domain.webview_kiosk import Value, wanted_settings
from protocol.device import Access, Ack, AckStatus, Desired

POLL_SECONDS = 60.0
AGAIN_SECONDS = 30.0
_LOCK_TRIES = 2

Doing = Generator[Step[Message], Message | None, None]


@dataclass(slots=True)
class Plan:
    """`holds`: the tablet is to stay locked in its kiosk, in and out of lessons, until an adult opens it there.

    `said`: what the owner has to take. `now` is set by the owner before anything else.
    """

    identity: Identity
    facts: Facts
    steps: Steps
    now: float = 0.0
    desired: Desired | None = None
    holds: bool = False
    order: Order | None = None  # in work
    again: tuple[Order, float] | None = None  # not proven; once more at this time
    password: str | None = None
    asks: bool = False  # somebody may be there: ask
    poll_at: float = NEVER
    is_open: bool = False  # it was locked, and could not be locked again
    tried: Tried = field(default_factory=Tried)
    said: list[Output] = field(default_factory=list)

    @property
    def can_lock(self) -> bool:
        facts = self.facts
        return self.identity.profile is Profile.OWNER and facts.is_owner is True and facts.may_lock is not False

    @property
    def next_at(self) -> float:
        times = [self.poll_at] if self.facts.is_there else []
        if self.facts.presence in ANSWERING:
            times += [self.tried.lock_again_at, NEVER if self.again is None else self.again[1]]
        return min(times, default=NEVER)

    def wanted_settings(self) -> dict[str, Value]:
        internet = self.desired is None or self.desired.restrictions.internet is Access.ALLOWED
        return wanted_settings(self.identity.profile, self.identity.hosts, internet=internet)

    def choose(self) -> Doing | None:
        if self.asks:
            self.asks = False
            return self._probe()
        doing = self._wish() if self.facts.presence in ANSWERING else None
        if doing is None and self.facts.is_there and self.now >= self.poll_at:
            return self._poll()
        return doing

    def take_order(self, order: Order) -> None:
        if self.again is not None and self.again[0].command.type is order.command.type:
            overtaken, self.again = self.again[0], None
            self.answer(replace(overtaken, is_repeat=True), Outcome(None, NOT_CONFIRMED, is_open=True))
        self.order = order

    def give_up(self) -> None:
        """The tablet is gone: what was begun is not known to be done."""
        order, self.order = self.order, None
        if order is not None:
            self.answer(order, Outcome(None, NOT_CONFIRMED, is_open=True))

    def answer(self, order: Order, outcome: Outcome) -> None:
        command_id = order.command.id
        if outcome.evidence is not None:
            self.said.append(Answers(Ack(command_id, AckStatus.DONE), outcome.evidence))
        elif outcome.is_open and not order.is_repeat and order.command.type in REPEATED:
            self.again = (order, self.now + AGAIN_SECONDS)
            self.said.append(Unproven(command_id))
        else:
            evidence = Evidence.UNCONFIRMED if outcome.is_open else Evidence.OBSERVED
            self.said.append(Answers(Ack(command_id, AckStatus.FAILED, error=outcome.error), evidence))

    # Which

    def _wish(self) -> Doing | None:
        if self.again is not None and self.order is None and self.now >= self.again[1]:
            self.order, self.again = replace(self.again[0], is_repeat=True), None
        choices = (
            (not self.facts.is_informed, self._inform),
            (self._wants_lock(), self._lock),
            (self._wants_settings(), self._settle),
            (self._wants_home(), self._go_home),
            (self.order is not None, self._carry_out),
            (self.password is not None, self._rotate),
        )
        return next((do() for is_wanted, do in choices if is_wanted), None)

    def _wants_lock(self) -> bool:
        facts, tried = self.facts, self.tried
        if not self.can_lock or facts.is_held:
            return False
        is_asked = self.desired is not None and self.desired.restrictions.lock is not None
        if not is_asked and (not self.holds or facts.is_away):
            return False
        return tried.locks == 0 or (tried.locks < _LOCK_TRIES and self.now >= tried.lock_again_at)

    def _wants_settings(self) -> bool:
        """Not before it is known what the lesson wants: it would be lifted in the middle of it."""
        wanted = self.wanted_settings()
        if self.desired is None or self.tried.settings == wanted:
            return False
        known, fixed = self.facts.settings, self.facts.fixed
        return any(known.get(key) != value for key, value in wanted.items() if key not in fixed)

    def _wants_home(self) -> bool:
        """A lock is held by the kiosk and drawn by the pupil page: that page has to be there."""
        if self.desired is None or self.desired.restrictions.lock is None or not self.facts.is_held:
            return False
        is_elsewhere = bool(self.facts.host) and self.facts.host not in self.identity.hosts
        return is_elsewhere and not self.tried.home

    # How

    def _probe(self) -> Doing:
        answered = yield from self.steps.probe()
        if not self.facts.is_there:
            self.facts.misses = 0  # nobody is there, which is no defect
        self._poll_later(answered)

    def _poll(self) -> Doing:
        answered = yield from self.steps.status()
        self._poll_later(answered)

    def _poll_later(self, answered: bool) -> None:
        """The second miss follows the first at once; after it, there is time."""
        is_first_miss = not answered and self.facts.misses == 1
        self.poll_at = self.now + (0.0 if is_first_miss else POLL_SECONDS)

    def _inform(self) -> Doing:
        if (yield from self.steps.ask(RequestType.SYSTEM_INFO)) is None:
            self.facts.is_informed = self.facts.misses == 0  # it said that it cannot: not asked again

    def _lock(self) -> Doing:
        facts, tried = self.facts, self.tried
        was_held = facts.is_locked()
        if (yield from self.steps.come_back()) and not facts.is_locked():
            yield from self.steps.lock()
        tried.locks, tried.lock_again_at = (0 if facts.is_held else tried.locks + 1), NEVER
        self.is_open = not facts.is_locked() and (was_held or self.is_open)
        if 0 < tried.locks < _LOCK_TRIES:
            tried.lock_again_at = self.now + AGAIN_SECONDS

    def _settle(self) -> Doing:
        wanted = self.wanted_settings()
        is_known = yield from self.steps.settle(wanted)
        if is_known or self.facts.misses == 0:  # or it cannot be asked for them, which it said: not for ever again
            self.tried.settings = wanted

    def _go_home(self) -> Doing:
        self.tried.home = True
        yield from self.steps.go_home()

    def _carry_out(self) -> Doing:
        order = self.order
        if order is not None:
            outcome = yield from carry_out(order, self.steps)
            self.order = None
            self.answer(order, outcome)

    def _rotate(self) -> Doing:
        password = self.password or ""
        turn = Turn.UNDONE
        if (yield from self.steps.give_password(password)):
            self.said.append(Rotates(Turn.LEAVING, password))
            turn = Turn.RETURNED if (yield from self.steps.wait_for_return()) else Turn.UNDONE
        self.said.append(Rotates(turn))
        self.password = None
