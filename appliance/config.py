"""Where everything of one appliance is, and what it was started with. Touches nothing when imported."""

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from appliance.errors import CannotStart


@dataclass(frozen=True, slots=True)
class Config:
    """One appliance. `websocket_port` 0 in the command line becomes mqtt_port + 7118 (1883 -> 9001, the usual one)."""

    data_path: Path
    host: str = "0.0.0.0"  # noqa: S104 - an appliance serves its LAN; the demo binds loopback
    http_port: int = 8080
    mqtt_port: int = 1883
    websocket_port: int = 9001
    agents_port: int = 1884
    names: tuple[str, ...] = field(default=())
    viewers: int = 60
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    tls_ca: Path | None = None
    city_pace: float = 1.0  # by how much the uplink's waiting is shortened: for trials
    running_at: Path | None = None  # the runtime folder of the appliance that works here, as it says itself

    @property
    def store_path(self) -> Path:
        return self.data_path / "store.db"

    @property
    def documents_path(self) -> Path:
        return self.data_path / "documents"

    @property
    def backups_path(self) -> Path:
        return self.data_path / "backups"

    @property
    def secrets_path(self) -> Path:
        return self.data_path / "secrets"

    @property
    def broker_path(self) -> Path:
        return self.data_path / "broker"

    @property
    def agents_broker_path(self) -> Path:
        return self.data_path / "broker-agents"

    @property
    def city_path(self) -> Path:
        """This box's key, its certificate and the city's: 0700."""
        return self.data_path / "city"

    @property
    def logs_path(self) -> Path:
        """What the processes write about themselves, bounded: the city may ask for the last hours."""
        return self.data_path / "logs"

    @property
    def ballast_path(self) -> Path:
        return self.data_path / "ballast"

    @property
    def clock_floor_path(self) -> Path:
        return self.data_path / "clock-floor"

    @property
    def runtime_path(self) -> Path:
        """Sockets, status and live state: gone with a reboot. Short: a socket's path holds 108 bytes."""
        if self.running_at is not None:
            return self.running_at
        digest = hashlib.sha256(str(self.data_path.resolve()).encode()).hexdigest()[:12]
        return _runtime_parent() / f"preau-{os.getuid()}-{digest}"

    @property
    def live_path(self) -> Path:
        return self.runtime_path / "live.db"

    @property
    def agents_runtime_path(self) -> Path:
        """Of the agents' broker; it makes the folder itself when it is wanted."""
        return self.runtime_path / "agent"

    @property
    def tls(self) -> bool:
        return self.tls_certificate is not None


def default_websocket_port(mqtt_port: int) -> int:
    shifted = mqtt_port + 7118
    return shifted if shifted < 65536 else mqtt_port - 7118


def default_agents_port(mqtt_port: int, *taken: int) -> int:
    """The first one above MQTT's own (1884) that this appliance does not use itself."""
    above: Iterable[int] = (*range(mqtt_port + 1, 65536), *range(mqtt_port - 1, 0, -1))
    return next(port for port in above if port not in taken)


def _runtime_parent() -> Path:
    for candidate in (os.environ.get("RUNTIME_DIRECTORY"), "/run", os.environ.get("XDG_RUNTIME_DIR"), "/dev/shm"):  # noqa: S108 - the folder below is made 0700 and its owner checked
        if candidate and len(candidate) < 60 and os.access(candidate, os.W_OK | os.X_OK):
            return Path(candidate)
    return Path(tempfile.gettempdir())


def make_folders(config: Config) -> None:
    """Create what is missing, private to this user. Raises CannotStart with the folder's name and what to do."""
    try:
        config.data_path.mkdir(parents=True, exist_ok=True)
        for path in (config.documents_path, config.secrets_path, config.broker_path, config.runtime_path):
            path.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise no_room(config.data_path) from error
        raise _unusable(config.data_path, error.strerror or str(error)) from error
    if not os.access(config.data_path, os.R_OK | os.W_OK | os.X_OK):
        raise _unusable(config.data_path, "permission denied")
    if config.runtime_path.stat().st_uid != os.getuid():
        raise _unusable(config.runtime_path, "it belongs to another user")


def no_room(path: Path) -> CannotStart:
    return CannotStart(
        "disk_full",
        f"Le disque de {path} est plein : plus de place, ou plus de fichiers possibles. Rien n’a été perdu. "
        "Libérez de la place sur ce disque, puis démarrez à nouveau.",
    )


def _unusable(path: Path, why: str) -> CannotStart:
    return CannotStart(
        "data_unusable",
        f"Le dossier {path} ne peut pas être utilisé ({why}). "
        "Donnez un dossier où cet utilisateur peut écrire : --data DOSSIER.",
    )
