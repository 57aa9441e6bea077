"""The uplink's one loop: joins when a person asked, then says hello, and does what is due, one piece of work a step.

Owns the order of the work and when to try again; what each piece does is in its own module. Light while no city is
joined: two looks at files and one at a row.
"""

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from appliance.bootstrap import Services
from appliance.config import Config
from appliance.errors import PreauError
from appliance.logs import fact
from appliance.own_names import page_address
from appliance.services.city_wishes import is_quiet_now
from appliance.store.trouble import STORE_ERRORS, read_trouble
from protocol.uplink_hello import HelloAnswer
from protocol.uplink_words import Standing
from uplink import backoff, gathering
from uplink.city_time import CityTime
from uplink.claim import Box, Claiming
from uplink.diagnosis import error_code
from uplink.hello import Greeting, say_hello
from uplink.keys import Keys
from uplink.line import Line, Link, read_link
from uplink.reconcile import Reconciling
from uplink.renewal import is_due, renew, renew_expired
from uplink.sending import Sending
from uplink.snapshots import Snapshots
from uplink.trouble import ClaimTrouble, Trouble, TroubleCode

_log = logging.getLogger("uplink")
_EXCLUDED_SECONDS = 900.0  # revoked, replaced: a person must act, and nobody hammers meanwhile
_FENCED_SECONDS = 60.0  # somebody is about to choose: the city says when it has waited long enough for that
_EAGER_SECONDS = 10.0  # "look" in a trouble: not more often than this
_ASKED_SECONDS = 3.0  # a person's own asking: no more often than this
_OWN: tuple[type[Exception], ...] = (PreauError, OSError, *STORE_ERRORS)
_STANDINGS: dict[TroubleCode | ClaimTrouble, Standing] = {
    TroubleCode.REVOKED: Standing.REVOKED,
    TroubleCode.REPLACED: Standing.REPLACED,
}
_CONFLICT, _HELLO_FIRST = 409, "hello_first"
_PASSING = (ClaimTrouble.SNAPSHOT, ClaimTrouble.NOT_READY)  # the same code may do later
_EXCLUDING: dict[TroubleCode | ClaimTrouble, float] = {
    TroubleCode.FENCED: _FENCED_SECONDS,
    TroubleCode.REVOKED: _EXCLUDED_SECONDS,
    TroubleCode.REPLACED: _EXCLUDED_SECONDS,
}


@dataclass(slots=True)
class Session:
    """What each duty is given. `believed`: the city's time, for what is judged by it."""

    line: Line
    link: Link
    answer: HelloAnswer
    believed: Callable[[], datetime | None]


Duty = Callable[[Session], bool]


@dataclass(frozen=True, slots=True)
class Parts:
    """`pace`: by how much all waiting is shortened, for a trial. `more`: duties that come right after the receipts."""

    config: Config
    services: Services
    software: str
    chance: backoff.Chance = random.SystemRandom().uniform
    pace: float = 1.0
    more: tuple[Duty, ...] = ()
    gather: float = gathering.SECONDS  # how long facts that nobody waits for are gathered


@dataclass(slots=True)
class _Plan:
    """Monotonic seconds."""

    next_try: float = 0.0
    hello_at: float = 0.0
    tried_at: float = float("-inf")  # the last hello, or the last trouble
    tries: backoff.Tries = field(default_factory=backoff.Tries)
    held_back: bool = False  # the city asked us to wait, or excluded us: only a person may hurry that
    was_sent_back: bool = False  # to say hello first, and nothing has gone well since
    asked_at: datetime | None = None  # the last wish of a person that was followed


