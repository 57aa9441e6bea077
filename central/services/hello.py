"""A school's box says hello: who it is, that it lives, what waits; and is told where central is. One transaction.

Owns the chain of tokens, epochs and turns of an appliance's row; what a batch brings is `ingest`'s.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from peewee import fn

from central import SOFTWARE
from central.clock import Clock
from central.domain.epochs import Asked, Chain, Prove, Tokens, Verdict, after, judge
from central.errors import Conflict, Denied
from central.services.certificates import KnownAppliance
from central.services.fences import Knock, Outside, fence, heard, is_rejected
from central.services.journal import record
from central.services.link_quality import hello_came
from central.services.turns import Turn, TurnRules, Work, next_turn
from central.store.database import writing
from central.store.desk_models import EffectiveConfiguration, KeyRing
from central.store.models import Appliance, Cursor, Epoch
from protocol.uplink_chain import FOLDED
from protocol.uplink_hello import Hello, HelloAnswer, mark_of_hello
from protocol.uplink_words import Lane, Standing

UNSTABLE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class City:
    """What a hello's answer needs of others. `sign_time`: (appliance, nonce, at) -> base64."""

    prove: Prove
    sign_time: Callable[[str, str, datetime], str]
    pending_count: Callable[[str], int]
    turns: TurnRules


@dataclass(frozen=True, slots=True)
class _Call:
    at: datetime
    address: str


class Hellos:
    def __init__(self, clock: Clock, city: City) -> None:
        self._clock = clock
        self._city = city

    def hear(self, known: KnownAppliance, hello: Hello) -> HelloAnswer:
        if hello.appliance != known.id:
            raise Denied("foreign_appliance", appliance=known.id, school=known.uai)
        now = self._clock.now().replace(microsecond=0)
        tokens = Tokens(known.id, self._city.prove, lambda: secrets.token_hex(8))
        names = [f"appliance:{known.id}", *(["turns"] if hello.heavy else [])]
        with writing(*names):
            answer = self._decide(Appliance.get_by_id(known.id), tokens, hello, _Call(now, known.address))
        if answer is None:
            raise Conflict("late_hello")
        return answer

    def _decide(self, row: Appliance, tokens: Tokens, hello: Hello, call: _Call) -> HelloAnswer | None:
        chain, now = _chain(row), call.at
        asked = Asked(hello.epoch, hello.token, hello.at, _was_left(row, hello.epoch))
        knock = Knock(asked, hello.hardware, now, call.address, hello.page)
        if row.standing == Standing.FENCED or is_rejected(row, tokens, asked):
            return self._outside(row, hello, heard(row, tokens, knock), now)
        verdict = judge(tokens, chain, asked, now)
        if verdict is Verdict.CONFLICT:
            return self._outside(row, hello, fence(row, chain, tokens, knock), now)
        chain = after(tokens, chain, asked, verdict, now)
        _write_chain(row.id, chain)
        if verdict is Verdict.LATE:
            return None
        if verdict is Verdict.BEGIN:
            _begin(row, hello, now)
        work = Work(hello.heavy, sum(one.records for one in hello.backlog.values()))
        turn = next_turn(self._city.turns, row.id, work, now)
        token = tokens.give(chain.number, chain.before)
        _write_state(row, hello, turn, call, token)
        hello_came(row.id, now, row.hello_at)
        return self._inside(row, hello, token, turn, now)

    def _inside(self, row: Appliance, hello: Hello, token: str, turn: Turn, now: datetime) -> HelloAnswer:
        return HelloAnswer(
            appliance=row.id,
            epoch=hello.epoch,
            nonce=hello.nonce,
            token=token,
            at=now,
            signature=self._city.sign_time(row.id, hello.nonce, now),
            standing=Standing.ACTIVE,
            cursors=read_cursors(row.id, hello.epoch),
            config_version=_config_version(row.school_id),
            ring_version=int(KeyRing.select(fn.MAX(KeyRing.version)).scalar() or 0),
            pending=self._city.pending_count(row.id),
            poll_seconds=turn.poll_seconds,
            turn=turn.granted,
            capabilities=(SOFTWARE, FOLDED),
        )

    def _outside(self, row: Appliance, hello: Hello, told: Outside, now: datetime) -> HelloAnswer:
        """The time is told to everybody, and by which word people know this one; nothing else."""
        return HelloAnswer(
            appliance=row.id,
            epoch=hello.epoch,
            nonce=hello.nonce,
            token=told.token,
            at=now,
            signature=self._city.sign_time(row.id, hello.nonce, now),
            standing=Standing.FENCED,
            cursors={},
            config_version=hello.config_version,
            ring_version=hello.ring_version,
            pending=0,
            poll_seconds=told.poll_seconds,
            turn=False,
            mark=told.mark,
            other_chosen=told.other_chosen,
        )


def read_cursors(appliance: str, epoch: str) -> dict[Lane, int]:
    rows = Cursor.select(Cursor.lane, Cursor.up_to).where((Cursor.appliance == appliance) & (Cursor.epoch == epoch))
    known = {int(row.lane): int(row.up_to) for row in rows}
    return {lane: known.get(int(lane), 0) for lane in Lane}


def _chain(row: Appliance) -> Chain:
    return Chain(
        row.epoch, row.token_number, row.token_before, row.hello_claimed_at, row.late_hellos, row.late_hello_at
    )


def _was_left(row: Appliance, epoch: str) -> bool:
    found = Epoch.get_or_none((Epoch.appliance == row.id) & (Epoch.epoch == epoch))
    return found is not None and found.left_at is not None


def _write_chain(appliance: str, chain: Chain) -> None:
    Appliance.update(
        epoch=chain.epoch,
        token_number=chain.number,
        token_before=chain.before,
        hello_claimed_at=chain.claimed_at,
        late_hellos=chain.late,
        late_hello_at=chain.late_at,
    ).where(Appliance.id == appliance).execute()


def _begin(row: Appliance, hello: Hello, now: datetime) -> None:
    Epoch.update(left_at=now).where((Epoch.appliance == row.id) & Epoch.left_at.is_null()).execute()
    Epoch.insert(
        appliance=row.id, epoch=hello.epoch, hardware=hello.hardware, first_at=now
    ).on_conflict_ignore().execute()
    if row.epoch:
        who = f"appliance:{row.id}"
        record(now, who, "appliance.epoch", who, row.school_id, moved=row.hardware != hello.hardware)


def _write_state(row: Appliance, hello: Hello, turn: Turn, call: _Call, token: str) -> None:
    now = call.at
    waiting = hello.backlog.values()
    oldest = [one.oldest_at for one in waiting if one.oldest_at is not None]
    is_stable = row.hello_at is not None and now - row.hello_at <= UNSTABLE
    Appliance.update(
        hardware=hello.hardware,
        hello_at=now,
        hello_mark=mark_of_hello(token),
        stable_since=(row.stable_since or now) if is_stable else now,
        software=hello.software,
        schema=hello.schema,
        storage=hello.storage.value,
        config_version=min(hello.config_version, 2**31 - 1),
        ring_version=min(hello.ring_version, 2**31 - 1),
        backlog_records=sum(one.records for one in waiting),
        backlog_oldest_at=min(oldest) if oldest else None,
        turn_until=turn.until,
        poll_seconds=turn.poll_seconds,
        address=call.address or row.address,
    ).where(Appliance.id == row.id).execute()


def _config_version(school: str) -> int:
    row = EffectiveConfiguration.get_or_none(EffectiveConfiguration.school == school)
    return 0 if row is None else int(row.version)
