"""Signatures by a key: orders, rings, configurations, the time."""

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def is_signed(public: str, message: bytes, signature: str) -> bool:
    """Whether this key signed these very bytes. In base64 both; whatever the texts are, nothing is raised."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(base64.b64decode(signature, validate=True), message)
    except (InvalidSignature, ValueError):
        return False
    return True
