"""Seals what must not be read from a stolen database: snapshots, second factors (AES-256-GCM).

The purpose is bound to the sealed bytes: what was sealed for one place cannot be put into another.
"""

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from central.errors import CityError
from central.keys.folder import KeyFolder, unreadable

FILE = "sealing.key"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_FORM = b"\x01"


class Unsealable(CityError):
    """Altered, sealed for another purpose, or by a key that is not this server's."""


class Sealer:
    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, plain: bytes, purpose: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _FORM + nonce + self._cipher.encrypt(nonce, plain, purpose.encode())

    def unseal(self, sealed: bytes, purpose: str) -> bytes:
        body = bytes(sealed)
        nonce, rest = body[1 : 1 + _NONCE_BYTES], body[1 + _NONCE_BYTES :]
        try:
            if body[:1] != _FORM:
                raise InvalidTag
            return self._cipher.decrypt(nonce, rest, purpose.encode())
        except (InvalidTag, ValueError):
            raise Unsealable("unsealable", purpose=purpose) from None

    def seal_text(self, plain: str, purpose: str) -> str:
        return base64.b64encode(self.seal(plain.encode(), purpose)).decode()

    def unseal_text(self, sealed: str, purpose: str) -> str:
        try:
            return self.unseal(base64.b64decode(sealed, validate=True), purpose).decode()
        except binascii.Error:
            raise Unsealable("unsealable", purpose=purpose) from None


def load_sealer(folder: KeyFolder) -> Sealer:
    raw = folder.made_once(FILE, lambda: base64.b64encode(secrets.token_bytes(_KEY_BYTES)))
    try:
        key = base64.b64decode(raw, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != _KEY_BYTES:
        raise unreadable(folder.path_of(FILE))
    return Sealer(key)
