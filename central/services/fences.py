"""Two boxes with one identity: kept apart until a person has chosen, and told who was not chosen.

Each of them goes on with a chain of its own, so that it is known which of them asks. What is kept: `contestants`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from central.clock import Clock
from central.domain.epochs import Asked, Chain, Tokens, hash_token
from central.domain.roles import Viewer
from central.errors import Conflict, NotFound
from central.services.contestants import (
    Contest,
    Contestant,
    contest_of,
    form_of,
    marked,
    milliseconds,
    moment_of,
    present,
)
from central.services.journal import record
from central.store.database import writing
from central.store.models import Appliance, Epoch
from protocol.uplink_words import Standing

MOST = 8
EAGER_SECONDS, PATIENT_SECONDS = 60, 300
"""How often a box outside asks whether somebody has chosen: at first, and after `EAGER_FOR`."""
EAGER_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Knock:
    """A hello, as far as it matters here. `address`: whence, as the door sees it; `page`: the box's own, as it says."""

    asked: Asked
    hardware: str
    now: datetime
    address: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Outside:
    """What one of them is told: its next token, its word, whether another was taken, when to ask again."""

    token: str
    mark: str
    other_chosen: bool
    poll_seconds: int


def is_rejected(appliance: Appliance, tokens: Tokens, asked: Asked) -> bool:
    """Whether who asks lost the choice."""
    return appliance.conflict is not None and any(one.is_asking(tokens, asked) for one in contest_of(appliance).outside)


def fence(appliance: Appliance, chain: Chain, tokens: Tokens, knock: Knock) -> Outside:
    """In the caller's transaction, when a conflict is noticed."""
    before = contest_of(appliance)
    known = present(appliance, knock.now)
    if before.chosen is not None:
        known = replace(known, mark=before.chosen.mark, page=before.chosen.page)
    others = [one for one in before.outside if one.epoch != chain.epoch or one.before != chain.before]
    _write(appliance, Contest(knock.now, tuple(marked([*others, known]))), Standing.FENCED)
    who = f"appliance:{appliance.id}"
    record(
        knock.now, who, "appliance.fence", who, appliance.school_id,
        hardware=appliance.hardware, other=knock.hardware, same_epoch=chain.epoch == knock.asked.epoch,
    )  # fmt: skip
    return heard(appliance, tokens, knock)


def heard(appliance: Appliance, tokens: Tokens, knock: Knock) -> Outside:
    """In the caller's transaction: one of them asks again, or one more does."""
    contest = contest_of(appliance)
    outside = list(contest.outside)
    place = next((i for i, one in enumerate(outside) if one.is_asking(tokens, knock.asked)), len(outside))
    asking = _as_it_asks(outside[place], knock) if place < len(outside) else _stranger(tokens, knock)
    if not asking.mark:
        (asking,) = marked([asking], contest.marks)
    outside[place : place + 1] = [asking]
    standing = Standing(appliance.standing)
    _write(appliance, replace(contest, outside=tuple(outside[:MOST])), standing)
    token = tokens.give(asking.number, asking.before)
    return Outside(token, asking.mark, standing is Standing.ACTIVE, _poll_seconds(contest, asking, knock.now))


def _as_it_asks(known: Contestant, knock: Knock) -> Contestant:
    before = hash_token(knock.asked.token)
    return replace(
        known,
        hardware=knock.hardware,
        number=known.number if known.before == before else known.number + 1,
        before=before,
        last_at=milliseconds(knock.now),
        address=knock.address or known.address,
        page=knock.page or known.page,
    )


def _stranger(tokens: Tokens, knock: Knock) -> Contestant:
    at, asked = milliseconds(knock.now), knock.asked
    number = (tokens.number_of(asked.token) or 0) + 1
    return Contestant(
        asked.epoch, knock.hardware, number, hash_token(asked.token), at, at, address=knock.address, page=knock.page
    )


def _poll_seconds(contest: Contest, asking: Contestant, now: datetime) -> int:
    """Often while a person is about to choose, or to think again."""
    last = max(one for one in (contest.since, contest.chosen_at, moment_of(asking.first_at)) if one is not None)
    return EAGER_SECONDS if now - last < EAGER_FOR else PATIENT_SECONDS


class Fences:
    """What an officer does about it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def contest(self, appliance_id: str) -> Contest:
        return contest_of(_find(appliance_id))

    def choose(self, actor: Viewer | str, appliance_id: str, mark: str) -> None:
        """This one is the school's box; who was before, too, when the person thinks again. The others are told."""
        now = self._clock.now()
        with writing(f"appliance:{appliance_id}"):
            appliance = _find(appliance_id)
            contest = contest_of(appliance)
            if not contest.outside or appliance.standing not in (Standing.FENCED, Standing.ACTIVE):
                raise Conflict("not_fenced")
            chosen = next((one for one in contest.outside if one.mark == mark), None)
            if chosen is None:
                raise NotFound("no_contestant")
            others = [one for one in contest.outside if one is not chosen]
            if contest.chosen is not None:
                others.append(contest.chosen)
            by = actor if isinstance(actor, str) else actor.login
            _take_place(appliance, chosen, now)
            _write(appliance, Contest(contest.since, tuple(others), chosen, now, by), Standing.ACTIVE)
            who = f"appliance:{appliance_id}"
            record(
                now, actor, "appliance.choose", who, appliance.school_id,
                hardware=chosen.hardware, mark=chosen.mark, again=contest.chosen is not None or None,
            )  # fmt: skip


def _take_place(appliance: Appliance, chosen: Contestant, now: datetime) -> None:
    Epoch.update(left_at=now).where((Epoch.appliance == appliance.id) & Epoch.left_at.is_null()).execute()
    Epoch.insert(
        appliance=appliance.id, epoch=chosen.epoch, hardware=chosen.hardware, first_at=now, left_at=None
    ).on_conflict(conflict_target=[Epoch.appliance, Epoch.epoch], preserve=[Epoch.left_at]).execute()
    Appliance.update(
        epoch=chosen.epoch, hardware=chosen.hardware, token_number=chosen.number, token_before=chosen.before,
        late_hellos=0, late_hello_at=None, hello_claimed_at=None, address=chosen.address,
        hello_at=chosen.last_heard, chosen_at=now,
    ).where(Appliance.id == appliance.id).execute()  # fmt: skip


def _find(appliance_id: str) -> Appliance:
    row: Appliance | None = Appliance.get_or_none(Appliance.id == appliance_id)
    if row is None:
        raise NotFound("no_appliance")
    return row


def _write(appliance: Appliance, contest: Contest, standing: Standing) -> None:
    appliance.standing = standing.value
    appliance.conflict = form_of(contest)
    Appliance.update(standing=standing.value, conflict=appliance.conflict).where(Appliance.id == appliance.id).execute()
