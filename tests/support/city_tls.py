"""An authority and certificates like the city's, made for one test."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


class Authority:
    """Writes `{name}.pem` and `{name}.key` beside its own `authority.pem`; `revoked.pem` lists who is refused."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Ville")
        self._revoked: list[int] = []
        self._serials: dict[str, int] = {}
        self.path = folder / "authority.pem"
        self.certificate = self._sign(self._name, self._key.public_key(), is_authority=True)
        self.path.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        self.revoked_path = folder / "revoked.pem"
        self._write_revoked()

    def give(self, common_name: str, days: tuple[int, int] = (-1, 30)) -> tuple[Path, Path]:
        """Certificate and key. `days`: of its validity, from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(_name(common_name), key.public_key(), days=days)
        self._serials[common_name] = certificate.serial_number
        paths = self.folder / f"{common_name}.pem", self.folder / f"{common_name}.key"
        paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
        paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return paths

    def revoke(self, common_name: str) -> None:
        self._revoked.append(self._serials[common_name])
        self._write_revoked()

    def _sign(
        self,
        name: x509.Name,
        public_key: ec.EllipticCurvePublicKey,
        *,
        is_authority: bool = False,
        days: tuple[int, int] = (-1, 30),
    ) -> x509.Certificate:
        now = datetime.now(UTC)  # noqa: TID251 - certificates are judged by the machine's clock
        builder = (
            x509.CertificateBuilder(self._name, name, public_key, x509.random_serial_number())
            .not_valid_before(now + timedelta(days=days[0]))
            .not_valid_after(now + timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        )
        if not is_authority:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        return builder.sign(self._key, SHA256())

    def _write_revoked(self) -> None:
        now = datetime.now(UTC)  # noqa: TID251 - certificates are judged by the machine's clock
        builder = x509.CertificateRevocationListBuilder(self._name, now, now + timedelta(days=30))
        for serial in self._revoked:
            one = x509.RevokedCertificateBuilder(serial, now).build()
            builder = builder.add_revoked_certificate(one)
        self.revoked_path.write_bytes(builder.sign(self._key, SHA256()).public_bytes(Encoding.PEM))


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
