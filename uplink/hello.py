"""Saying hello: who we are, where we are, what waits; and believing the answer only when it is one.

The answer is bound to our question by a nonce that the city signed with the time. So it may be believed before any
certificate's dates are: they are held against that very time.
"""

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from appliance.clock import Clock
from appliance.domain.instructions import NotVerified
from appliance.domain.people import APPLIANCE
from appliance.services.city import City
from appliance.services.city_wishes import is_quiet_now
from appliance.services.incarnation import Incarnations
from appliance.services.journal import record
from appliance.services.outbox import Outbox
from appliance.services.settings import read_setting, write_setting
from appliance.store.ballast import storage_level
from appliance.store.database import SCHEMA_VERSION
from appliance.store.models import database
from protocol.strict_json import Malformed
from protocol.uplink_hello import Backlog, Hello, HelloAnswer, signed_time
from protocol.uplink_words import Lane, Standing, StorageWord
from uplink.city_time import CityTime
from uplink.exchanging import Rider
from uplink.line import Line, Link, read_link
from uplink.trouble import STANDINGS, Trouble, TroubleCode
from uplink.verify import by_online_key, take_ring

_ENDS = "uplink_ends"  # the box's software and what the city's can, as of the last hello
_MANY = 1000  # records that wait: then sending them is heavy work


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a hello needs to know of the box. `heavy`: what waits for a turn, beside a long backlog.

    `page`: where people in the school open its page. `late`: lanes whose records have been gathered for long enough.
    """

    clock: Clock
    city: City
    incarnations: Incarnations
    outbox: Outbox
    city_time: CityTime
    data_path: Path
    software: str
    heavy: Callable[[], tuple[str, ...]]
    page: Callable[[], str] = str
    late: Callable[[], Collection[Lane]] = tuple


def say_hello(greeting: Greeting, line: Line, link: Link, riders: Sequence[Rider] = ()) -> HelloAnswer:
    """The cursors are taken over, too. Raises Trouble, also for an answer that is none."""
    answer, went_back = _ask(greeting, line, link, riders)
    if went_back:  # the answer was to the epoch before
        answer, _ = _ask(greeting, line, replace(link, token=answer.token), ())
    return answer


def _ask(greeting: Greeting, line: Line, link: Link, riders: Sequence[Rider]) -> tuple[HelloAnswer, bool]:
    hello = _hello(greeting, link, riders)
    began = greeting.city_time.began()
    try:
        answer = line.hello(hello, riders)
    except Malformed as error:
        raise Trouble(TroubleCode.FOREIGN, str(error)) from error
    if (answer.appliance, answer.epoch, answer.nonce) != (hello.appliance, hello.epoch, hello.nonce):
        raise Trouble(TroubleCode.FOREIGN, "an answer to another hello")
    if not (_is_signed(answer) or (_has_newer_ring(greeting, line, link, answer) and _is_signed(answer))):
        raise Trouble(TroubleCode.CLOCK, "the time is not signed by the city")
    shown = line.client.shown
    if shown is not None and not shown.holds(answer.at):
        raise Trouble(TroubleCode.EXPIRED, f"shown: valid until {shown.ends:%Y-%m-%d}")
    greeting.city_time.learn(answer.at, began)
    return answer, _take_over(greeting, answer, had_double=link.standing is Standing.FENCED)


def _is_signed(answer: HelloAnswer) -> bool:
    return by_online_key()(signed_time(answer.appliance, answer.nonce, answer.at), answer.signature)


def _has_newer_ring(greeting: Greeting, line: Line, link: Link, answer: HelloAnswer) -> bool:
    """The online key was replaced while we were away: the root has signed that, so nothing else need be believed."""
    if answer.ring_version <= link.ring_version:
        return False
    try:
        take_ring(line.get("ring").body, greeting.clock.now())
    except (Malformed, NotVerified):
        return False
    return True


def _hello(greeting: Greeting, link: Link, riders: Sequence[Rider]) -> Hello:
    life = greeting.incarnations.now()
    if life is None:
        raise Trouble(TroubleCode.IDENTITY, "the box has not started yet")
    backlog = greeting.outbox.backlog()
    heavy = greeting.heavy()
    is_quiet = is_quiet_now(greeting.clock.now())
    if not is_quiet and sum(one.records for one in backlog.values()) > _MANY:
        heavy = (*heavy, "backlog")
    return Hello(
        appliance=link.appliance,
        epoch=life.epoch,
        token=link.token,
        nonce=secrets.token_hex(16),
        hardware=life.hardware,
        at=greeting.clock.now(),
        software=greeting.software,
        schema=SCHEMA_VERSION,
        storage=StorageWord(storage_level(greeting.data_path).value),
        backlog=_late(backlog, greeting.late(), riders),
        config_version=link.config_version,
        ring_version=link.ring_version,
        heavy=heavy,
        page=greeting.page() if link.standing is Standing.FENCED else "",
    )


def _late(backlog: Mapping[Lane, Backlog], lanes: Collection[Lane], riders: Sequence[Rider]) -> dict[Lane, Backlog]:
    """What waits longer than it should. Not what this hello brings, nor what is gathered or kept back (not in `lanes`).

    So a hello of a school that works is nearly the one before it, and nearly free.
    """
    brought = {rider.batch.lane: len(rider.batch.records) for rider in riders}
    return {
        lane: one
        if lane in lanes and one.records > brought.get(lane, 0)
        else Backlog(one.acknowledged, one.acknowledged, 0, 0)
        for lane, one in backlog.items()
    }


def _take_over(greeting: Greeting, answer: HelloAnswer, *, had_double: bool) -> bool:
    """Whether the city has what this store has not, lost or another box's: it has begun another epoch then."""
    now = greeting.clock.now()
    with database.atomic("IMMEDIATE"):
        here = read_link()
        if here is None or here.appliance != answer.appliance:
            return False  # the city was left, or another one joined, while this one answered
        greeting.city.heard(answer.token, answer.standing, answer.mark, other_chosen=answer.other_chosen)
        if answer.standing is not Standing.ACTIVE:
            greeting.city.stopped(STANDINGS[answer.standing], "")
            return False
        went_back = greeting.outbox.rewind(answer.cursors, now, had_double=had_double)
        if went_back and not had_double:
            record(now, APPLIANCE, "city.rolled_back")
        _try_parked_again(greeting, answer)
    return went_back


def _try_parked_again(greeting: Greeting, answer: HelloAnswer) -> None:
    """After an upgrade of either end: what was refused may be taken now. In the caller's transaction."""
    ends = " ".join((greeting.software, *sorted(answer.capabilities)))
    if read_setting(_ENDS) != ends:
        greeting.outbox.unpark()
        write_setting(_ENDS, ends)
