"""The city as this box knows it: asking to join, having joined, what stops the link, leaving.

Joining itself is the uplink's work: a request lies in `DATA/city/request.json` until it says what came of it. Owns that
file and the row of the link; keys and certificates beside it are the uplink's.
"""

import contextlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from appliance.broker.city_bridge import read_addresses
from appliance.broker.credentials import write_atomically
from appliance.clock import Clock
from appliance.domain.city import checked_address, checked_code
from appliance.domain.findings import Finding, Severity
from appliance.domain.instructions import OPEN
from appliance.domain.people import Actor
from appliance.errors import Conflict, Invalid, NotFound
from appliance.nudge import NudgeSender
from appliance.services.city_wishes import write_wishes
from appliance.services.device_orders import close_commands
from appliance.services.exchange_log import forget_exchanges
from appliance.services.journal import record
from appliance.services.outbox import forget_records
from appliance.store.city_models import CityLink, Instruction
from appliance.store.epochs import Reason, begin_epoch
from appliance.store.models import User, database
from protocol.strict_json import Malformed
from protocol.uplink_claim import ClaimAnswer
from protocol.uplink_door import parse_claim_file
from protocol.uplink_words import InstructionState, Standing

_REQUEST = "request.json"


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """What a person asked. `authority`: PEM, from a claim file; empty when the code was typed.

    `trouble`: why it has not worked yet; `is_final`: it will not, another code is needed.
    """

    code: str
    address: str
    authority: str
    by: str
    asked_at: str  # ISO 8601
    trouble: str = ""
    trouble_detail: str = ""
    trouble_at: str = ""
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """Of a city that was joined. `trouble`: code of what stops it now, since `trouble_at`; empty while it works."""

    address: str
    appliance: str
    uai: str
    city: str
    standing: Standing
    claimed_at: datetime
    hello_at: datetime | None
    tried_at: datetime | None
    trouble: str
    trouble_detail: str
    trouble_at: datetime | None
    config_version: int
    mark: str = ""
    other_chosen: bool = False
    asked_at: datetime | None = None
    snapshot_trouble: str = ""
    takeover_trouble: str = ""

    @property
    def is_asking(self) -> bool:
        """A person has asked, and nothing has been tried since."""
        return self.asked_at is not None and (self.tried_at is None or self.tried_at < self.asked_at)


