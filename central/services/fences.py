"""Two boxes with one identity: who they are, kept apart until a person has chosen, and who was not chosen.

Owns `Appliance.conflict`. Each of them goes on with a chain of its own, so that it is known which of them asks.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from central.clock import Clock
from central.domain.epochs import Asked, Chain, Tokens, TokenWord, hash_token
from central.domain.roles import Viewer
from central.errors import Conflict, NotFound
from central.services.journal import record
from central.store.database import writing
from central.store.models import Appliance, Epoch
from protocol.uplink_words import Standing

MOST = 8
_KNOWN = (TokenWord.CURRENT, TokenWord.BEFORE)


@dataclass(frozen=True, slots=True)
class Contestant:
    """`number`, `before`: of its own chain (domain.epochs). Moments as milliseconds, as the column keeps them."""

    epoch: str
    hardware: str
    number: int
    before: str
    first_at: int
    last_at: int

    def chain(self) -> Chain:
        return Chain(self.epoch, self.number, self.before)

    def is_asking(self, tokens: Tokens, asked: Asked) -> bool:
        return self.epoch == asked.epoch and tokens.word(self.chain(), asked.token) in _KNOWN


@dataclass(frozen=True, slots=True)
class Knock:
    """A hello, as far as it matters here."""

    asked: Asked
    hardware: str
    now: datetime


def milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def contestants_of(appliance: Appliance) -> list[Contestant]:
    return [_contestant(value) for value in (appliance.conflict or {}).get("contestants", [])]


def is_rejected(appliance: Appliance, tokens: Tokens, asked: Asked) -> bool:
    """Whether who asks lost the choice."""
    return any(one.is_asking(tokens, asked) for one in contestants_of(appliance))


def fence(appliance: Appliance, chain: Chain, tokens: Tokens, knock: Knock) -> str:
    """In the caller's transaction, when a conflict is noticed. The token for the one that asks."""
    seen = milliseconds(appliance.hello_at or knock.now)
    known = Contestant(chain.epoch, appliance.hardware, chain.number, chain.before, seen, seen)
    others = [one for one in contestants_of(appliance) if one.epoch != chain.epoch or one.before != chain.before]
    _write(appliance, [*others, known], Standing.FENCED)
    who = f"appliance:{appliance.id}"
    record(
        knock.now, who, "appliance.fence", who, appliance.school_id,
        hardware=appliance.hardware, other=knock.hardware, same_epoch=chain.epoch == knock.asked.epoch,
    )  # fmt: skip
    return heard(appliance, tokens, knock)


def heard(appliance: Appliance, tokens: Tokens, knock: Knock) -> str:
    """In the caller's transaction: one of them asks again, or one more does."""
    asked, at = knock.asked, milliseconds(knock.now)
    contestants = contestants_of(appliance)
    place = next((i for i, one in enumerate(contestants) if one.is_asking(tokens, asked)), len(contestants))
    before = hash_token(asked.token)
    if place < len(contestants):
        old = contestants[place]
        number = old.number if old.before == before else old.number + 1
        contestants[place] = Contestant(asked.epoch, knock.hardware, number, before, old.first_at, at)
    else:
        number = (tokens.number_of(asked.token) or 0) + 1
        contestants.append(Contestant(asked.epoch, knock.hardware, number, before, at, at))
    _write(appliance, contestants[:MOST], Standing(appliance.standing))
    return tokens.give(number, before)


class Fences:
    """What an officer does about it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def contestants(self, appliance_id: str) -> list[Contestant]:
        return contestants_of(_find(appliance_id))

    def choose(self, actor: Viewer | str, appliance_id: str, place: int) -> None:
        """This one is the school's box. The others stay outside, and are told so."""
        now = self._clock.now()
        with writing(f"appliance:{appliance_id}"):
            appliance = _find(appliance_id)
            contestants = contestants_of(appliance)
            if appliance.standing != Standing.FENCED:
                raise Conflict("not_fenced")
            if not 0 <= place < len(contestants):
                raise NotFound("no_contestant")
            chosen = contestants.pop(place)
            _take_place(appliance, chosen, now)
            _write(appliance, contestants, Standing.ACTIVE)
            who = f"appliance:{appliance_id}"
            record(now, actor, "appliance.choose", who, appliance.school_id, hardware=chosen.hardware)


def _take_place(appliance: Appliance, chosen: Contestant, now: datetime) -> None:
    Epoch.update(left_at=now).where((Epoch.appliance == appliance.id) & Epoch.left_at.is_null()).execute()
    Epoch.insert(
        appliance=appliance.id, epoch=chosen.epoch, hardware=chosen.hardware, first_at=now, left_at=None
    ).on_conflict(conflict_target=[Epoch.appliance, Epoch.epoch], preserve=[Epoch.left_at]).execute()
    Appliance.update(
        epoch=chosen.epoch, hardware=chosen.hardware, token_number=chosen.number, token_before=chosen.before,
        late_hellos=0, late_hello_at=None,
    ).where(Appliance.id == appliance.id).execute()  # fmt: skip


def _find(appliance_id: str) -> Appliance:
    row: Appliance | None = Appliance.get_or_none(Appliance.id == appliance_id)
    if row is None:
        raise NotFound("no_appliance")
    return row


def _contestant(value: dict[str, Any]) -> Contestant:
    return Contestant(
        str(value["epoch"]), str(value["hardware"]), int(value["number"]), str(value["before"]),
        int(value["first_at"]), int(value["last_at"]),
    )  # fmt: skip


def _write(appliance: Appliance, contestants: list[Contestant], standing: Standing) -> None:
    appliance.standing = standing.value
    appliance.conflict = {
        "contestants": [
            {
                "epoch": one.epoch,
                "hardware": one.hardware,
                "number": one.number,
                "before": one.before,
                "first_at": one.first_at,
                "last_at": one.last_at,
            }
            for one in contestants
        ]
    }
    Appliance.update(standing=standing.value, conflict=appliance.conflict).where(Appliance.id == appliance.id).execute()
