"""Signatures by a person's passkey: the challenge is the order itself."""

import base64
from collections.abc import Mapping
from urllib.parse import urlsplit

from protocol.strict_json import read_object
from protocol.uplink_orders import challenge_of

_LOOPBACK = frozenset({"localhost", "127.0.0.1"})  # a trial on one machine: browsers allow passkeys there without TLS


def is_asserted(public: str, relying_party: str, order: bytes, parts: Mapping[str, str]) -> bool:
    """Whether the passkey's owner, present and verified, gave this very order on a page of the relying party."""
    # Here, because most processes never see a passkey, and the library is large.
    from webauthn import verify_authentication_response
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.exceptions import InvalidAuthenticationResponse, WebAuthnException
    from webauthn.helpers.structs import AuthenticationCredential, AuthenticatorAssertionResponse

    try:
        client_data = _bytes(parts["client_data"])
        origin = str(read_object(client_data)["origin"])  # bounded in depth: a stranger wrote it
        response = AuthenticatorAssertionResponse(
            client_data_json=client_data,
            authenticator_data=_bytes(parts["authenticator_data"]),
            signature=_bytes(parts["signature"]),
        )
        if not is_origin_of(origin, relying_party):
            return False
        verify_authentication_response(
            credential=AuthenticationCredential(id=bytes_to_base64url(b"key"), raw_id=b"key", response=response),
            expected_challenge=challenge_of(order),
            expected_rp_id=relying_party,
            expected_origin=origin,
            credential_public_key=_bytes(public),
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except (InvalidAuthenticationResponse, WebAuthnException, ValueError, KeyError, TypeError):
        return False
    return True


def is_origin_of(origin: str, relying_party: str) -> bool:
    """`https://{domain}` or one below it, on any port; on the machine itself also without TLS."""
    parts = urlsplit(origin)
    host = parts.hostname or ""
    is_ours = host == relying_party or host.endswith(f".{relying_party}")
    return is_ours and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
