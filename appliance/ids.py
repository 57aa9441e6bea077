"""Identifiers: time-ordered UUIDs for orders, short words for devices, secrets for people's links."""

import secrets
import uuid
from datetime import datetime

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # no l, o, 0, 1: they are read aloud and typed


def new_command_id(at: datetime) -> str:
    """A UUIDv7 (RFC 9562): 48 bits of milliseconds, then random."""
    milliseconds = max(0, int(at.timestamp() * 1000)) & ((1 << 48) - 1)
    value = (milliseconds << 80) | (7 << 76) | (secrets.randbits(12) << 64) | (2 << 62) | secrets.randbits(62)
    return str(uuid.UUID(int=value))


def new_device_id() -> str:
    return "d-" + "".join(secrets.choice(_ALPHABET) for _ in range(8))


def new_secret() -> str:
    """160 random bits, URL-safe."""
    return secrets.token_urlsafe(20)
