"""The key that is always at hand (Ed25519): it signs times, configurations and routine orders, and nothing heavier."""

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from central.keys.folder import KeyFolder, unreadable

FILE = "online.key"
_NEXT_FILE = "online-next.key"  # made, and perhaps known to the schools; signs nothing yet
_FIRST_FILE = "tokens.key"  # what the online key was before it was ever replaced


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
    return _read(folder, FILE, folder.made_once(FILE, _new))


def load_token_key(folder: KeyFolder) -> OnlineKey:
    """Proves the tokens of hellos (domain.epochs): those that were given must be known again whatever key signs now."""
    file = _FIRST_FILE if folder.has(_FIRST_FILE) else FILE
    return _read(folder, file, folder.read(file))


def make_next_key(folder: KeyFolder) -> OnlineKey:
    """The same again until it has taken its place."""
    return _read(folder, _NEXT_FILE, folder.made_once(_NEXT_FILE, _new))


def next_key(folder: KeyFolder) -> OnlineKey | None:
    return _read(folder, _NEXT_FILE, folder.read(_NEXT_FILE)) if folder.has(_NEXT_FILE) else None


def drop_next_key(folder: KeyFolder, public: str) -> None:
    """That one and no other: somebody else may have made the next one meanwhile."""
    with folder.locked():
        key = next_key(folder)
        if key is not None and key.public == public:
            folder.path_of(_NEXT_FILE).unlink()


def switch_to_next(folder: KeyFolder) -> None:
    """Cut anywhere it may be told again. Processes that run go on with the key before until they start anew."""
    folder.made_once(_FIRST_FILE, lambda: folder.read(FILE))
    with folder.locked():
        if folder.has(_NEXT_FILE):
            folder.write(FILE, folder.read(_NEXT_FILE))
            folder.path_of(_NEXT_FILE).unlink()


def _read(folder: KeyFolder, file: str, raw: bytes) -> OnlineKey:
    try:
        private = load_pem_private_key(raw, None)
    except (ValueError, TypeError):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise unreadable(folder.path_of(file))
    return OnlineKey(private)


def _new() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
