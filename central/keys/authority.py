"""The city's own certificate authority (ECDSA P-256): vouches for its server and for each appliance.

Owns what certificates say. Who may have one, and which are revoked, is decided by services.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from central.keys.folder import KeyFolder, unreadable
from central.keys.proofs import PublicKey, ShownCertificate, read_certificate, serial_text

KEY_FILE = "authority.key"
CERTIFICATE_FILE = "authority.pem"
REVOKED_FILE = "revoked.pem"
AUTHORITY_LIFE = timedelta(days=3653)
APPLIANCE_LIFE = timedelta(days=180)
SERVER_LIFE = timedelta(days=90)
# Clocks differ: what was made a moment ago is not yet valid to one who is late.
_BACKDATED = timedelta(hours=1)
# A broker with an outdated list refuses everybody. The list is written again at each revocation and every day.
_LIST_LIFE = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate just made. `serial`: as it is kept."""

    pem: str
    serial: str
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class _Says:
    """What differs from one certificate to the other."""

    common: str
    name: x509.GeneralName
    purpose: x509.ObjectIdentifier
    life: timedelta


class Authority:
    def __init__(self, folder: KeyFolder, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._folder = folder
        self._key = key
        self._certificate = certificate

    @property
    def pem(self) -> str:
        return self._certificate.public_bytes(Encoding.PEM).decode()

    @property
    def der(self) -> bytes:
        return self._certificate.public_bytes(Encoding.DER)

    def read(self, pem: str) -> ShownCertificate:
        """A certificate that this authority signed, even if it has expired. Raises Denied."""
        return read_certificate(pem, self._certificate)

    def issue_for_appliance(self, uai: str, appliance_id: str, key: PublicKey, now: datetime) -> Issued:
        name = x509.UniformResourceIdentifier(f"urn:preau:appliance:{appliance_id}")
        return self._issue(key, _Says(uai, name, ExtendedKeyUsageOID.CLIENT_AUTH, APPLIANCE_LIFE), now)

    def issue_for_server(self, host: str, key: PublicKey, now: datetime) -> Issued:
        return self._issue(key, _Says(host[:64], _host_name(host), ExtendedKeyUsageOID.SERVER_AUTH, SERVER_LIFE), now)

    def issue_for_client(self, name: str, key: PublicKey, now: datetime) -> Issued:
        """For one of the city's own processes at its broker; `name` is no UAI."""
        uri = x509.UniformResourceIdentifier(f"urn:preau:central:{name}")
        return self._issue(key, _Says(name, uri, ExtendedKeyUsageOID.CLIENT_AUTH, SERVER_LIFE), now)

    def write_revoked(self, revoked: Iterable[tuple[str, datetime]], now: datetime) -> None:
        """The list that the broker reads: serials that were revoked, and when."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self._certificate.subject)
        builder = builder.last_update(now - _BACKDATED).next_update(now + _LIST_LIFE)
        for serial, at in revoked:
            one = x509.RevokedCertificateBuilder().serial_number(int(serial, 16)).revocation_date(at).build()
            builder = builder.add_revoked_certificate(one)
        raw = builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)
        with self._folder.locked():
            self._folder.write(REVOKED_FILE, raw, public=True)

    def _issue(self, key: PublicKey, says: "_Says", now: datetime) -> Issued:
        since, until = (now - _BACKDATED).replace(microsecond=0), (now + says.life).replace(microsecond=0)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_subject(says.common))
            .issuer_name(self._certificate.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(since)
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([says.purpose]), critical=False)
            .add_extension(x509.SubjectAlternativeName([says.name]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        pem = certificate.public_bytes(Encoding.PEM).decode()
        return Issued(pem, serial_text(certificate.serial_number), since, until)


def load_authority(folder: KeyFolder, city: str, now: datetime) -> Authority:
    """Made at the first start. The certificate is made from the key, so that a start cut in between loses nothing."""
    key_raw = folder.made_once(KEY_FILE, _new_key)
    try:
        key = load_pem_private_key(key_raw, None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise unreadable(folder.path_of(KEY_FILE))
    raw = folder.made_once(CERTIFICATE_FILE, lambda: _own_certificate(key, city, now), public=True)
    try:
        certificate = x509.load_pem_x509_certificate(raw)
        belongs = certificate.public_key() == key.public_key()
    except ValueError:
        belongs = False
    if not belongs:
        raise unreadable(folder.path_of(CERTIFICATE_FILE))
    return Authority(folder, key, certificate)


def new_key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _new_key() -> bytes:
    return new_key_pem(ec.generate_private_key(ec.SECP256R1()))


def _own_certificate(key: ec.EllipticCurvePrivateKey, city: str, now: datetime) -> bytes:
    name = _subject(f"Préau {city}"[:64])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before((now - _BACKDATED).replace(microsecond=0))
        .not_valid_after((now + AUTHORITY_LIFE).replace(microsecond=0))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _subject(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _host_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
