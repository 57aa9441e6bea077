"""A whole real appliance behind a certificate that only its own authority, itself, vouches for."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.appliance import Appliance
from tests.support.ports import free_ports


class TlsAppliance(Appliance):
    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.http_port}"


@contextmanager
def running_tls_appliance(folder: Path) -> Iterator[TlsAppliance]:
    """The caller has set REQUESTS_CA_BUNDLE to `folder / "cert.pem"`."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=preau.local", "-addext", "subjectAltName=DNS:preau.local,IP:127.0.0.1",
         "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    http_port, mqtt_port, websocket_port = free_ports(3)
    given = ("--tls-cert", str(folder / "cert.pem"), "--tls-key", str(folder / "key.pem"),
             "--tls-ca", str(folder / "cert.pem"))  # fmt: skip
    box = TlsAppliance(folder / "data", http_port, mqtt_port, websocket_port, folder / "log", given)
    box.start()
    try:
        yield box
    finally:
        box.stop()
