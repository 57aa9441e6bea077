"""Passkeys (WebAuthn): made, used to sign in without a login, removed. The home of py_webauthn in the console.

The person's presence is verified by the device (PIN, finger): a passkey is a strong sign-in by itself. The site's name
and origin are the canonical ones: another site's answer is refused.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import IntegrityError
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from central.clock import Clock
from central.domain.names import display_name
from central.domain.roles import Viewer
from central.errors import Conflict, Invalid, NotFound, NotSignedIn
from central.keys.signatures import passkey_id as key_name
from central.services.ceremonies import Ceremonies
from central.services.journal import record
from central.services.retired_keys import retire_keys
from central.services.sessions import viewer_of
from central.store.database import writing
from central.store.desk_models import Account, Passkey

_MAKE, _USE = "passkey-make", "passkey-use"
_DAMAGED = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class Party:
    """The site to which the passkeys belong: its host name, its origin, its name for people."""

    id: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class PasskeyLine:
    id: str
    name: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Question:
    """What a page gives to `navigator.credentials`, and the token by which the answer names it."""

    token: str
    options: dict[str, Any]


class Passkeys:
    def __init__(self, clock: Clock, party: Party) -> None:
        self._clock = clock
        self._party = party
        self._ceremonies = Ceremonies(clock)

    def of(self, viewer: Viewer) -> list[PasskeyLine]:
        rows = Passkey.select().where(Passkey.account == viewer.account_id).order_by(Passkey.created_at)
        return [PasskeyLine(row.id, row.name, row.created_at, row.used_at) for row in rows]

    def ask_new(self, viewer: Viewer) -> Question:
        known = [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.id)) for one in self.of(viewer)]
        options = generate_registration_options(
            rp_id=self._party.id,
            rp_name=self._party.name,
            user_id=f"account-{viewer.account_id}".encode(),
            user_name=viewer.login,
            user_display_name=viewer.name,
            exclude_credentials=known,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
        )
        token = self._ceremonies.open(_MAKE, bytes_to_base64url(options.challenge), viewer.account_id)
        return Question(token, json.loads(options_to_json(options)))

    def add(self, viewer: Viewer, token: object, credential: Mapping[str, Any], name: object) -> None:
        """Within the caller's transaction, if there is one (an invitation is used up with it)."""
        challenge = self._ceremonies.take(_MAKE, token, viewer.account_id)
        label = display_name(name or "–", longest=60)
        try:
            verified = verify_registration_response(
                credential=dict(credential),
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=self._party.id,
                expected_origin=self._party.origin,
                require_user_verification=True,
            )
        except _DAMAGED:
            raise Invalid("bad_passkey") from None
        now = self._clock.now()
        with writing(f"account:{viewer.account_id}"):
            try:
                Passkey.insert(
                    id=bytes_to_base64url(verified.credential_id), account=viewer.account_id,
                    public_key=verified.credential_public_key, sign_count=verified.sign_count, name=label,
                    created_at=now,
                ).execute()  # fmt: skip
            except IntegrityError:
                raise Conflict("passkey_known") from None
            record(now, viewer.login, "account.passkey", f"account:{viewer.login}", name=label)

    def ask(self) -> Question:
        """For a sign-in without a login: the device offers what it has for this site."""
        options = generate_authentication_options(
            rp_id=self._party.id, user_verification=UserVerificationRequirement.REQUIRED
        )
        return Question(
            self._ceremonies.open(_USE, bytes_to_base64url(options.challenge)), json.loads(options_to_json(options))
        )

    def sign_in(self, token: object, credential: Mapping[str, Any]) -> Viewer:
        challenge = self._ceremonies.take(_USE, token)
        row = (
            Passkey.select(Passkey, Account).join(Account).where(Passkey.id == str(credential.get("id"))).get_or_none()
        )
        if row is None or not row.account.active:
            raise NotSignedIn("bad_passkey")
        try:
            verified = verify_authentication_response(
                credential=dict(credential),
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=self._party.id,
                expected_origin=self._party.origin,
                credential_public_key=bytes(row.public_key),
                credential_current_sign_count=row.sign_count,
                require_user_verification=True,
            )
        except _DAMAGED:
            record(self._clock.now(), row.account.login, "session.passkey_refused")
            raise NotSignedIn("bad_passkey") from None
        Passkey.update(sign_count=verified.new_sign_count, used_at=self._clock.now()).where(
            Passkey.id == row.id
        ).execute()
        return viewer_of(row.account)

    def remove(self, viewer: Viewer, passkey_id: str) -> None:
        with writing(f"account:{viewer.account_id}"):
            mine = {row.id: row for row in Passkey.select().where(Passkey.account == viewer.account_id)}
            if passkey_id not in mine:
                raise NotFound("not_found")
            if len(mine) == 1 and not _has_totp(viewer):
                raise Conflict("last_factor")
            Passkey.delete().where(Passkey.id == passkey_id).execute()
            retire_keys(self._clock.now(), Account.get_by_id(viewer.account_id), viewer.login, key_name(passkey_id))
            record(self._clock.now(), viewer.login, "account.passkey_off", f"account:{viewer.login}")


def _has_totp(viewer: Viewer) -> bool:
    return Account.get_by_id(viewer.account_id).totp_secret is not None
