"""Central's parts without its processes: a clock moved by hand, keys in a folder, what a claim needs."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from central.bootstrap import Services, build_services
from central.config import Config
from central.keys.signatures import SigningSecret
from protocol.uplink_claim import Claim, Renewal, read_code, secret_text
from tests.support.central import new_csr


class CityClock:
    """The server's time, standing still until a test moves it."""

    def __init__(self, at: datetime = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def pass_by(self, **spans: float) -> None:
        self.at += timedelta(**spans)


def city_services(folder: Path, clock: CityClock, database_url: str = "") -> Services:
    """All services over the database that `city_db` has opened, of a city whose root has been given."""
    config = Config(folder, uplink_name="ville.example", city="Marseille", database_url=database_url)
    services = build_services(config, clock)
    services.rings.found(SigningSecret.new(), services.keys.online.public, "console")
    return services


def claim_of(code: str, key: ec.EllipticCurvePrivateKey) -> Claim:
    return Claim(secret_text(read_code(code)), new_csr(key), "machine", "0.1.0")


def renewal_of(certificate: str, old: ec.EllipticCurvePrivateKey, new: ec.EllipticCurvePrivateKey) -> Renewal:
    csr = new_csr(new)
    return Renewal(certificate, csr, base64.b64encode(old.sign(csr.encode(), ec.ECDSA(SHA256()))).decode())
