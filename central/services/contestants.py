"""Who claims to be a school's box when there is more than one: what is kept of each, and in which form.

Owns the form of `Appliance.conflict`: the boxes outside, since when, and which one a person has taken.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from central.domain.epochs import Asked, Chain, Tokens, TokenWord
from central.domain.marks import mark_of
from central.store.models import Appliance

_KNOWN = (TokenWord.CURRENT, TokenWord.BEFORE)
_NOTHING_KNOWN = frozenset("0")


@dataclass(frozen=True, slots=True)
class Contestant:
    """`number`, `before`: of its own chain (domain.epochs). `address`: as the door saw it. `page`: as it says itself.

    Moments in milliseconds, as the column keeps them. `first_at`: since when it is told apart from the others. What was
    before is the past of all of them: a copy has its original's, and nothing here says which of them is the original.
    """

    epoch: str
    hardware: str
    number: int
    before: str
    first_at: int
    last_at: int
    mark: str = ""
    address: str = ""
    page: str = ""

    def chain(self) -> Chain:
        return Chain(self.epoch, self.number, self.before)

    def is_asking(self, tokens: Tokens, asked: Asked) -> bool:
        return self.epoch == asked.epoch and tokens.word(self.chain(), asked.token) in _KNOWN

    @property
    def known_hardware(self) -> str:
        """Its parts that say something; empty when the machine has told no serial number of any."""
        return "-".join(part for part in self.hardware.split("-") if not set(part) <= _NOTHING_KNOWN)

    @property
    def last_heard(self) -> datetime:
        return moment_of(self.last_at)


@dataclass(frozen=True, slots=True)
class Contest:
    """`chosen`: whom a person took, at `chosen_at`; None while nobody has. `outside`: the others, or all of them."""

    since: datetime | None
    outside: tuple[Contestant, ...] = ()
    chosen: Contestant | None = None
    chosen_at: datetime | None = None
    chosen_by: str = ""

    @property
    def marks(self) -> list[str]:
        return [one.mark for one in (*self.outside, *([self.chosen] if self.chosen else []))]


def milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def moment_of(told: int) -> datetime:
    return datetime.fromtimestamp(told / 1000, UTC)


def contest_of(appliance: Appliance) -> Contest:
    """As of the last hello: the chosen one goes on in the appliance's own row."""
    told: dict[str, Any] = appliance.conflict or {}
    since, chosen_at = told.get("since"), told.get("chosen_at")
    chosen = _read(told["chosen"]) if told.get("chosen") else None
    return Contest(
        since=None if since is None else moment_of(since),
        outside=tuple(marked([_read(value) for value in told.get("contestants", [])])),
        chosen=None if chosen is None else _as_it_goes_on(chosen, appliance),
        chosen_at=None if chosen_at is None else moment_of(chosen_at),
        chosen_by=str(told.get("chosen_by", "")),
    )


def form_of(contest: Contest) -> dict[str, object]:
    form: dict[str, object] = {"contestants": [asdict(one) for one in contest.outside]}
    if contest.since is not None:
        form["since"] = milliseconds(contest.since)
    if contest.chosen is not None and contest.chosen_at is not None:
        form |= {"chosen": asdict(contest.chosen), "chosen_at": milliseconds(contest.chosen_at)}
        form["chosen_by"] = contest.chosen_by
    return form


def marked(contestants: Sequence[Contestant], taken: Sequence[str] = ()) -> list[Contestant]:
    """Each with a word of its own; one that it has stays."""
    known = [*taken, *(one.mark for one in contestants if one.mark)]
    found = []
    for one in contestants:
        mark = one.mark or mark_of(f"{one.epoch}\n{one.before}", known)
        known.append(mark)
        found.append(replace(one, mark=mark))
    return found


def present(appliance: Appliance, now: datetime) -> Contestant:
    """The box that the row stands for, as one among several from now on."""
    return Contestant(
        appliance.epoch, appliance.hardware, appliance.token_number, appliance.token_before,
        milliseconds(now), milliseconds(appliance.hello_at or now), address=appliance.address,
    )  # fmt: skip


def _as_it_goes_on(chosen: Contestant, appliance: Appliance) -> Contestant:
    last = chosen.last_at if appliance.hello_at is None else max(chosen.last_at, milliseconds(appliance.hello_at))
    return replace(
        chosen, epoch=appliance.epoch, hardware=appliance.hardware, number=appliance.token_number,
        before=appliance.token_before, last_at=last, address=appliance.address or chosen.address,
    )  # fmt: skip


def _read(value: dict[str, Any]) -> Contestant:
    words = (str(value.get(name, "")) for name in ("mark", "address", "page"))
    return Contestant(
        str(value["epoch"]), str(value["hardware"]), int(value["number"]), str(value["before"]),
        int(value["first_at"]), int(value["last_at"]), *words,
    )  # fmt: skip