class Uplink:
    """`step` is called by one thread; `look` and `stop` may come from another one."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        services, config = parts.services, parts.config
        self._city = services.city
        self._keys = Keys(config.city_path)
        self._city_time = CityTime(config.runtime_path)
        self._claiming = Claiming(services.city, self._keys, self._city_time)
        patience = gathering.Gathering(parts.gather * parts.pace)
        self._sending = Sending(services.outbox, services.clock, gathering=patience)
        self._reconciling = Reconciling(services.outbox, services.clock)
        self._snapshots = Snapshots(services.backups, config.city_path, services.city.note_snapshot)
        self._looks = threading.Event()
        self._plan = _Plan()
        self._line: Line | None = None
        self._answer: HelloAnswer | None = None
        self._greeting = Greeting(
            services.clock, services.city, services.incarnations, services.outbox, self._city_time,
            config.data_path, parts.software, self._heavy, lambda: page_address(config),
            lambda: self._sending.late,
        )  # fmt: skip
        self._duties: tuple[Duty, ...] = (
            lambda session: self._sending.receipts(session.line),
            *parts.more,
            self._renew,
            lambda session: self._sending.others(session.line, turn=session.answer.turn),
            lambda session: self._reconciling.step(session.line, session.link.reconciled_on),
            self._send_snapshot,
        )

    def look(self) -> None:
        """There is something for us: now, unless the city asked for patience."""
        self._looks.set()

    def stop(self) -> None:
        """Ends what it waits for; everything of ours may be cut anywhere."""
        if self._line is not None:
            self._line.close()

    def step(self, now: float) -> bool:
        """One piece of work; `now` in monotonic seconds. Needs the store's connection open. False: nothing to do."""
        if self._looks.is_set():
            self._looks.clear()
            self._sending.gathering.hurry()
            self._hurry(now)
        try:
            if self._claiming.is_wanted():
                return self._claim(now)
            link = read_link()
            if link is None:
                self._forget()
                return False
            self._follow_wish(link, now)
            return now >= self._plan.next_try and self._work(link, now)
        except Trouble as trouble:
            if self._is_sent_back(trouble):
                self._plan.hello_at = now
                return True
            self._lost(trouble, now)
        except _OWN as error:
            self._lost(_own_trouble(error), now)
        return False

    def _is_sent_back(self, trouble: Trouble) -> bool:
        """Somebody said a hello after ours, perhaps an echo of our own: the next one tells. At once, but once."""
        is_asked = trouble.status == _CONFLICT and error_code(trouble.answer) == _HELLO_FIRST
        is_first = is_asked and not self._plan.was_sent_back
        self._plan.was_sent_back = is_first
        return is_first

    @property
    def is_over(self) -> bool:
        """Nothing is joined any more, and nothing asked."""
        is_asked = self._claiming.is_wanted() or self._city.pending_claim() is not None
        return self._line is None and not is_asked and not self._keys.key_path.exists()

    def _claim(self, now: float) -> bool:
        self._close()
        asked = self._city.pending_claim()
        is_new = asked is not None and not asked.trouble  # a person waits for the first word
        if now < self._plan.next_try and not is_new:
            return False
        moved = self._claiming.step(self._box())
        if moved:
            fact(_log, "city_joined")
            self._plan = _Plan(next_try=now, hello_at=now)
        return moved

    def _box(self) -> Box:
        parts, life = self._parts, self._parts.services.incarnations.now()
        return Box(parts.config, parts.services.clock, "" if life is None else life.hardware, parts.software)

    def _work(self, link: Link, now: float) -> bool:
        line = self._line_for(link, now)
        self._sending.look(now)
        if now >= self._plan.hello_at or self._answer is None:
            self._hello(line, link, now)
            return True
        if self._answer.standing is not Standing.ACTIVE:
            return False
        session = Session(line, link, self._answer, self._city_time.now)
        if any(duty(session) for duty in self._duties):
            self._plan.was_sent_back = False
            self._plan.tries = backoff.after_success(self._plan.tries, now)
            return True
        return False

    def _hello(self, line: Line, link: Link, now: float) -> None:
        turn = self._answer is not None and self._answer.turn
        # What rides before this hello is answered would be taken under an epoch that the answer may end.
        is_active = self._answer is not None and self._answer.standing is Standing.ACTIVE
        riders = self._sending.riders(now, turn=turn) if line.folds and is_active else []
        self._plan.tried_at = now
        answer = self._answer = say_hello(self._greeting, line, link, riders)
        if self._sending.arrived(riders):
            self._plan.was_sent_back = False
        self._plan.tries = backoff.after_success(self._plan.tries, now)
        is_heard_out = answer.standing in (Standing.ACTIVE, Standing.FENCED)
        seconds = float(answer.poll_seconds) if is_heard_out else max(_EXCLUDED_SECONDS, float(answer.poll_seconds))
        self._plan.hello_at = now + backoff.spread(seconds, self._parts.chance) * self._parts.pace
        self._plan.held_back = not is_heard_out
        if answer.standing is Standing.ACTIVE:
            self._sending.after_hello(now)

    def _renew(self, session: Session) -> bool:
        if not is_due(self._keys, session.believed()):
            return False
        renew(self._keys, session.line)
        fact(_log, "certificate_renewed")
        return True

    def _send_snapshot(self, session: Session) -> bool:
        return session.answer.turn and not self._is_quiet() and self._snapshots.step(session.line)

    def _heavy(self) -> tuple[str, ...]:
        """What asks for a turn, beside a long backlog. In the city's quiet hours nothing does."""
        return ("snapshot",) if self._snapshots.is_due() and not self._is_quiet() else ()

    def _is_quiet(self) -> bool:
        return is_quiet_now(self._parts.services.clock.now())

    def _line_for(self, link: Link, now: float) -> Line:
        if self._line is not None and not self._line.is_for(link):
            self._close()
        if self._line is None:
            self._line = Line(link, self._keys, self._parts.services.clock, self._city_time.now)
            self._answer = None
            self._sending.gathering.hurry()
        return self._line

    def _lost(self, trouble: Trouble, now: float) -> None:
        """Written down for the page; then a pause that grows."""
        fact(_log, "uplink_stopped", code=trouble.code, detail=trouble.detail)
        self._plan.tried_at = now
        self._sending.after_trouble()
        if trouble.code is TroubleCode.EXPIRED:
            self._city_time.doubt()
        asked = _EXCLUDING.get(trouble.code, trouble.retry_after)
        self._plan.tries, pause = backoff.after_trouble(self._plan.tries, self._parts.chance, asked)
        self._plan.next_try = self._plan.hello_at = now + pause * self._parts.pace
        self._plan.held_back = asked is not None and trouble.code is not TroubleCode.FENCED
        self._tell(trouble)
        if trouble.code is TroubleCode.CERTIFICATE and self._line is not None:
            self._renew_expired(self._line)

    def _tell(self, trouble: Trouble) -> None:
        try:
            if self._claiming.is_wanted():
                is_final = isinstance(trouble.code, ClaimTrouble) and trouble.code not in _PASSING
                self._city.claim_stopped(trouble.code, trouble.detail, is_final=is_final)
            else:
                self._note_standing(trouble)
                self._city.stopped(trouble.code, trouble.detail)
        except _OWN as error:
            fact(_log, "trouble_not_written", why=error)

    def _note_standing(self, trouble: Trouble) -> None:
        """The city refused us at its door: the page says why, and the bridge is taken down."""
        link = read_link()
        if link is not None and trouble.code in _STANDINGS:
            self._city.heard(link.token, _STANDINGS[trouble.code])

    def _renew_expired(self, line: Line) -> None:
        try:
            renew_expired(self._keys, line)
        except Trouble as trouble:
            fact(_log, "certificate_not_renewed", code=trouble.code, detail=trouble.detail)
            return
        fact(_log, "certificate_renewed", late=True)
        self._close()
        self._plan.next_try = self._plan.hello_at = 0.0

    def _hurry(self, now: float) -> None:
        is_eager = now - self._plan.tried_at >= _EAGER_SECONDS * self._parts.pace
        if not self._plan.held_back and (now >= self._plan.next_try or is_eager):
            self._plan.next_try = self._plan.hello_at = now

    def _follow_wish(self, link: Link, now: float) -> None:
        """A person at the box's page: once for each asking, whatever we wait for."""
        if link.asked_at in (None, self._plan.asked_at) or now - self._plan.tried_at < _ASKED_SECONDS:
            return
        self._plan.asked_at = link.asked_at
        self._sending.gathering.hurry()
        self._plan.next_try = self._plan.hello_at = now

    def _forget(self) -> None:
        """A city that was left: its keys go, and nothing of it is kept."""
        self._close()
        if self._keys.key_path.exists() and self._city.pending_claim() is None:
            self._keys.forget()

    def _close(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line = self._answer = None


def _own_trouble(error: Exception) -> Trouble:
    """Of the box itself: its disk, its store."""
    trouble = read_trouble(error)
    is_full = getattr(error, "errno", None) == 28 or (trouble is not None and trouble.code == "disk_full")
    return Trouble(TroubleCode.FULL if is_full else TroubleCode.IDENTITY, f"{type(error).__name__}: {error}")
