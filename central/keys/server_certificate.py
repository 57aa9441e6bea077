"""The certificate that the door and the broker show: 90 days, made again by itself, in one file with its key.

One file, so that no moment exists in which key and certificate do not belong together.
"""

from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from central.errors import CityError
from central.keys.authority import Authority, new_key_pem
from central.keys.folder import KeyFolder

FILE = "server.pem"
_RENEWED_BEFORE = timedelta(days=30)


def ensure_server_certificate(folder: KeyFolder, authority: Authority, host: str, now: datetime) -> Path:
    """Where it is. Written again when it is missing, for another name, of another authority, or near its end."""
    if not _holds(folder, authority, host, now):
        with folder.locked():
            if not _holds(folder, authority, host, now):
                folder.write(FILE, _new(authority, host, now))
    return folder.path_of(FILE)


def renew_server_certificate(folder: KeyFolder, authority: Authority, host: str, now: datetime) -> bool:
    """The desk's daily look; whether a new one was made."""
    if _holds(folder, authority, host, now):
        return False
    ensure_server_certificate(folder, authority, host, now)
    return True


def _new(authority: Authority, host: str, now: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return new_key_pem(key) + authority.issue_for_server(host, key.public_key(), now).pem.encode()


def _holds(folder: KeyFolder, authority: Authority, host: str, now: datetime) -> bool:
    """Unlike the authority it can be made again: whatever is wrong with it, a new one is right."""
    if not folder.has(FILE):
        return False
    try:
        certificate = x509.load_pem_x509_certificate(folder.read(FILE))
        shown = authority.read(certificate.public_bytes(Encoding.PEM).decode())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound, CityError):
        return False
    return host in _texts(names) and shown.not_after - now > _RENEWED_BEFORE


def _texts(names: x509.SubjectAlternativeName) -> set[str]:
    return {str(name.value) for name in names}
