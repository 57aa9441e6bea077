"""The bridge to the city, kept as the claim wants it: there while a city with a broker is joined, otherwise not."""

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path

from appliance.broker.city_bridge import CITY_SOCKET, CityBridgeSettings, read_addresses, render_bridge
from appliance.broker.credentials import write_atomically
from appliance.broker.probe import Answer, Deadline, Login, ask
from appliance.broker.process import find_mosquitto
from appliance.config import Config
from appliance.errors import PreauError
from appliance.logs import fact
from appliance.store.city_models import CityLink
from appliance.store.models import database
from appliance.store.trouble import STORE_ERRORS
from appliance.supervisor import Program, Supervisor
from protocol.uplink_words import Standing

_LISTEN_SECONDS = 3.0
_ANSWER_SECONDS = 1.0
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 900.0
_STEADY_SECONDS = 600.0
_FAILURES: tuple[type[Exception], ...] = (*STORE_ERRORS, PreauError, OSError)
_log = logging.getLogger("city-bridge")
NAME = "city"


class Listening:
    """Whether a Mosquitto still answers, and how long it rests when it had to be killed.

    2.0.11 goes round in a circle for ever, with a whole core, once a few handshakes with the city were broken off: it
    leaves the first connection in its list and adds it again (`net__socket_connect_tls`; mended in later versions). A
    network that forbids the bridge breaks off all of them, so that each rest is twice as long as the one before.
    """

    def __init__(self, answer: Callable[[], Answer]) -> None:
        self._answer = answer
        self._next_at = 0.0
        self._silences = 0
        self._pause = _FIRST_PAUSE
        self._killed_at = -_STEADY_SECONDS

    def rest(self, monotonic: float) -> float | None:
        """Seconds, if it is deaf: it said nothing twice. Waits for an answer, a second at most."""
        if monotonic < self._next_at:
            return None
        self._next_at = monotonic + _LISTEN_SECONDS
        if self._answer() is not Answer.SILENT:
            self._silences = 0
            return None
        self._silences += 1
        if self._silences < 2:
            return None
        is_steady = monotonic - self._killed_at > self._pause + _STEADY_SECONDS
        pause = _FIRST_PAUSE if is_steady else self._pause
        self._silences, self._killed_at, self._pause = 0, monotonic, min(2 * pause, _LONGEST_PAUSE)
        return pause


class CityBridge:
    """`step` is called once a second by the supervisor's own thread."""

    def __init__(self, config: Config, supervisor: Supervisor) -> None:
        self._config = config
        self._supervisor = supervisor
        self._running = ""  # a digest of what the running one was started with
        socket_path = config.runtime_path / CITY_SOCKET
        self._listening = Listening(lambda: ask(socket_path, Login("probe", ""), Deadline(_ANSWER_SECONDS)))

    def step(self, monotonic: float) -> bool:
        """True when it was started, started anew (another certificate, deaf) or stopped."""
        rest = self._listening.rest(monotonic) if self._running else None
        if rest is not None:
            fact(_log, "city_bridge_deaf", rests_seconds=rest)
            self._supervisor.kill(NAME, monotonic + rest)
            return True
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
