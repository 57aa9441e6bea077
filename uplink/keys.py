"""This box's identity towards the city: key, certificate, authority, as files in `DATA/city/`. Owns cryptography here.

Each file is old or new after a power cut, never half. The key is made once and stays: a renewed certificate is the
only file that changes, so no cut can leave a certificate beside a key that is not its own.
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from appliance.broker.credentials import write_atomically
from uplink.trouble import Trouble, TroubleCode

APPLIANCE_URN = "urn:preau:appliance:"
_RENEW_AT = 2 / 3


@dataclass(frozen=True, slots=True)
class Validity:
    begins: datetime
    ends: datetime

    def holds(self, at: datetime) -> bool:
        return self.begins <= at <= self.ends

    def is_to_renew(self, at: datetime) -> bool:
        return at >= self.begins + (self.ends - self.begins) * _RENEW_AT


class Keys:
    """The files, and what can be asked of them. Raises Trouble IDENTITY for a file that cannot be read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key_path = folder / "key.pem"
        self.certificate_path = folder / "certificate.pem"
        self.authority_path = folder / "authority.pem"

    def make(self) -> None:
        """Once. A second call finds the first one's key."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.key_path.exists():
            return
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_atomically(self.key_path, pem.decode("ascii"))

    def keep(self, authority: str, certificate: str) -> None:
        """Raises Trouble when the certificate is not of our key, or not of that authority; then nothing is written."""
        self._check(authority, certificate)
        write_atomically(self.authority_path, authority)
        write_atomically(self.certificate_path, certificate)

    def renewed(self, certificate: str) -> None:
        """In the place of the old one, of the same key and authority. Raises Trouble for any other."""
        self._check(_read(self.authority_path).decode("ascii", "replace"), certificate)
        write_atomically(self.certificate_path, certificate)

    def forget(self) -> None:
        """After leaving a city. The key goes last: what remains halfway is no identity."""
        for path in (self.certificate_path, self.authority_path, self.key_path):
            path.unlink(missing_ok=True)

    def are_whole(self) -> bool:
        """Whether there is an identity: never half of one."""
        try:
            self._check(self.authority_path.read_text(), self.certificate_path.read_text())
        except (OSError, ValueError, Trouble):
            return False
        return True

    def request(self) -> str:
        """A CSR, PEM. What it asks to be called does not matter: the city names whom it certifies."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "preau")])
        made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(self._key(), hashes.SHA256())
        return made.public_bytes(serialization.Encoding.PEM).decode("ascii")

    def sign(self, message: bytes) -> str:
        return base64.b64encode(self._key().sign(message, ec.ECDSA(hashes.SHA256()))).decode("ascii")

    def certificate(self) -> str:
        return _read(self.certificate_path).decode("ascii", "replace")

    def validity(self) -> Validity:
        return validity_of(_certificate(_read(self.certificate_path)))

    def _key(self) -> ec.EllipticCurvePrivateKey:
        try:
            key = serialization.load_pem_private_key(_read(self.key_path), None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise Trouble(TroubleCode.IDENTITY, self.key_path.name) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise Trouble(TroubleCode.IDENTITY, self.key_path.name)
        return key

    def _check(self, authority: str, certificate: str) -> None:
        own = _certificate(certificate.encode())
        _signed_by(own, _certificate(authority.encode()))
        if own.public_key() != self._key().public_key():
            raise Trouble(TroubleCode.IDENTITY, "the certificate is of another key")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Trouble(TroubleCode.IDENTITY, f"{path.name}: {error.strerror}") from error


def _certificate(pem: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise Trouble(TroubleCode.IDENTITY, "not a certificate") from error


def _signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> None:
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError, TypeError) as error:
        raise Trouble(TroubleCode.IDENTITY, "not of that authority") from error


def validity_of(certificate: x509.Certificate) -> Validity:
    return Validity(certificate.not_valid_before_utc, certificate.not_valid_after_utc)


def validity_of_der(der: bytes) -> Validity:
    """Of a certificate that TLS has shown."""
    return validity_of(x509.load_der_x509_certificate(der))


def to_der(pem: str) -> bytes:
    """For the mark in a claim code. Raises Trouble IDENTITY."""
    return _certificate(pem.encode()).public_bytes(serialization.Encoding.DER)


def fingerprint(folder: Path) -> str:
    """Of the public key, for a person to compare; empty while there is none."""
    try:
        key = Keys(folder)._key().public_key()
    except Trouble:
        return ""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()
