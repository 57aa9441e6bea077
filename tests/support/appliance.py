"""A whole real appliance for tests, in its own folder and on free ports, and the ways to use it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import requests

from tests.support.console import run_admin
from tests.support.ports import free_ports

ROOT = Path(__file__).resolve().parents[2]
T = TypeVar("T")
PASSWORD = "un-long-mot-de-passe"


def wait_for(fact: Callable[[], T | None], seconds: float = 10.0, what: str = "") -> T:
    """The first truthy answer; fails with `what` when there is none in time."""
    deadline = time.monotonic() + seconds
    pause = 0.005
    while True:
        found = fact()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what or fact}")
        _sleep(pause)
        pause = min(pause * 1.5, 0.1)


def _sleep(seconds: float) -> None:
    """Between two looks at a fact; the only place of the tests that waits for time."""
    signal.sigtimedwait([], seconds) if sys.platform == "linux" else None


@dataclass
class Appliance:
    """A running box. `log_path` holds what it printed."""

    data_path: Path
    http_port: int
    mqtt_port: int
    websocket_port: int
    log_path: Path
    extra: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    _links: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    def start(self) -> None:
        command = [
            sys.executable, "-m", "appliance", "run", "--data", str(self.data_path), "--host", "127.0.0.1",
            "--http", str(self.http_port), "--mqtt", str(self.mqtt_port), "--websocket", str(self.websocket_port),
            *self.extra,
        ]  # fmt: skip
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
            )
        wait_for(self._is_ready, 20, "the appliance answers")

    def _is_ready(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"the appliance ended: {self.log()}")
        try:
            return "Ctrl-C" in self.log() and requests.get(f"{self.url}/api/time", timeout=2).status_code == 200
        except requests.ConnectionError:
            return False

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(20)

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def pids(self) -> dict[str, int]:
        """name -> pid of the children, as the supervisor says."""
        status = json.loads(next(self._runtime()).read_text())
        return {name: one["pid"] for name, one in status.items()}

    def _runtime(self) -> Iterator[Path]:
        from appliance.config import Config

        yield Config(self.data_path).runtime_path / "processes.json"

    def admin(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return run_admin("appliance", ["--data", str(self.data_path), *arguments], stdin, os.environ)

    def add_user(self, login: str, role: str = "teacher") -> None:
        done = self.admin(
            "user", "add", login, "--name", login.title(), "--role", role, "--password-stdin", stdin=PASSWORD
        )
        assert done.returncode == 0, done.stderr

    def new_link(self, cart: str = "Classe mobile A", uses: int = 100) -> str:
        self.admin("cart", "add", cart)
        done = self.admin("token", "new", "--cart", cart, "--uses", str(uses), "--expires", "1d")
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().splitlines()[-1]

    def link(self, cart: str = "Classe mobile A") -> str:
        """One that many use, made when it is first asked for: the console is a process of its own each time."""
        if cart not in self._links:
            self._links[cart] = self.new_link(cart)
        return self._links[cart]

    def browser(self, login: str) -> "Browser":
        return Browser(self.url, login)


class Browser:
    """A signed-in user without a browser: keeps cookies and the CSRF token."""

    def __init__(self, url: str, login: str, password: str = PASSWORD) -> None:
        self.url = url
        self.session = requests.Session()
        page = self.session.get(f"{url}/sign-in", timeout=10)
        answer = self.session.post(
            f"{url}/sign-in",
            data={"login": login, "password": password, "csrf_token": _csrf(page.text)},
            headers={"Referer": f"{url}/sign-in"},
            timeout=10,
        )
        assert answer.status_code == 200, answer.text[:300]
        self._token = _csrf(self.session.get(f"{url}/", timeout=10).text)

    def post(self, path: str, body: object = None) -> requests.Response:
        return self.session.post(f"{self.url}{path}", json=body, headers=self._headers(), timeout=20)

    def post_form(self, path: str, data: Any) -> requests.Response:
        return self.session.post(
            f"{self.url}{path}", data=data, headers=self._headers(), timeout=20, allow_redirects=False
        )

    def get(self, path: str) -> requests.Response:
        return self.session.get(f"{self.url}{path}", timeout=20)

    def start_lesson(self, device_ids: list[str], minutes: int = 45) -> str:
        answer = self.post_form("/lessons", {"devices": device_ids, "minutes": minutes, "title": "Essai"})
        assert answer.status_code == 303, answer.text[:300]
        return answer.headers["Location"].rsplit("/", 1)[-1]

    def gesture(self, lesson_id: str, kind: str, gesture_id: str, **rest: Any) -> requests.Response:
        return self.post(f"/lessons/{lesson_id}/gestures", {"id": gesture_id, "kind": kind, **rest})

    def board(self, lesson_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/lessons/{lesson_id}/board.json").json()
        return found

    def _headers(self) -> dict[str, str]:
        return {"X-CSRFToken": self._token, "Accept": "application/json", "Referer": f"{self.url}/"}


def _csrf(html: str) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', html) or re.search(
        r'name="csrf_token"[^>]*value="([^"]+)"', html
    )
    assert found is not None, html[:300]
    return found[1]


@contextmanager
def running_appliance(folder: Path, *extra: str) -> Iterator[Appliance]:
    http_port, mqtt_port, websocket_port = free_ports(3)
    box = Appliance(folder / "data", http_port, mqtt_port, websocket_port, folder / "log", extra)
    box.start()
    try:
        yield box
    finally:
        box.stop()
