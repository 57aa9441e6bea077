"""A whole real city's server for tests, in its own folder and on free ports; and boxes that have claimed there."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from protocol.uai import control_letter
from protocol.uplink import PREFIX
from protocol.uplink_claim import Claim, ClaimAnswer, encode_claim, parse_claim_answer, read_code, secret_text
from tests.support.appliance import ROOT, wait_for
from tests.support.console import run_admin
from tests.support.ports import free_ports

HOST = "127.0.0.1"


def uai_of(number: int) -> str:
    """A school's code for each number."""
    digits = f"{130_000 + number:07d}"
    return digits + control_letter(digits)


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def new_csr(key: ec.EllipticCurvePrivateKey) -> str:
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, SHA256())
    return csr.public_bytes(Encoding.PEM).decode()


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass
class Box:
    """An appliance's identity, without an appliance. Each of its calls shows its certificate."""

    url: str
    folder: Path
    answer: ClaimAnswer
    key: ec.EllipticCurvePrivateKey

    @property
    def id(self) -> str:
        return self.answer.appliance

    @property
    def session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False  # a bundle of the environment would take the place of the authority
        session.verify = str(self.folder / "authority.pem")
        session.cert = (str(self.folder / "box.pem"), str(self.folder / "box.key"))
        return session

    def keep(self, certificate: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "authority.pem").write_text(self.answer.authority)
        (self.folder / "box.pem").write_text(certificate)
        (self.folder / "box.key").write_bytes(key_pem(self.key))

    def post(self, path: str, body: bytes = b"", **rest: object) -> requests.Response:
        """`path` below the protocol's prefix."""
        return self.session.post(f"{self.url}{PREFIX}/{path}", data=body, timeout=30, **rest)  # type: ignore[arg-type]  # any of its fields, by name

    def get(self, path: str) -> requests.Response:
        return self.session.get(f"{self.url}{PREFIX}/{path}", timeout=30)


@dataclass
class Central:
    """A running server. `log_path` holds what it printed. `database_url` empty: SQLite."""

    data_path: Path
    http_port: int
    uplink_port: int
    log_path: Path
    database_url: str = ""
    extra: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The door's."""
        return f"https://{HOST}:{self.uplink_port}"

    @property
    def console_url(self) -> str:
        return f"http://localhost:{self.http_port}"

    @property
    def authority_path(self) -> Path:
        return self.data_path / "secrets/authority.pem"

    def start(self, seconds: float = 40) -> None:
        command = [
            sys.executable, "-m", "central", "run", "--data", str(self.data_path), "--http", str(self.http_port),
            "--uplink", str(self.uplink_port), "--uplink-host", HOST, "--uplink-name", HOST, "--workers", "1",
            *self.extra,
        ]  # fmt: skip
        said = len(self.log())
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment()
            )
        wait_for(lambda: self._is_ready(said), seconds, "the city's server answers")

    def _is_ready(self, said: int) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the server ended: {self.log()[said:]}"
        return "Ctrl-C" in self.log()[said:]

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(30)

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def pids(self) -> dict[str, int]:
        """name -> pid of the children, as the supervisor says."""
        status = json.loads((self.data_path / "run/processes.json").read_text())
        return {name: one["pid"] for name, one in status.items()}

    def admin(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return run_admin("central", ["--data", str(self.data_path), *arguments], stdin, self._environment())

    def done(self, *arguments: str) -> str:
        """What an `admin` command that must succeed prints."""
        done = self.admin(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def init(self) -> None:
        self.done("city", "init", "--root", str(self.data_path.parent / "root.key"), "--city", "Marseille")

    def new_school(self, number: int = 1, name: str = "École des Tilleuls") -> str:
        uai = uai_of(number)
        self.done("schools", "add", uai, name)
        return uai

    def claim_code(self, uai: str, replaces: str = "") -> str:
        more = ("--replaces", replaces) if replaces else ()
        return self.done("claim-code", uai, *more).splitlines()[-1]

    def claim(self, code: str, key: ec.EllipticCurvePrivateKey, csr: str = "") -> requests.Response:
        body = encode_claim(Claim(secret_text(read_code(code)), csr or new_csr(key), "machine", "0.1.0"))
        return self.post("claim", body)

    def new_box(self, folder: Path, uai: str, replaces: str = "") -> Box:
        """One that has claimed with a fresh code."""
        key = new_key()
        answer = self.claim(self.claim_code(uai, replaces), key)
        assert answer.status_code == 200, answer.text
        box = Box(self.url, folder, parse_claim_answer(answer.content), key)
        box.keep(box.answer.certificate)
        return box

    def post(self, path: str, body: bytes) -> requests.Response:
        """Without a certificate."""
        return requests.post(f"{self.url}{PREFIX}/{path}", data=body, verify=str(self.authority_path), timeout=30)

    def _environment(self) -> dict[str, str]:
        given = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        return {**given, "DATABASE_URL": self.database_url, **self.environment}


@contextmanager
def running_central(folder: Path, *extra: str, database_url: str = "") -> Iterator[Central]:
    """Begun (`city init`) and serving, with one worker each unless `extra` says otherwise."""
    http_port, uplink_port = free_ports(2)
    folder.mkdir(parents=True, exist_ok=True)
    city = Central(folder / "city", http_port, uplink_port, folder / "log", database_url, extra)
    city.init()
    city.start()
    try:
        yield city
    finally:
        city.stop()
