"""The city's keys: made once, whole or not at all, and vouching for whom they should."""

import os
import signal
import ssl
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from central.errors import CannotStart, Denied, Invalid
from central.keys.authority import APPLIANCE_LIFE, Authority, load_authority
from central.keys.city_keys import load_keys, require_keys, require_same
from central.keys.folder import KeyFolder
from central.keys.proofs import read_csr
from central.keys.sealing import Sealer, Unsealable
from central.keys.server_certificate import ensure_server_certificate, renew_server_certificate
from tests.support.appliance import ROOT, wait_for
from tests.support.central import new_csr, new_key

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SECRET_FILES = ("authority.key", "online.key", "sealing.key")


@pytest.fixture
def folder(tmp_path: Path) -> KeyFolder:
    return KeyFolder(tmp_path / "secrets")


@pytest.fixture
def authority(folder: KeyFolder) -> Authority:
    return load_authority(folder, "Marseille", NOW)


def issued(authority: Authority, days: int = 0) -> x509.Certificate:
    key = new_key()
    made = authority.issue_for_appliance("0130001F", "a-abc", key.public_key(), NOW + timedelta(days=days))
    return x509.load_pem_x509_certificate(made.pem.encode())


def test_keys_are_the_same_at_the_next_start_and_nobody_else_reads_them(folder: KeyFolder) -> None:
    first, second = load_keys(folder, "Marseille", NOW), load_keys(folder, "Autre", NOW + timedelta(days=9))
    assert first.mark == second.mark
    assert first.online.public == second.online.public
    assert second.sealer.unseal(first.sealer.seal(b"x", "p"), "p") == b"x"
    for name in SECRET_FILES:
        assert stat.S_IMODE(folder.path_of(name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE(folder.path_of("").stat().st_mode) == 0o700


def test_twelve_who_start_at_once_on_a_fresh_folder_have_the_same_keys(tmp_path: Path) -> None:
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda _: load_keys(KeyFolder(tmp_path / "s"), "Marseille", NOW), range(12)))
    assert len({keys.mark for keys in found}) == 1
    assert len({keys.online.public for keys in found}) == 1


def test_one_killed_while_writing_leaves_a_folder_that_the_next_start_completes(tmp_path: Path) -> None:
    """Killed at each file in turn, between writing it aside and its rename."""
    for name in ("authority.key", "authority.pem", "online.key", "sealing.key"):
        secrets = tmp_path / name
        code = (
            "import os, pathlib, signal, sys\n"
            "from datetime import UTC, datetime\n"
            "from central.keys.city_keys import load_keys\n"
            "from central.keys.folder import KeyFolder\n"
            "real = pathlib.Path.replace\n"
            f"def cut(self, target):\n    if self.name == '{name}.new': os.kill(os.getpid(), signal.SIGKILL)\n"
            "    return real(self, target)\n"
            "pathlib.Path.replace = cut\n"
            f"load_keys(KeyFolder(pathlib.Path({str(secrets)!r})), 'V', datetime.now(UTC))\n"
        )
        killed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert not (secrets / name).exists()
        before = {path.name: path.read_bytes() for path in secrets.iterdir() if path.suffix in (".key", ".pem")}
        keys = load_keys(KeyFolder(secrets), "V", NOW)
        assert load_keys(KeyFolder(secrets), "V", NOW).mark == keys.mark
        assert all((secrets / other).read_bytes() == raw for other, raw in before.items())
        assert not list(secrets.glob("*.new"))


@pytest.mark.parametrize("name", ["authority.key", "authority.pem", "online.key", "sealing.key"])
@pytest.mark.parametrize("raw", [b"", b"half a k"])
def test_a_damaged_file_stops_the_start_with_its_name_and_stays(folder: KeyFolder, name: str, raw: bytes) -> None:
    load_keys(folder, "Marseille", NOW)
    folder.path_of(name).write_bytes(raw)
    with pytest.raises(CannotStart, match=name):
        load_keys(folder, "Marseille", NOW)
    assert folder.path_of(name).read_bytes() == raw


def test_the_authority_of_one_key_and_the_certificate_of_another_do_not_start(
    folder: KeyFolder, tmp_path: Path
) -> None:
    load_keys(folder, "Marseille", NOW)
    other = KeyFolder(tmp_path / "other")
    load_keys(other, "Marseille", NOW)
    folder.path_of("authority.pem").write_bytes(other.read("authority.pem"))
    with pytest.raises(CannotStart, match=r"authority\.pem"):
        load_keys(folder, "Marseille", NOW)


def test_a_database_that_has_known_keys_takes_no_others(folder: KeyFolder, tmp_path: Path) -> None:
    keys = load_keys(folder, "Marseille", NOW)
    require_keys(folder)
    require_same(keys, keys.mark)
    with pytest.raises(CannotStart, match=r"online\.key"):
        require_keys(KeyFolder(tmp_path / "empty"))
    with pytest.raises(CannotStart, match="DATABASE_URL"):
        require_same(load_keys(KeyFolder(tmp_path / "other"), "Marseille", NOW), keys.mark)


