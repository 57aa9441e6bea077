"""Codes of six digits (TOTP, RFC 6238) and the codes for the day when the telephone is lost. The home of pyotp.

The secret is sealed with a key that is not in the database. A code opens once; so does a recovery code.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp

from central.clock import Clock
from central.domain.roles import Viewer
from central.domain.sign_in import CODE, RECOVERY_CODES
from central.errors import Conflict, Invalid, NotSignedIn
from central.ids import hash_secret
from central.keys.sealing import Sealer
from central.services.attempts import Attempts
from central.services.ceremonies import Ceremonies
from central.services.journal import record
from central.store.database import writing
from central.store.desk_models import Account, Passkey, RecoveryCode

_STEP_SECONDS = 30
_DRIFT = (0, -1, 1)  # a telephone's clock may be half a minute off
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_KIND = "totp"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """`token` names it until it is confirmed; `uri` is what the QR code says, `secret` what can be typed instead."""

    token: str
    uri: str
    secret: str


class SecondFactor:
    def __init__(self, clock: Clock, sealer: Sealer, attempts: Attempts, city: str) -> None:
        self._clock = clock
        self._sealer = sealer
        self._attempts = attempts
        self._ceremonies = Ceremonies(clock)
        self._issuer = f"Préau {city}"

    def begin(self, viewer: Viewer) -> Enrolment:
        """Nothing is kept with the account until a code has shown that the telephone knows the secret."""
        secret = pyotp.random_base32()
        sealed = self._sealer.seal_text(secret, _purpose(viewer.account_id))
        token = self._ceremonies.open(_KIND, sealed, viewer.account_id)
        return self._enrolment(viewer, token, secret)

    def pending(self, viewer: Viewer, token: str) -> Enrolment:
        sealed = self._ceremonies.peek(_KIND, token, viewer.account_id)
        return self._enrolment(viewer, token, self._sealer.unseal_text(sealed, _purpose(viewer.account_id)))

    def confirm(self, viewer: Viewer, token: str, code: str) -> list[str]:
        """The recovery codes, shown this once. Raises Invalid for a wrong code: the enrolment goes on."""
        enrolment = self.pending(viewer, token)
        now = self._clock.now()
        step = _matching_step(enrolment.secret, code, now)
        if step is None:
            raise Invalid("bad_code", {"code": "wrong_code"})
        sealed = self._ceremonies.take(_KIND, token, viewer.account_id)
        with writing(f"account:{viewer.account_id}"):
            Account.update(totp_secret=sealed, totp_step=step).where(Account.id == viewer.account_id).execute()
            codes = _new_codes(viewer.account_id)
            record(now, viewer.login, "account.totp", f"account:{viewer.login}")
        return codes

    def check(self, viewer: Viewer, code: str) -> None:
        """Six digits of the telephone, or a recovery code. Failures are counted for the account."""
        with self._attempts.attempt((CODE, f"second:{viewer.account_id}")):
            if not (self._opens(viewer, code) or self._recovers(viewer, code)):
                record(self._clock.now(), viewer.login, "session.code_refused")
                raise NotSignedIn("bad_code")

    def renew_recovery(self, viewer: Viewer) -> list[str]:
        with writing(f"account:{viewer.account_id}"):
            codes = _new_codes(viewer.account_id)
            record(self._clock.now(), viewer.login, "account.recovery", f"account:{viewer.login}")
        return codes

    def remove(self, viewer: Viewer) -> None:
        with writing(f"account:{viewer.account_id}"):
            if not Passkey.select().where(Passkey.account == viewer.account_id).exists():
                raise Conflict("last_factor")
            Account.update(totp_secret=None, totp_step=0).where(Account.id == viewer.account_id).execute()
            RecoveryCode.delete().where(RecoveryCode.account == viewer.account_id).execute()
            record(self._clock.now(), viewer.login, "account.totp_off", f"account:{viewer.login}")

    def recovery_left(self, viewer: Viewer) -> int:
        mine = RecoveryCode.select().where(RecoveryCode.account == viewer.account_id, RecoveryCode.used_at.is_null())
        return int(mine.count())

    def _enrolment(self, viewer: Viewer, token: str, secret: str) -> Enrolment:
        uri = pyotp.TOTP(secret).provisioning_uri(name=viewer.login, issuer_name=self._issuer)
        return Enrolment(token, uri, " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)))

    def _opens(self, viewer: Viewer, code: str) -> bool:
        row = Account.get_by_id(viewer.account_id)
        if row.totp_secret is None:
            return False
        secret = self._sealer.unseal_text(row.totp_secret, _purpose(viewer.account_id))
        step = _matching_step(secret, code, self._clock.now())
        if step is None:
            return False
        # Compare and set: of two who bring the same code at once, one enters.
        return bool(
            Account.update(totp_step=step).where(Account.id == viewer.account_id, Account.totp_step < step).execute()
        )

    def _recovers(self, viewer: Viewer, code: str) -> bool:
        typed = "".join(c for c in code.lower() if c in _ALPHABET)
        used = RecoveryCode.update(used_at=self._clock.now()).where(
            RecoveryCode.code_hash == _code_hash(viewer.account_id, typed),
            RecoveryCode.account == viewer.account_id,
            RecoveryCode.used_at.is_null(),
        )
        if not used.execute():
            return False
        record(self._clock.now(), viewer.login, "session.recovery", f"account:{viewer.login}")
        return True


def _purpose(account_id: int) -> str:
    return f"totp:{account_id}"


def _matching_step(secret: str, code: str, now: datetime) -> int | None:
    typed = "".join(code.split())
    here = int(now.timestamp()) // _STEP_SECONDS
    totp = pyotp.TOTP(secret.replace(" ", ""))
    for drift in _DRIFT:
        if hmac.compare_digest(totp.generate_otp(here + drift).encode(), typed.encode()):
            return here + drift
    return None


def _new_codes(account_id: int) -> list[str]:
    """Ten signs each, 49 bits; those of before end."""
    RecoveryCode.delete().where(RecoveryCode.account == account_id).execute()
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    for code in codes:
        RecoveryCode.insert(code_hash=_code_hash(account_id, code), account=account_id).execute()
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _code_hash(account_id: int, code: str) -> str:
    return hash_secret(f"{account_id}/{code}")
