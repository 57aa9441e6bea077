"""The city's Mosquitto as a process: where it is, what it is given, and when it must read its files again."""

import contextlib
import json
import os
import shutil
import signal
from pathlib import Path

from central.broker.configuration import CityBrokerSettings, render_acl, render_configuration
from central.config import Config
from central.errors import CannotStart

NAME = "broker"
_SYSTEM_FOLDERS = "/usr/sbin:/usr/local/sbin"


def broker_settings(config: Config) -> CityBrokerSettings:
    """`server.pem` holds the server's key, too."""
    secrets = config.secrets_path
    server = secrets / "server.pem"
    return CityBrokerSettings(
        config.uplink_host, config.mqtt_port, secrets / "authority.pem", server, server, secrets / "revoked.pem",
        config.broker_path,
    )  # fmt: skip


def write_configuration(settings: CityBrokerSettings) -> list[str]:
    """Its files, and the command that starts it. Written anew at each start: nothing is lost with them."""
    mosquitto = shutil.which("mosquitto") or shutil.which("mosquitto", path=_SYSTEM_FOLDERS)
    if mosquitto is None:
        raise CannotStart(
            "mosquitto_missing",
            "Mosquitto n’est pas installé : apt-get install mosquitto, ou --mqtt 0 pour s’en passer.",
        )
    for path, text in (
        (settings.configuration_path, render_configuration(settings)),
        (settings.acl_path, render_acl()),
    ):
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
    return [mosquitto, "-c", str(settings.configuration_path)]


class Reload:
    """Has the running broker read its certificates and the list of revoked ones again, once they have changed."""

    def __init__(self, settings: CityBrokerSettings, status_path: Path) -> None:
        self._files = (settings.revoked, settings.certificate)
        self._status_path = status_path
        self._read = self._marks()

    def step(self) -> bool:
        marks = self._marks()
        if marks == self._read:
            return False
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            os.kill(_pid(self._status_path), signal.SIGHUP)
            self._read = marks
            return True
        return False

    def _marks(self) -> tuple[int, ...]:
        return tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in self._files)


def _pid(status_path: Path) -> int:
    """As the supervisor tells it. Raises when there is none."""
    status = json.loads(status_path.read_text(encoding="utf-8"))
    return int(status[NAME]["pid"])
