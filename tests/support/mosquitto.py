"""The real Mosquitto with the appliance's own configuration, on free ports and throw-away folders."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, Self

from appliance.broker.configuration import HUB_USERNAME, BrokerSettings
from appliance.broker.credentials import hash_password, new_password
from appliance.broker.password_file import hub_password
from appliance.broker.process import allow_open_files, command_line, wait_ready, write_configuration
from appliance.broker.reload import Outcome, apply_credentials
from tests.support.mqtt import BAD_LOGIN, Address, Login, Manners, Peer
from tests.support.ports import free_port

READY_SECONDS = 30.0


class Broker:
    """One broker. `credentials` is what the store would say; change it, then `apply`."""

    def __init__(self, settings: BrokerSettings) -> None:
        self.settings = settings
        self.credentials: dict[str, str] = {}
        self.passwords: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        path = self.settings.runtime_path / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self, *before: str) -> Self:
        """`before`: words in front of the command line (a memory checker, say)."""
        allow_open_files()
        write_configuration(self.settings)
        self.apply()
        return self.start_as_it_is(*before)

    def start_as_it_is(self, *before: str) -> Self:
        """With the files that are there."""
        with (self.settings.runtime_path / "log").open("ab") as log:
            self._process = subprocess.Popen([*before, *command_line(self.settings)], stdout=log, stderr=log)
        wait_ready(self.settings, READY_SECONDS)
        return self

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=READY_SECONDS)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def enroll(self, *names: str) -> Outcome:
        """New passwords for these devices, known to the broker when this returns."""
        for name in names:
            self.passwords[name] = new_password()
            self.credentials[name] = hash_password(self.passwords[name])
        return self.apply()

    def remove(self, *names: str) -> Outcome:
        for name in names:
            del self.credentials[name]
        return self.apply()

    def apply(self) -> Outcome:
        return apply_credentials(self.settings, lambda: dict(self.credentials), READY_SECONDS)

    def address(self, transport: Literal["tcp", "websockets"] = "tcp", ca: Path | None = None) -> Address:
        port = self.settings.mqtt_port if transport == "tcp" else self.settings.websocket_port
        return Address(port=port or 0, transport=transport, ca=ca)

    def login(self, name: str) -> Login:
        return Login(name, self.passwords[name])

    def device(self, name: str, transport: Literal["tcp", "websockets"] = "tcp", **manners: Any) -> Peer:
        """A peer with the device's newest password; `manners`: see `Manners`."""
        return Peer(self.address(transport), self.login(name), Manners(**manners))

    def lets_in(self, name: str) -> bool:
        """Whether the broker accepts the device's newest password; leaves no session."""
        peer = self.device(name, clean=True)
        code = peer.connect()
        peer.close()
        assert code == 0 or code in BAD_LOGIN
        return code == 0

    def hub(self, client_id: str = "hub-test", **manners: Any) -> Peer:
        """Our own user on the internal socket."""
        address = Address(path=self.settings.socket_path, transport="unix")
        return Peer(
            address, Login(HUB_USERNAME, hub_password(self.settings), client_id), Manners(**{"clean": True} | manners)
        )


@contextmanager
def temporary_settings(**changes: Any) -> Iterator[BrokerSettings]:
    folder = Path(tempfile.mkdtemp(prefix="preau-"))  # short, for the socket's sake: pytest's own folders are not
    settings = BrokerSettings(
        host="127.0.0.1",
        mqtt_port=free_port(),
        websocket_port=free_port(),
        data_path=folder / "data",
        runtime_path=folder / "run",
        log_connections=True,
    )
    try:
        yield replace(settings, **changes)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_broker(*devices: str, **changes: Any) -> Iterator[Broker]:
    """A started broker that knows `devices`; `changes` to its settings by name."""
    with temporary_settings(**changes) as settings:
        broker = Broker(settings)
        broker.enroll(*devices)
        broker.start()
        try:
            yield broker
        finally:
            broker.stop()
