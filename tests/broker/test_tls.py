"""Both LAN listeners with certificates: encrypted, checked by the client, closed to whoever does not speak TLS."""

import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.broker.configuration import TlsFiles
from appliance.broker.probe import Login, encode_connect
from appliance.broker.process import check_configuration
from appliance.errors import CannotStart
from tests.support.mosquitto import Broker, running_broker, temporary_settings
from tests.support.mqtt import Manners, Peer


def openssl(*words: str, folder: Path) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA, a certificate of it for 127.0.0.1, and a key that belongs to another."""
    folder = tmp_path_factory.mktemp("tls")
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]
    openssl("req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Ecole", folder=folder)
    openssl("req", *new_key, "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=preau.local", folder=folder)
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:preau.local\n")
    signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names", "-days", "2"]
    openssl("x509", "-req", "-in", "request.pem", *signing, "-out", "chain.pem", folder=folder)
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "other.pem", folder=folder)
    return folder


@pytest.fixture(scope="module")
def school(certificates: Path) -> Iterator[Broker]:
    tls = TlsFiles(certificates / "chain.pem", certificates / "key.pem")
    with running_broker("d-one", "d-two", tls=tls) as running:
        yield running


@pytest.mark.parametrize("transport", ["tcp", "websockets"])
@pytest.mark.parametrize("version", [4, 5])
def test_a_device_that_trusts_the_schools_ca_connects_and_speaks(
    school: Broker, certificates: Path, transport: Any, version: Any
) -> None:
    address = school.address(transport, ca=certificates / "ca.pem")
    with school.hub() as hub, Peer(address, school.login("d-one"), Manners(version=version, clean=True)) as device:
        hub.subscribe("devices/#")
        device.subscribe("devices/d-one/commands")
        device.publish("devices/d-one/events", b"hello")
        hub.wait_for(b"hello")
        hub.publish("devices/d-one/commands", b"and back")
        device.wait_for(b"and back")


@pytest.mark.parametrize("transport", ["tcp", "websockets"])
def test_a_removed_device_is_out_at_once_through_tls_too(school: Broker, certificates: Path, transport: Any) -> None:
    address = school.address(transport, ca=certificates / "ca.pem")
    school.enroll("d-three")
    device = Peer(address, school.login("d-three"))
    with Peer(address, school.login("d-one")) as other:
        assert device.connect() == 0
        school.remove("d-three")
        device.wait_for_end()
        assert other.publish("devices/d-one/events", b"still here") in {0, 0x10}


@pytest.mark.parametrize("transport", ["tcp", "websockets"])
def test_a_device_that_does_not_trust_the_ca_notices(school: Broker, transport: Any, tmp_path: Path) -> None:
    openssl("req", "-x509", "-newkey", "rsa:2048", "-noenc", "-keyout", "k", "-out", "ca.pem", "-subj", "/CN=Autre",
            folder=tmp_path)  # fmt: skip
    with pytest.raises(ssl.SSLCertVerificationError):
        Peer(school.address(transport, ca=tmp_path / "ca.pem"), school.login("d-one")).connect()


@pytest.mark.parametrize(("version", "expected"), [("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)])
@pytest.mark.parametrize("transport", ["tcp", "websockets"])
def test_tls_1_2_is_the_oldest_that_is_spoken(school: Broker, transport: Any, version: str, expected: bool) -> None:
    address = school.address(transport)
    words = ["openssl", "s_client", "-connect", f"{address.host}:{address.port}", version]
    old = ["-cipher", "ALL:@SECLEVEL=0"] if version != "-tls1_3" else []
    spoken = subprocess.run([*words, *old], input=b"", capture_output=True, timeout=20, check=False)
    assert (b"BEGIN CERTIFICATE" in spoken.stdout) == expected, spoken


@pytest.mark.parametrize("transport", ["tcp", "websockets"])
def test_plain_mqtt_gets_no_answer_where_tls_is_spoken(school: Broker, transport: Any) -> None:
    address = school.address(transport)
    with socket.create_connection((address.host, address.port), timeout=20) as plain:
        plain.sendall(encode_connect(Login("d-one", school.passwords["d-one"], "d-one")))
        try:
            answer = plain.recv(1)
        except ConnectionResetError:
            answer = b""
    assert answer in {b"", b"\x15"}  # closed, or a TLS alert, which is no CONNACK


def test_a_key_of_another_certificate_is_said_before_the_start(certificates: Path) -> None:
    tls = TlsFiles(certificates / "chain.pem", certificates / "other.pem")
    with temporary_settings(tls=tls) as settings, pytest.raises(CannotStart, match="key"):
        check_configuration(settings)
    with temporary_settings(tls=TlsFiles(certificates / "chain.pem", certificates / "key.pem")) as settings:
        check_configuration(settings)
