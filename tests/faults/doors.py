"""The appliance's command line as a person types it, in a folder and on ports of its own, until it ends or serves."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from appliance.config import Config
from tests.support.appliance import ROOT, wait_for
from tests.support.ports import free_ports
from tests.support.processes import family, is_alive, kill, wait_gone

START_SECONDS = 20.0


@dataclass
class Place:
    """Where one box would be."""

    data_path: Path
    http_port: int
    mqtt_port: int
    websocket_port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def ports(self) -> tuple[int, int, int]:
        return self.http_port, self.mqtt_port, self.websocket_port

    def command(self, door: str, *more: str) -> list[str]:
        return [
            sys.executable, "-m", "appliance", door, "--data", str(self.data_path), "--host", "127.0.0.1",
            "--http", str(self.http_port), "--mqtt", str(self.mqtt_port), "--websocket", str(self.websocket_port),
            *more,
        ]  # fmt: skip

    def assert_nothing_is_left(self) -> None:
        """No listening port, no file but the data."""
        for port in self.ports:
            with socket.socket() as caller:
                assert caller.connect_ex(("127.0.0.1", port)) != 0, f"somebody listens on {port}"
        assert not Config(self.data_path).runtime_path.exists()


def place_in(folder: Path) -> Place:
    return Place(folder / "data", *free_ports(3))


def refusal(place: Place, *before: str) -> str:
    """What a start says that cannot succeed. It ends by itself, without a traceback, and leaves nothing."""
    done = subprocess.run(
        [*before, *place.command("run")], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    said = done.stderr.strip().splitlines()[-1]
    assert said.startswith("préau : ")
    return said


@dataclass
class Running:
    place: Place
    process: subprocess.Popen[str]
    log_path: Path
    family: list[int] = field(default_factory=list)

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.log
        try:
            return requests.get(f"{self.place.url}/api/time", timeout=2).ok and "Ctrl-C" in self.log
        except requests.ConnectionError:
            return False

    def end(self, number: int = signal.SIGINT) -> int:
        """Asked to stop; its whole family has gone when this returns."""
        pids = family(self.process.pid)
        self.process.send_signal(number)
        code = self.process.wait(START_SECONDS)
        assert not [pid for pid in pids if is_alive(pid)], "the parent goes last"
        return code


@contextmanager
def opened(place: Place, door: str, *more: str) -> Iterator[Running]:
    """Started, perhaps not ready yet; whatever is left of it at the end is killed."""
    log_path = place.data_path.parent / "log"
    with log_path.open("w") as log:
        process = subprocess.Popen(
            place.command(door, *more), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, text=True
        )
    running = Running(place, process, log_path)
    try:
        yield running
    finally:
        pids = family(process.pid)
        kill(*pids)
        process.wait()
        wait_gone(pids)


@contextmanager
def serving(place: Place, door: str = "run", *more: str) -> Iterator[Running]:
    with opened(place, door, *more) as running:
        wait_for(running.is_ready, START_SECONDS, "the box serves")
        yield running


def occupy(port: int) -> socket.socket:
    """Another program on this port."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    return listener


def as_nobody() -> Sequence[str]:
    return "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"


def without_mosquitto() -> Sequence[str]:
    """In a mount namespace of its own, where the program is nothing that can be run."""
    return "unshare", "-m", "sh", "-c", 'mount --bind /dev/null /usr/sbin/mosquitto && exec "$@"', "sh"