class City:
    """`put_everything`: the whole state into the outbox, inside the caller's transaction."""

    def __init__(
        self, clock: Clock, folder: Path, nudge: NudgeSender, put_everything: Callable[[datetime], None]
    ) -> None:
        self._clock = clock
        self._folder = folder
        self._nudge = nudge
        self._put_everything = put_everything

    def request_claim(self, code: object, address: object, actor: Actor) -> None:
        """Raises Invalid with the field's name, Conflict when a city was joined already."""
        self._ask(checked_code(code), checked_address(address), "", actor)

    def request_claim_file(self, raw: bytes, actor: Actor) -> None:
        """`ville.preau.json`, as the city gave it."""
        try:
            file = parse_claim_file(raw)
        except Malformed as error:
            raise Invalid("bad_claim_file") from error
        self._ask(checked_code(file.code), checked_address(file.address), file.authority, actor)

    def pending_claim(self) -> ClaimRequest | None:
        """For the uplink and the page. A file that cannot be read is no request: the person asks again."""
        try:
            return ClaimRequest(**json.loads((self._folder / _REQUEST).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def withdraw_claim(self, actor: Actor) -> None:
        if self.pending_claim() is None:
            raise NotFound("no_claim")
        with database.atomic("IMMEDIATE"):
            record(self._clock.now(), actor, "city.withdraw")
        self._drop_request()

    def claim_stopped(self, trouble: str, detail: str, *, is_final: bool) -> None:
        """By the uplink: it did not work (yet)."""
        asked = self.pending_claim()
        if asked is None or (asked.trouble, asked.trouble_detail, asked.is_final) == (trouble, detail, is_final):
            return
        at = self._clock.now().isoformat()
        self._write(replace(asked, trouble=trouble, trouble_detail=detail, trouble_at=at, is_final=is_final))

    def joined(self, answer: ClaimAnswer, address: str) -> None:
        """By the uplink, once key and certificate are on the disk. Again for the same appliance: nothing is lost."""
        now = self._clock.now()
        asked = self.pending_claim()
        with database.atomic("IMMEDIATE"):
            link = CityLink.get_or_none(CityLink.id == 1)
            if link is None or link.appliance != answer.appliance:
                _write_link(answer, address, now)
                forget_records()  # another appliance, in the city's eyes: nothing of the one before is sent under it
                if not answer.replaces:  # what a replaced box left open is still this city's, and told as unknown
                    _free_of_the_city(now)
                begin_epoch(now, Reason.CREATED)
                self._put_everything(now)
                record(now, "console" if asked is None else asked.by, "city.join", f"city:{answer.appliance}")
        self._drop_request()

    def heard(self, token: str, standing: Standing, mark: str = "", *, other_chosen: bool = False) -> None:
        """By the uplink: central answered a hello. `mark`, `other_chosen`: while there are two of us."""
        now = self._clock.now()
        changes: dict[str, object] = {"token": token, "standing": standing, "hello_at": now, "tried_at": now}
        changes |= {"mark": mark, "other_chosen": other_chosen, **_NO_TROUBLE}
        CityLink.update(changes).where(CityLink.id == 1).execute()

    def stopped(self, trouble: str, detail: str = "") -> None:
        """By the uplink: something stops it. `trouble_at` stays that of the first moment of the same trouble."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            link = CityLink.get_or_none(CityLink.id == 1)
            if link is None:
                return
            changes: dict[str, object] = {"tried_at": now, "trouble": trouble, "trouble_detail": detail[:500]}
            if link.trouble == "":
                changes["trouble_at"] = now
            CityLink.update(changes).where(CityLink.id == 1).execute()

    def status(self) -> LinkStatus | None:
        """None: no city was joined."""
        link = CityLink.get_or_none(CityLink.id == 1)
        if link is None:
            return None
        return LinkStatus(
            address=link.address,
            appliance=link.appliance,
            uai=link.uai,
            city=link.city,
            standing=Standing(link.standing),
            claimed_at=link.claimed_at,
            hello_at=link.hello_at,
            tried_at=link.tried_at,
            trouble=link.trouble,
            trouble_detail=link.trouble_detail,
            trouble_at=link.trouble_at,
            config_version=link.config_version,
            mark=link.mark,
            other_chosen=link.other_chosen,
            asked_at=link.asked_at,
            snapshot_trouble=link.snapshot_trouble,
            takeover_trouble=link.takeover_trouble,
        )

    def ask_now(self) -> None:
        """A person does not want to wait for the next look. Asking again soon is answered by the same look."""
        if not CityLink.update(asked_at=self._clock.now()).where(CityLink.id == 1).execute():
            raise NotFound("no_city")
        self._nudge.send()

    def note_snapshot(self, trouble: str) -> None:
        """By the uplink: why the city keeps no backup of this box; empty: it does."""
        CityLink.update(snapshot_trouble=trouble).where(
            (CityLink.id == 1) & (CityLink.snapshot_trouble != trouble)
        ).execute()

    def note_takeover(self, trouble: str) -> None:
        """By the uplink: nothing was put into this box's place."""
        CityLink.update(takeover_trouble=trouble).where(CityLink.id == 1).execute()

    def findings(self) -> list[Finding]:
        """For the health report, which the city hears, too."""
        link = CityLink.get_or_none(CityLink.id == 1)
        if link is None or not link.snapshot_trouble:
            return []
        return [Finding(Severity.NOTICE, f"snapshot_{link.snapshot_trouble}")]

    def use_broker(self, addresses: str, actor: Actor) -> None:
        """Where a relay of the school's network leads to the city's broker; empty: do without. Nothing counts on it."""
        if addresses and not read_addresses(addresses):
            raise Invalid("bad_broker")
        with database.atomic("IMMEDIATE"):
            if not CityLink.update(broker=addresses).where(CityLink.id == 1).execute():
                raise NotFound("no_city")
            record(self._clock.now(), actor, "city.broker")

    def leave(self, actor: Actor) -> None:
        """Nothing goes to the city any more, and what waited for it is dropped. The uplink then forgets its keys."""
        with database.atomic("IMMEDIATE"):
            if CityLink.get_or_none(CityLink.id == 1) is None:
                raise NotFound("no_city")
            CityLink.delete().execute()
            forget_records()
            forget_exchanges()
            _free_of_the_city(self._clock.now())
            record(self._clock.now(), actor, "city.leave")
        self._nudge.send()

    def _ask(self, code: str, address: str, authority: str, actor: Actor) -> None:
        if CityLink.get_or_none(CityLink.id == 1) is not None:
            raise Conflict("city_joined")
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            record(now, actor, "city.claim")
        self._write(ClaimRequest(code, address, authority, actor.label, now.isoformat()))
        self._nudge.send()

    def _write(self, request: ClaimRequest) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        write_atomically(self._folder / _REQUEST, json.dumps(asdict(request)))

    def _drop_request(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            (self._folder / _REQUEST).unlink()


def _free_of_the_city(now: datetime) -> None:
    """In the caller's transaction: its orders end, its wishes hold no more, and its people are the school's own."""
    waiting = Instruction.state.in_(OPEN)
    close_commands([str((row.progress or {}).get("command")) for row in Instruction.select().where(waiting)], now)
    Instruction.update(state=InstructionState.CANCELED, detail="city_left", finished_at=now).where(waiting).execute()
    User.update(source="school").where(User.source != "school").execute()
    write_wishes({})


_NO_TROUBLE = {"trouble": "", "trouble_detail": "", "trouble_at": None}


def _write_link(answer: ClaimAnswer, address: str, now: datetime) -> None:
    row = {
        "id": 1,
        "address": address,
        "appliance": answer.appliance,
        "uai": answer.uai,
        "city": answer.city,
        "broker": answer.broker,
        "root": answer.root,
        "time_key": answer.time_key,
        "claimed_at": now,
    }
    CityLink.insert(row).on_conflict_replace().execute()
