"""Claim codes and what a box gets for one: an identity of its own, or the place of one that is dead."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from central.clock import Clock
from central.domain.roles import Viewer
from central.errors import Conflict, Denied, Invalid, NotFound
from central.ids import hash_secret, new_appliance_id
from central.keys.city_keys import CityKeys
from central.keys.proofs import ProvenKey, read_csr
from central.logs import Secret
from central.services.certificates import Certificates, revoke_certificates
from central.services.journal import record
from central.services.schools import find_school
from central.services.throttle import Throttle
from central.store.database import writing
from central.store.models import Appliance, Cart, ClaimTicket, Device, School, StateRow
from protocol.uplink_claim import (
    SECRET_BYTES,
    Claim,
    ClaimAnswer,
    ClaimCode,
    authority_mark,
    secret_text,
    write_code,
)
from protocol.uplink_door import ClaimFile, DoorRefusal
from protocol.uplink_words import Standing

CODE_LIFE = timedelta(days=30)
SAME_KEY_AGAIN = timedelta(hours=1)
_WRONG_CODES = Throttle("claim", most=20, window=timedelta(minutes=15))


@dataclass(frozen=True, slots=True)
class Offer:
    """What this server tells a new box of itself. `address`: host:port of the door. `root`: the offline key, if any."""

    city: str
    address: str
    broker: str
    root: Callable[[], str]


@dataclass(frozen=True, slots=True)
class NewTicket:
    """Shown once, right after it was made: only a hash is kept."""

    id: int
    code: Secret
    file: ClaimFile
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TicketLine:
    id: int
    uai: str
    created_at: datetime
    created_by: str
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None
    appliance: str | None
    replaces: str | None
    is_open: bool


class Claims:
    def __init__(self, clock: Clock, keys: CityKeys, certificates: Certificates, offer: Offer) -> None:
        self._clock = clock
        self._keys = keys
        self._certificates = certificates
        self._offer = offer

    def new_ticket(self, actor: Viewer | str, uai: str, replaces: str | None = None) -> NewTicket:
        code = ClaimCode(secrets.token_bytes(SECRET_BYTES), authority_mark(self._keys.authority.der))
        now = self._clock.now()
        with writing():
            school = find_school(uai)
            if school.archived_at is not None:
                raise Conflict("school_archived", uai=uai)
            _check_replaced(replaces, uai)
            ticket = ClaimTicket.create(
                secret_hash=hash_secret(secret_text(code)),
                school=uai,
                created_at=now,
                created_by=actor if isinstance(actor, str) else actor.login,
                expires_at=now + CODE_LIFE,
                replaces=replaces,
            )
            record(now, actor, "claim_code.new", f"claim_code:{ticket.id}", uai, replaces=replaces)
        written = write_code(code)
        file = ClaimFile(self._offer.address, written, self._keys.authority.pem)
        return NewTicket(ticket.id, Secret(written), file, ticket.expires_at)

    def revoke_ticket(self, actor: Viewer | str, ticket_id: int) -> None:
        now = self._clock.now()
        with writing(f"ticket:{ticket_id}"):
            ticket = ClaimTicket.get_or_none(ClaimTicket.id == ticket_id)
            if ticket is None:
                raise NotFound("no_claim_code")
            if ticket.used_at is not None:
                raise Conflict("claim_code_used")
            if ticket.revoked_at is None:
                ClaimTicket.update(revoked_at=now).where(ClaimTicket.id == ticket_id).execute()
                record(now, actor, "claim_code.revoke", f"claim_code:{ticket_id}", ticket.school_id)

    def tickets(self, uai: str = "") -> list[TicketLine]:
        """Newest first; of one school, or of all."""
        query = ClaimTicket.select().order_by(ClaimTicket.id.desc())
        now = self._clock.now()
        return [_line(row, now) for row in (query.where(ClaimTicket.school == uai) if uai else query)]

    def claim(self, claim: Claim, source: str) -> ClaimAnswer:
        """`source`: who calls, for counting wrong codes. A right code is taken whatever a neighbour has tried."""
        root = self._offer.root()
        if not root:
            raise Conflict("city_not_initialized")
        secret_hash = hash_secret(claim.secret)
        found = ClaimTicket.get_or_none(ClaimTicket.secret_hash == secret_hash)
        if found is None:
            raise self._unknown(source)
        key = read_csr(claim.csr)
        with writing(f"ticket:{found.id}", *_names(found)):
            ticket = ClaimTicket.get_by_id(found.id)
            appliance_id = self._appliance_for(ticket, key, claim.hardware)
            certificate = self._certificates.issue(appliance_id, ticket.school_id, key)
        if ticket.replaces:
            self._certificates.write_list()
        return self._answer(ticket, appliance_id, certificate, root)

    def _unknown(self, source: str) -> Denied:
        now = self._clock.now()
        _WRONG_CODES.check(source, now)
        if _WRONG_CODES.failed(source, now):
            record(now, f"address:{source}", "claim.wrong_codes")
        return Denied(DoorRefusal.CODE_UNKNOWN)

    def _appliance_for(self, ticket: ClaimTicket, key: ProvenKey, hardware: str) -> str:
        now = self._clock.now()
        if ticket.used_at is not None:
            return _again(ticket, key, now)
        _check_open(ticket, now)
        appliance_id = new_appliance_id()
        Appliance.create(id=appliance_id, school=ticket.school_id, hardware=hardware, claimed_at=now)
        ClaimTicket.update(used_at=now, used_key=key.mark, appliance=appliance_id).where(
            ClaimTicket.id == ticket.id
        ).execute()
        actor = f"appliance:{appliance_id}"
        record(now, actor, "appliance.claim", actor, ticket.school_id, by=ticket.created_by, replaces=ticket.replaces)
        if ticket.replaces:
            Appliance.update(standing=Standing.REPLACED).where(Appliance.id == ticket.replaces).execute()
            _hand_over(ticket.replaces, appliance_id)
            revoke_certificates(ticket.replaces, now)
        return appliance_id

    def _answer(self, ticket: ClaimTicket, appliance_id: str, certificate: str, root: str) -> ClaimAnswer:
        school: School = ticket.school
        return ClaimAnswer(
            appliance=appliance_id,
            uai=school.uai,
            school_name=school.name,
            city=self._offer.city,
            certificate=certificate,
            authority=self._keys.authority.pem,
            root=root,
            time_key=self._keys.online.public,
            broker=self._offer.broker,
            replaces=ticket.replaces is not None,
        )


def _hand_over(before: str, after: str) -> None:
    """What the old box had told is the new one's: its first comparison finds what is gone."""
    for table in (Device, Cart, StateRow):
        table.update(appliance=after).where(table.appliance == before).execute()


