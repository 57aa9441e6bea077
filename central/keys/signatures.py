"""Making signatures of orders, rings and configurations, and the keys' names. Checking one is `signatures`'."""

import base64
import binascii
import hashlib
import json
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from central.errors import CannotStart, Invalid
from protocol.uplink_orders import Signature
from protocol.uplink_words import SignatureAlgorithm


class SigningSecret:
    """An Ed25519 private key. Shows itself as stars."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def __repr__(self) -> str:
        return "SigningSecret(***)"

    @classmethod
    def new(cls) -> "SigningSecret":
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path, passphrase: str = "") -> "SigningSecret":
        """Raises CannotStart with the file's name and what is wrong with it."""
        try:
            key = load_pem_private_key(path.read_bytes(), passphrase.encode() or None)
        except OSError as error:
            raise CannotStart("key_unreadable", f"{path} ne peut pas être lu : {error.strerror or error}.") from error
        except (ValueError, TypeError) as error:
            raise CannotStart(
                "key_unreadable", f"{path} n’est pas une clé de signature, ou la phrase secrète est fausse."
            ) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise CannotStart("key_unreadable", f"{path} n’est pas une clé de signature (Ed25519).")
        return cls(key)

    @property
    def public(self) -> str:
        """Base64 of 32 bytes, as it travels."""
        return _text(self._key.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> str:
        return _text(self._key.sign(message))

    def save(self, path: Path, passphrase: str = "") -> None:
        """A new file of its owner only. Raises CannotStart where there is one: no key is ever overwritten."""
        how: KeySerializationEncryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
        pem = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(pem)
                file.flush()
                os.fsync(file.fileno())  # the root's only copy: on the disk before anybody is told that it is there
        except FileExistsError:
            raise CannotStart("key_exists", f"{path} existe déjà : une clé n’est jamais remplacée.") from None
        except OSError as error:
            raise CannotStart("key_unwritable", f"{path} ne peut pas être écrit : {error.strerror}.") from error


def is_public_key(public: str) -> bool:
    """Of Ed25519, in base64."""
    try:
        Ed25519PublicKey.from_public_bytes(_bytes(public))
    except ValueError:
        return False
    return True


def signature_of(key_id: str, secret: SigningSecret, message: bytes) -> Signature:
    return Signature(key_id, SignatureAlgorithm.ED25519, {"signature": secret.sign(message)})


def key_id_of(public: bytes) -> str:
    """A short name for a key, made of itself: two keys never share one."""
    return hashlib.sha256(public).hexdigest()[:24]


def passkey_id(credential_id: str) -> str:
    """In the ring. A credential's own id may be a thousand characters long."""
    return f"pk-{key_id_of(credential_id.encode())}"


def public_id(prefix: str, public: str) -> str:
    return f"{prefix}-{key_id_of(_bytes(public))}"


def passkey_signature(key_id: str, assertion: str) -> Signature:
    """From what `navigator.credentials.get()` gave, as JSON. Raises Invalid."""
    from webauthn import base64url_to_bytes
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        response = json.loads(assertion)["response"]
        parts = {
            "signature": response["signature"],
            "authenticator_data": response["authenticatorData"],
            "client_data": response["clientDataJSON"],
        }
        told = {name: _text(base64url_to_bytes(part)) for name, part in parts.items()}
    except (ValueError, KeyError, TypeError, WebAuthnException):
        raise Invalid("bad_assertion", {"assertion": "wrong_type"}) from None
    return Signature(key_id, SignatureAlgorithm.WEBAUTHN, told)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
