"""Devices over TLS: they trust the school's own authority, and nobody else."""

import asyncio
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance.broker.configuration import TlsFiles
from protocol.device import Leaf
from simulator.fleet import Fleet
from tests.simulator.school import running_school, until
from tests.simulator.test_fleet import LOCKED, options


@dataclass(frozen=True)
class Certificates:
    ca: str
    files: TlsFiles


def test_a_class_of_sixty_over_tls_is_served(tmp_path: Path) -> None:
    made = make_certificates(tmp_path)

    async def run() -> None:
        async with Fleet(school.link, 60, ["idle"], options()) as fleet:
            await fleet.all_up()
            await asyncio.to_thread(school.desire, "d-00000060", 1, LOCKED)
            await until(lambda: school.reports("d-00000060")[-1].restrictions == LOCKED)
            fleet["d-00000060"].go_offline()
            await until(lambda: school.heard("d-00000060", Leaf.PRESENCE)[-1] == b"offline")

    with running_school(made.ca, tls=made.files) as school:
        asyncio.run(run())


def test_a_broker_with_another_authority_is_not_trusted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("school", "stranger"):
        (tmp_path / name).mkdir()
    strange = make_certificates(tmp_path / "stranger")
    trusted = make_certificates(tmp_path / "school")

    async def run() -> None:
        async with Fleet(school.link, 1, ["idle"], options()) as fleet:
            await until(lambda: "fact=not_connected" in caplog.text)
            assert fleet.up_count == 0

    with running_school(trusted.ca, tls=strange.files) as school:
        asyncio.run(run())
    assert "CERTIFICATE_VERIFY_FAILED" in caplog.text


def make_certificates(folder: Path) -> Certificates:
    ca, ca_key, key, request, certificate = (
        folder / name for name in ("ca", "ca-key", "key", "request", "certificate")
    )
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    extensions = folder / "extensions"
    # What newer Pythons ask of a certificate, beside the address.
    extensions.write_text(
        "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
    commands: list[list[str | Path]] = [
        ["req", "-x509", *curve, "-keyout", ca_key, "-out", ca, "-days", "2", "-subj", "/CN=Ecole"],
        ["req", *curve, "-keyout", key, "-out", request, "-subj", "/CN=127.0.0.1"],
        ["x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "2",
         "-extfile", extensions, "-out", certificate],
    ]  # fmt: skip
    for command in commands:
        subprocess.run(["openssl", *command], check=True, capture_output=True)
    return Certificates(ca.read_text(), TlsFiles(certificate, key))