def test_an_appliances_certificate_says_its_school_and_itself_and_nothing_of_the_request(authority: Authority) -> None:
    certificate = issued(authority)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert certificate.subject.rfc4514_string() == "CN=0130001F"
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["urn:preau:appliance:a-abc"]
    assert certificate.not_valid_after_utc == NOW + APPLIANCE_LIFE
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(uses) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_openssl_believes_the_chain_for_its_purpose_only(
    authority: Authority, folder: KeyFolder, tmp_path: Path
) -> None:
    box, server = tmp_path / "box.pem", ensure_server_certificate(folder, authority, "ville.example", NOW)
    box.write_bytes(issued(authority).public_bytes(Encoding.PEM))

    def verifies(path: Path, purpose: str) -> bool:
        command = ["openssl", "verify", "-x509_strict", "-attime", str(int(NOW.timestamp()) + 60), "-purpose", purpose]
        command += ["-CAfile", str(folder.path_of("authority.pem")), str(path)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    assert verifies(box, "sslclient")
    assert not verifies(box, "sslserver")
    assert verifies(server, "sslserver")
    assert not verifies(server, "sslclient")


def _csr(key: CertificateIssuerPrivateKeyTypes) -> str:
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256()
    made = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, algorithm)
    return made.public_bytes(Encoding.PEM).decode()


def test_only_quick_strong_keys_are_accepted() -> None:
    read_csr(_csr(ec.generate_private_key(ec.SECP256R1())))
    read_csr(_csr(ed25519.Ed25519PrivateKey.generate()))
    for key in (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())):
        with pytest.raises(Invalid, match="bad_csr"):
            read_csr(_csr(key))


def test_a_request_whose_key_is_not_proven_is_refused() -> None:
    """Somebody else's public key, with a signature that was changed by one bit."""
    der = bytearray(x509.load_pem_x509_csr(new_csr(new_key()).encode()).public_bytes(Encoding.DER))
    der[-1] ^= 1
    altered = ssl.DER_cert_to_PEM_cert(bytes(der)).replace("CERTIFICATE", "CERTIFICATE REQUEST")
    for pem in (altered, "", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"):
        with pytest.raises(Invalid, match="bad_csr"):
            read_csr(pem)


def test_a_certificate_of_another_authority_is_not_read(authority: Authority, tmp_path: Path) -> None:
    stranger = load_authority(KeyFolder(tmp_path / "other"), "Marseille", NOW)
    mine, other = issued(authority), issued(stranger)
    assert authority.read(mine.public_bytes(Encoding.PEM).decode()).serial == f"{mine.serial_number:x}"
    for pem in (other.public_bytes(Encoding.PEM).decode(), "no certificate"):
        with pytest.raises(Denied, match="certificate_unknown"):
            authority.read(pem)


def test_the_servers_certificate_is_made_again_near_its_end_and_for_another_name(
    authority: Authority, folder: KeyFolder
) -> None:
    first = ensure_server_certificate(folder, authority, "ville.example", NOW).read_bytes()
    assert ensure_server_certificate(folder, authority, "ville.example", NOW + timedelta(days=59)).read_bytes() == first
    assert renew_server_certificate(folder, authority, "ville.example", NOW + timedelta(days=61))
    second = folder.read("server.pem")
    assert second != first
    assert not renew_server_certificate(folder, authority, "ville.example", NOW + timedelta(days=62))
    assert ensure_server_certificate(folder, authority, "10.0.0.7", NOW + timedelta(days=62)).read_bytes() != second
    folder.path_of("server.pem").write_bytes(b"half")
    assert b"CERTIFICATE" in ensure_server_certificate(folder, authority, "10.0.0.7", NOW).read_bytes()


def test_the_list_of_revoked_certificates_is_the_authoritys_and_names_them(
    authority: Authority, folder: KeyFolder
) -> None:
    certificate = issued(authority)
    authority.write_revoked([(f"{certificate.serial_number:x}", NOW)], NOW)
    listed = x509.load_pem_x509_crl(folder.read("revoked.pem"))
    key = x509.load_pem_x509_certificate(authority.pem.encode()).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert listed.is_signature_valid(key)
    assert listed.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None
    assert listed.get_revoked_certificate_by_serial_number(7) is None


def test_what_is_sealed_opens_for_its_purpose_and_unaltered_only() -> None:
    sealer = Sealer(os.urandom(32))
    sealed = sealer.seal(b"a secret", "totp:1")
    assert sealer.unseal(sealed, "totp:1") == b"a secret"
    assert sealer.seal(b"a secret", "totp:1") != sealed
    assert sealer.unseal_text(sealer.seal_text("é", "t"), "t") == "é"
    altered = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for wrong, purpose in ((sealed, "totp:2"), (altered, "totp:1"), (b"", "totp:1"), (sealed[:9], "totp:1")):
        with pytest.raises(Unsealable):
            sealer.unseal(wrong, purpose)
    with pytest.raises(Unsealable):
        Sealer(os.urandom(32)).unseal(sealed, "totp:1")
    with pytest.raises(Unsealable):
        sealer.unseal_text("not base64!", "t")


def test_one_who_waits_for_the_lock_goes_on_when_its_holder_is_killed(folder: KeyFolder) -> None:
    code = (
        "import pathlib, sys, threading\nfrom central.keys.folder import KeyFolder\n"
        f"with KeyFolder(pathlib.Path({str(folder.path_of(''))!r})).locked():\n"
        "    print('held', flush=True)\n    threading.Event().wait()\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert wait_for(holder.stdout.readline) == b"held\n"
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(load_keys, folder, "Marseille", NOW)
        assert not waiting.done()
        holder.kill()
        holder.wait()
        assert waiting.result(10).mark
    holder.stdout.close()
