"""Asks a browser to make or use a passkey, and checks what it answered. The home of py_webauthn in the console.

Imported when the first passkey is asked for: the library is large, and most of the server's processes never see one.
Keeps nothing, and knows no account.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

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

from central.domain.passkeys import Challenge, KnownPasskey, Party
from central.domain.roles import Viewer
from central.errors import Invalid

_DAMAGED = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError)


def ask_new(party: Party, viewer: Viewer, known: Iterable[str]) -> Challenge:
    """`known`: ids of the passkeys that the account has already."""
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_id=f"account-{viewer.account_id}".encode(),
        user_name=viewer.login,
        user_display_name=viewer.name,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    return Challenge(bytes_to_base64url(options.challenge), json.loads(options_to_json(options)))


def ask_use(party: Party) -> Challenge:
    options = generate_authentication_options(rp_id=party.id, user_verification=UserVerificationRequirement.REQUIRED)
    return Challenge(bytes_to_base64url(options.challenge), json.loads(options_to_json(options)))


def made(party: Party, challenge: str, credential: Mapping[str, Any]) -> KnownPasskey:
    """Raises Invalid."""
    try:
        found = verify_registration_response(
            credential=dict(credential),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except _DAMAGED:
        raise Invalid("bad_passkey") from None
    return KnownPasskey(bytes_to_base64url(found.credential_id), found.credential_public_key, found.sign_count)


def used(party: Party, challenge: str, credential: Mapping[str, Any], known: KnownPasskey) -> int:
    """How often it was used by now. Raises Invalid for what `known` did not answer."""
    try:
        found = verify_authentication_response(
            credential=dict(credential),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=known.public_key,
            credential_current_sign_count=known.count,
            require_user_verification=True,
        )
    except _DAMAGED:
        raise Invalid("bad_passkey") from None
    return found.new_sign_count
