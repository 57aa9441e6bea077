"""A software authenticator: makes real WebAuthn credentials and assertions (ES256), and wrong ones on request."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

_PRESENT, _VERIFIED, _HAS_CREDENTIAL = 0x01, 0x04, 0x40


@dataclass(slots=True)
class Passkey:
    """One credential of one person, for one domain."""

    relying_party: str = "localhost"
    origin: str = ""
    is_present: bool = True
    is_verified: bool = True
    count: int = 0
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def id(self) -> str:
        return _url(self.credential_id)

    @property
    def public_key(self) -> bytes:
        """COSE (RFC 9053): a map of five entries."""
        numbers = self._key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        return bytes.fromhex("a5010203262001215820") + x + bytes.fromhex("225820") + y

    def register(self, challenge: bytes) -> str:
        """What `navigator.credentials.create()` gives, as JSON; attestation "none"."""
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + self.public_key
        data = self._authenticator_data(_HAS_CREDENTIAL) + attested
        # {"fmt": "none", "attStmt": {}, "authData": data}
        attestation = bytes.fromhex("a363666d74646e6f6e656761747453746d74a0686175746844617461") + _cbor_bytes(data)
        response = {
            "clientDataJSON": _url(self._client_data("webauthn.create", challenge)),
            "attestationObject": _url(attestation),
            "transports": ["internal"],
        }
        return self._credential(response)

    def sign(self, challenge: bytes) -> str:
        """What `navigator.credentials.get()` gives, as JSON."""
        self.count += 1
        data, client = self._authenticator_data(0), self._client_data("webauthn.get", challenge)
        signature = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": _url(client),
            "authenticatorData": _url(data),
            "signature": _url(signature),
            "userHandle": None,
        }
        return self._credential(response)

    def _credential(self, response: Mapping[str, object]) -> str:
        told = {"id": self.id, "rawId": self.id, "type": "public-key", "response": response}
        return json.dumps({**told, "clientExtensionResults": {}, "authenticatorAttachment": "platform"})

    def _authenticator_data(self, more: int) -> bytes:
        flags = (_PRESENT if self.is_present else 0) | (_VERIFIED if self.is_verified else 0) | more
        domain = hashlib.sha256(self.relying_party.encode()).digest()
        return domain + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: bytes) -> bytes:
        origin = self.origin or f"https://{self.relying_party}"
        told = {"type": kind, "challenge": _url(challenge), "origin": origin, "crossOrigin": False}
        return json.dumps(told, separators=(",", ":")).encode()


def _cbor_bytes(raw: bytes) -> bytes:
    """A CBOR byte string of 24 to 65,535 bytes."""
    head = b"\x58" + bytes([len(raw)]) if len(raw) < 256 else b"\x59" + len(raw).to_bytes(2, "big")
    return head + raw


def _url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
