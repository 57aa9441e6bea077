"""Certificates of appliances: issued, renewed, revoked, and what one that is shown means."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from peewee import fn

from central.clock import Clock
from central.domain.roles import Viewer
from central.errors import Denied, NotFound
from central.keys.authority import Authority
from central.keys.proofs import ProvenKey, check_signature, read_csr
from central.services.journal import record
from central.store.database import writing
from central.store.models import Appliance, Certificate
from protocol.uplink_claim import Renewal
from protocol.uplink_door import CertificateAnswer, DoorRefusal
from protocol.uplink_words import Standing

LATEST_RENEWAL = timedelta(days=365)
_REFUSED = {Standing.REVOKED: DoorRefusal.APPLIANCE_REVOKED, Standing.REPLACED: DoorRefusal.APPLIANCE_REPLACED}


@dataclass(frozen=True, slots=True)
class KnownAppliance:
    """Who calls, as the certificate proves. `standing`: active or fenced; the others do not come in.

    `address`: whence, as the door sees it.
    """

    id: str
    uai: str
    standing: Standing
    serial: str
    address: str = ""


class Certificates:
    def __init__(self, clock: Clock, authority: Authority) -> None:
        self._clock = clock
        self._authority = authority

    def issue(self, appliance_id: str, uai: str, key: ProvenKey) -> str:
        """In the caller's transaction. PEM."""
        issued = self._authority.issue_for_appliance(uai, appliance_id, key.key, self._clock.now())
        Certificate.create(
            serial=issued.serial, appliance=appliance_id, not_before=issued.not_before, not_after=issued.not_after
        )
        return issued.pem

    def who_shows(self, serial: str) -> KnownAppliance:
        """For a certificate that TLS has found to be of our authority. Raises Denied with what the box can do."""
        row = _find(serial)
        if row.not_after <= self._clock.now():
            raise _denied(DoorRefusal.CERTIFICATE_EXPIRED, row)
        return _known(row)

    def renew(self, appliance: KnownAppliance, csr: str) -> CertificateAnswer:
        """For one who has shown a certificate that holds. The old one stays until its end: the answer may be lost."""
        key = read_csr(csr)
        with writing(f"appliance:{appliance.id}"):
            _known(_find(appliance.serial))
            pem = self.issue(appliance.id, appliance.uai, key)
            record(self._clock.now(), f"appliance:{appliance.id}", "certificate.renew", school=appliance.uai)
        return CertificateAnswer(pem, self._authority.pem)

    def renew_expired(self, renewal: Renewal) -> CertificateAnswer:
        """For a box that was away too long: its old key vouches for the new one, for a year."""
        old = self._authority.read(renewal.certificate)
        check_signature(old.key, renewal.signature, renewal.csr.encode())
        row = _find(old.serial)
        if row.not_after + LATEST_RENEWAL <= self._clock.now():
            raise _denied(DoorRefusal.RENEWAL_TOO_LATE, row)
        return self.renew(_known(row), renewal.csr)

    def revoke_appliance(self, actor: Viewer | str, appliance_id: str) -> None:
        """A lost or stolen box: nothing of it is heard any more. Told again, nothing changes."""
        with writing(f"appliance:{appliance_id}"):
            appliance = Appliance.get_or_none(Appliance.id == appliance_id)
            if appliance is None:
                raise NotFound("no_appliance")
            if appliance.standing != Standing.REPLACED:
                Appliance.update(standing=Standing.REVOKED).where(Appliance.id == appliance_id).execute()
            now = self._clock.now()
            if revoke_certificates(appliance_id, now) or appliance.standing != Standing.REVOKED:
                record(now, actor, "appliance.revoke", f"appliance:{appliance_id}", appliance.school_id)
        self.write_list()

    def revoked_mark(self) -> tuple[int, int]:
        """Changes with each revocation."""
        row = Certificate.select(fn.COUNT(Certificate.serial), fn.MAX(Certificate.revoked_at).coerce(False)).where(
            Certificate.revoked_at.is_null(False)
        )
        count, latest = row.scalar(as_tuple=True)
        return int(count), int(latest or 0)

    def write_list(self) -> None:
        """The broker's list of revoked certificates, of those that would still hold."""
        now = self._clock.now()
        self._authority.write_revoked(_revoked(now), now)


def revoke_certificates(appliance_id: str, now: datetime) -> int:
    """In the caller's transaction, under `appliance:{id}`. How many held until now."""
    held = Certificate.update(revoked_at=now).where(
        Certificate.appliance == appliance_id, Certificate.revoked_at.is_null()
    )
    return int(held.execute())


def _revoked(now: datetime) -> Iterable[tuple[str, datetime]]:
    rows = Certificate.select(Certificate.serial, Certificate.revoked_at).where(
        Certificate.revoked_at.is_null(False), Certificate.not_after > now
    )
    return [(row.serial, row.revoked_at) for row in rows]


def _find(serial: str) -> Certificate:
    query = Certificate.select(Certificate, Appliance).join(Appliance).where(Certificate.serial == serial)
    row: Certificate | None = query.first()
    if row is None:
        raise Denied(DoorRefusal.CERTIFICATE_UNKNOWN)
    return row


def _known(row: Certificate) -> KnownAppliance:
    appliance = row.appliance
    standing = Standing(appliance.standing)
    if standing in _REFUSED:
        raise _denied(_REFUSED[standing], row)
    if row.revoked_at is not None:
        raise _denied(DoorRefusal.CERTIFICATE_REVOKED, row)
    return KnownAppliance(appliance.id, appliance.school_id, standing, row.serial)


def _denied(refusal: DoorRefusal, row: Certificate) -> Denied:
    return Denied(refusal, appliance=row.appliance_id, school=row.appliance.school_id)
