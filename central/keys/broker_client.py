"""By what central itself is known to its broker: a certificate of its own, made again near its end."""

from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from central.errors import CityError
from central.keys.authority import Authority, new_key_pem
from central.keys.folder import KeyFolder

FILE = "broker-client.pem"
_RENEWED_BEFORE = timedelta(days=30)


def ensure_broker_client(folder: KeyFolder, authority: Authority, name: str, now: datetime) -> Path:
    """Where it is: key and certificate in one file."""
    if not _holds(folder, authority, now):
        with folder.locked():
            if not _holds(folder, authority, now):
                key = ec.generate_private_key(ec.SECP256R1())
                issued = authority.issue_for_client(name, key.public_key(), now)
                folder.write(FILE, new_key_pem(key) + issued.pem.encode())
    return folder.path_of(FILE)


def _holds(folder: KeyFolder, authority: Authority, now: datetime) -> bool:
    """It can be made again: whatever is wrong with it, a new one is right."""
    if not folder.has(FILE):
        return False
    try:
        certificate = x509.load_pem_x509_certificate(folder.read(FILE))
        shown = authority.read(certificate.public_bytes(Encoding.PEM).decode())
    except (ValueError, CityError):
        return False
    return shown.not_after - now > _RENEWED_BEFORE
