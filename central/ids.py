"""Identifiers: time-ordered UUIDs, short words for appliances, secrets for links and the hashes kept of them."""

import hashlib
import secrets
import uuid
from datetime import datetime

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # no l, o, 0, 1: they are read aloud and typed


def new_id(at: datetime) -> str:
    """A UUIDv7 (RFC 9562): 48 bits of milliseconds, then random."""
    milliseconds = max(0, int(at.timestamp() * 1000)) & ((1 << 48) - 1)
    value = (milliseconds << 80) | (7 << 76) | (secrets.randbits(12) << 64) | (2 << 62) | secrets.randbits(62)
    return str(uuid.UUID(int=value))


def new_appliance_id() -> str:
    return "a-" + "".join(secrets.choice(_ALPHABET) for _ in range(10))


def new_secret() -> str:
    """160 random bits, URL-safe."""
    return secrets.token_urlsafe(20)


def hash_secret(secret: str) -> str:
    """What is kept of a secret that was drawn at random (never of a password)."""
    return hashlib.sha256(secret.encode()).hexdigest()
