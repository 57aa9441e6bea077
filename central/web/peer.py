"""Who calls at the door: the certificate that TLS has checked on this very connection, never a header."""

import ssl
from dataclasses import replace

from flask import g, request

from central.errors import Denied
from central.services.certificates import Certificates, KnownAppliance
from central.web.slow import allow_seconds
from protocol.uplink_door import DoorRefusal

_KNOWN_SECONDS = 900.0  # a snapshot over a poor line


def identify(certificates: Certificates) -> None:
    """Before each request that needs one. Raises Denied."""
    serial = _serial()
    if not serial:
        raise Denied(DoorRefusal.CERTIFICATE_MISSING)
    g.appliance = replace(certificates.who_shows(serial), address=request.remote_addr or "")
    allow_seconds(_KNOWN_SECONDS)


def current_appliance() -> KnownAppliance:
    """For every route of the door but the open ones. Its `id` and `uai` are proven: a payload's are only compared."""
    appliance: KnownAppliance = g.appliance
    return appliance


def _serial() -> str:
    """As `keys.proofs.serial_text` writes it."""
    peer = request.environ.get("gunicorn.socket")
    if not isinstance(peer, ssl.SSLSocket):
        return ""
    shown = peer.getpeercert() or {}
    number = str(shown.get("serialNumber", ""))
    return f"{int(number, 16):x}" if number else ""