def _names(ticket: ClaimTicket) -> list[str]:
    return [f"appliance:{ticket.replaces}"] if ticket.replaces else []


def _again(ticket: ClaimTicket, key: ProvenKey, now: datetime) -> str:
    """The answer was lost: the same key gets it again, for an hour."""
    if ticket.used_key != key.mark or now - ticket.used_at > SAME_KEY_AGAIN:
        raise Conflict(DoorRefusal.CODE_USED)
    standing = Appliance.get_by_id(ticket.appliance).standing
    if standing in (Standing.REVOKED, Standing.REPLACED):
        raise Conflict(DoorRefusal.CODE_USED)
    return str(ticket.appliance)


def _check_open(ticket: ClaimTicket, now: datetime) -> None:
    if ticket.revoked_at is not None:
        raise Denied(DoorRefusal.CODE_REVOKED)
    if ticket.expires_at <= now:
        raise Denied(DoorRefusal.CODE_EXPIRED)
    if ticket.replaces and Appliance.get_by_id(ticket.replaces).standing == Standing.REPLACED:
        raise Denied(DoorRefusal.CODE_REVOKED)  # another code has taken its place meanwhile


def _check_replaced(appliance_id: str | None, uai: str) -> None:
    if appliance_id is None:
        return
    appliance = Appliance.get_or_none(Appliance.id == appliance_id)
    if appliance is None or appliance.school_id != uai:
        raise Invalid("replaces_wrong", {"replaces": "unknown_value"})
    if appliance.standing == Standing.REPLACED:
        raise Conflict("appliance_replaced")


def _line(row: ClaimTicket, now: datetime) -> TicketLine:
    return TicketLine(
        id=row.id,
        uai=row.school_id,
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        used_at=row.used_at,
        revoked_at=row.revoked_at,
        appliance=row.appliance,
        replaces=row.replaces,
        is_open=row.used_at is None and row.revoked_at is None and row.expires_at > now,
    )
