"""User names and passwords as Mosquitto reads them, and as the web checks them (HTTP Basic).

Owns the `$7$` hash and the password file's text. Knows neither devices nor where the hashes are kept.
"""

import base64
import hashlib
import hmac
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

from appliance.errors import Invalid

# Mosquitto's own number. More rounds slow down the guessing of passwords that people choose; ours have 160 random bits,
# which no rounds are needed for. And at each reload the broker checks every client again and answers nobody meanwhile:
# 600 take 26 ms with 101 rounds, and half a minute with the 100,000 that a chosen password wants.
ITERATIONS = 101

SALT_BYTES = 12
DIGEST_BYTES = 64
PASSWORD_BYTES = 20

# No `+`, `#`, `/` (a pattern ACL would open other subtrees), no `:`, blank or line end (the file's own marks).
USERNAME = re.compile(r"[a-z0-9-]{1,40}")


def new_password() -> str:
    """160 random bits in 27 characters that need no quoting in a URL."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


def hash_password(password: str) -> str:
    """`$7$rounds$salt$digest`: PBKDF2 with HMAC-SHA512, as `mosquitto_passwd` writes it."""
    salt = secrets.token_bytes(SALT_BYTES)
    digest = _digest(password, salt, ITERATIONS)
    return f"$7${ITERATIONS}${_encode(salt)}${_encode(digest)}"


def verify_password(password_hash: str, password: str) -> bool:
    """Whether `password` belongs to `password_hash`, in a time that does not depend on how much of it is right."""
    try:
        _, kind, rounds, salt, digest = password_hash.split("$")
        expected = base64.b64decode(digest, validate=True)
        given = _digest(password, base64.b64decode(salt, validate=True), int(rounds))
    except ValueError:
        return False
    return kind == "7" and hmac.compare_digest(expected, given)


def is_username(name: str) -> bool:
    return USERNAME.fullmatch(name) is not None


def render_password_file(credentials: Mapping[str, str]) -> str:
    """One `name:hash` a line, sorted: the same credentials give the same text."""
    for name in credentials:
        if not is_username(name):
            raise Invalid("username", name=name)
    return "".join(f"{name}:{credentials[name]}\n" for name in sorted(credentials))


def parse_password_file(text: str) -> dict[str, str]:
    lines = [line.partition(":") for line in text.splitlines() if not line.startswith("#")]
    return {name: password_hash for name, colon, password_hash in lines if colon}


def write_atomically(path: Path, text: str) -> None:
    """Old or new after a power cut, never half; readable by nobody else."""
    descriptor, aside = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # made 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _digest(password: str, salt: bytes, rounds: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds, DIGEST_BYTES)


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
