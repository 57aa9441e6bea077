"""The bridge to the city, kept as the claim wants it: there while a city with a broker is joined, otherwise not."""

import hashlib
import logging
from pathlib import Path

from appliance.broker.city_bridge import CityBridgeSettings, read_addresses, render_bridge
from appliance.broker.credentials import write_atomically
from appliance.broker.process import find_mosquitto
from appliance.config import Config
from appliance.errors import PreauError
from appliance.logs import fact
from appliance.store.city_models import CityLink
from appliance.store.models import database
from appliance.store.trouble import STORE_ERRORS
from appliance.supervisor import Program, Supervisor
from protocol.uplink_words import Standing

_FAILURES: tuple[type[Exception], ...] = (*STORE_ERRORS, PreauError, OSError)
_log = logging.getLogger("city-bridge")
NAME = "city"


class CityBridge:
    """`step` is called once a second by the supervisor's own thread."""

    def __init__(self, config: Config, supervisor: Supervisor) -> None:
        self._config = config
        self._supervisor = supervisor
        self._running = ""  # a digest of what the running one was started with

    def step(self) -> bool:
        """True when it was started, started anew (another certificate) or stopped."""
        try:
            with database.connection_context():
                wanted = self._wanted()
            digest = "" if wanted is None else _digest(wanted)
            if digest == self._running:
                return False
            if self._running:
                self._supervisor.remove(NAME)
            self._running = ""
            if wanted is not None:
                self._start(wanted)
        except _FAILURES:
            return False  # later: only slower without it
        self._running = digest
        fact(_log, "city_bridge", running=bool(digest))
        return True

    def _wanted(self) -> CityBridgeSettings | None:
        link = CityLink.get_or_none(CityLink.id == 1)
        addresses = () if link is None else read_addresses(link.broker)
        if link is None or not addresses or not is_awaited(link):
            return None
        folder = self._config.city_path
        settings = CityBridgeSettings(
            link.appliance, link.uai, addresses,
            folder / "authority.pem", folder / "certificate.pem", folder / "key.pem",
            folder, self._config.runtime_path,
        )  # fmt: skip
        return settings if all(path.exists() for path in _files(settings)) else None

    def _start(self, settings: CityBridgeSettings) -> None:
        settings.socket_path.unlink(missing_ok=True)
        write_atomically(settings.configuration_path, render_bridge(settings))
        self._supervisor.add(Program(NAME, [str(find_mosquitto()), "-c", str(settings.configuration_path)]))


def is_awaited(link: CityLink) -> bool:
    """One that waits for a person's choice hears of it at once; one that lost it leaves the bridge to the other."""
    return link.standing == Standing.ACTIVE or (link.standing == Standing.FENCED and not link.other_chosen)


def _files(settings: CityBridgeSettings) -> tuple[Path, ...]:
    return settings.authority, settings.certificate, settings.key


def _digest(settings: CityBridgeSettings) -> str:
    digest = hashlib.sha256(render_bridge(settings).encode())
    for path in _files(settings):
        digest.update(path.read_bytes())
    return digest.hexdigest()
