"""The key that is always at hand (Ed25519): it signs times, configurations and routine orders, and nothing heavier."""

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)  # fmt: skip

from central.keys.folder import KeyFolder, unreadable

FILE = "online.key"


class OnlineKey:
    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private

    @property
    def public(self) -> str:
        """Base64 of its 32 bytes."""
        raw = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return base64.b64encode(raw).decode()

    def sign(self, message: bytes) -> str:
        """Base64."""
        return base64.b64encode(self._private.sign(message)).decode()


def load_online_key(folder: KeyFolder) -> OnlineKey:
    raw = folder.made_once(FILE, _new)
    try:
        private = load_pem_private_key(raw, None)
    except (ValueError, TypeError):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise unreadable(folder.path_of(FILE))
    return OnlineKey(private)


def _new() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
