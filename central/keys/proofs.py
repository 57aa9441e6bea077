"""What strangers show: a request for a certificate, an old certificate, a signature. Believes nothing unproven."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from central.errors import Denied, Invalid
from protocol.uplink_door import DoorRefusal

PublicKey = EllipticCurvePublicKey | Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class ProvenKey:
    """A public key whose owner has shown that he holds the private one. `mark`: hex SHA-256 of it."""

    key: PublicKey

    @property
    def mark(self) -> str:
        raw = self.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(raw).hexdigest()


@dataclass(frozen=True, slots=True)
class ShownCertificate:
    """Signed by the city's authority; whether it still holds is not asked here. `serial`: see `serial_text`."""

    serial: str
    not_after: datetime
    key: PublicKey


def serial_text(number: int) -> str:
    return f"{number:x}"


def read_csr(pem: str) -> ProvenKey:
    """Nothing but the key is taken from it: what a certificate says is decided here."""
    try:
        csr = x509.load_pem_x509_csr(pem.encode())
        proven, key = csr.is_signature_valid, csr.public_key()
    except (ValueError, UnsupportedAlgorithm, InvalidSignature):
        raise Invalid(DoorRefusal.BAD_CSR) from None
    if not proven:
        raise Invalid(DoorRefusal.BAD_CSR)
    return ProvenKey(_accepted(key))


def read_certificate(pem: str, authority: x509.Certificate) -> ShownCertificate:
    """Raises Denied unless this very authority signed it."""
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        certificate.verify_directly_issued_by(authority)
        key = _accepted(certificate.public_key())
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, Invalid):
        raise Denied(DoorRefusal.CERTIFICATE_UNKNOWN) from None
    return ShownCertificate(serial_text(certificate.serial_number), certificate.not_valid_after_utc, key)


def check_signature(key: PublicKey, signature: str, message: bytes) -> None:
    """ECDSA with SHA-256, or Ed25519. Raises Denied."""
    try:
        raw = base64.b64decode(signature, validate=True)
        if isinstance(key, Ed25519PublicKey):
            key.verify(raw, message)
        else:
            key.verify(raw, message, ECDSA(hashes.SHA256()))
    except (InvalidSignature, binascii.Error):
        raise Denied(DoorRefusal.BAD_SIGNATURE) from None


def _accepted(key: object) -> PublicKey:
    """Keys that are quick and strong: no RSA, no odd curve."""
    if isinstance(key, Ed25519PublicKey):
        return key
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return key
    raise Invalid(DoorRefusal.BAD_CSR)
