"""`run`: one appliance in the foreground, from an empty folder to serving, and back to nothing at Ctrl-C."""

import errno
import fcntl
import logging
import os
import shutil
import signal
import ssl
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from appliance import logs, worker
from appliance.bootstrap import Services, broker_settings, build_services, open_databases
from appliance.broker.process import (
    allow_open_files,
    check_configuration,
    command_line,
    find_mosquitto,
    port_is_free,
    require_free_ports,
    wait_ready,
    write_configuration,
)
from appliance.broker.reload import apply_credentials
from appliance.cli.options import as_arguments
from appliance.clock import ClockKeeper
from appliance.config import Config, make_folders, no_room
from appliance.errors import CannotStart
from appliance.services.enrollment import credentials
from appliance.services.settings import write_setting
from appliance.store import ballast
from appliance.store.database import how_to_restore, is_sound
from appliance.store.models import database
from appliance.store.trouble import STORE_ERRORS, read_trouble
from appliance.supervisor import Program, Supervisor

_log = logging.getLogger("start")
_READY_SECONDS = 15.0
_FAILURES: tuple[type[Exception], ...] = (OSError, *STORE_ERRORS)
_UPKEEP_SECONDS = 1.0  # a disk that has just filled up gets the ballast back while a teacher still presses


EachSecond = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Running:
    """What a caller (the demo) may use once everything serves."""

    config: Config
    services: Services
    supervisor: Supervisor
    base_url: str


def run(config: Config, on_ready: Callable[[Running], EachSecond], log_level: int = logging.WARNING) -> int:
    """Blocks until Ctrl-C or SIGTERM; calls what `on_ready` gave once a second. Raises CannotStart."""
    logs.set_up("boîtier", log_level)
    make_folders(config)
    with _full_disk_in_words(config), _alone(config), _runtime(config):
        ballast.tend(config.ballast_path)
        (config.runtime_path / "bridge.nudge").unlink(missing_ok=True)  # of a run that was killed
        _check_ports(config)
        keeper = ClockKeeper(config.runtime_path, config.clock_floor_path)
        keeper.start()
        open_databases(config)
        _check_store(config)
        base_url = _base_url(config)
        stopping = threading.Event()
        supervisor = Supervisor(_programs(config, stopping), config.runtime_path / "processes.json", stopping)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: stopping.set())
        try:
            supervisor.start()
            apply_credentials(broker_settings(config), credentials)
            services = build_services(config)
            each_second = on_ready(Running(config, services, supervisor, base_url))
            _start_upkeep(services, stopping)
            supervisor.run(lambda: (keeper.step(), each_second()))
        finally:
            supervisor.stop()
            keeper.stop()
    return 0


def _start_upkeep(services: Services, stopping: threading.Event) -> None:
    """Beside the watch over the processes, which must not wait for a backup."""
    loop = threading.Thread(
        target=worker.run,
        args=(services.upkeep.step, lambda: stopping.wait(_UPKEEP_SECONDS), stopping),
        name="upkeep",
        daemon=True,
    )
    loop.start()


@contextmanager
def _full_disk_in_words(config: Config) -> Iterator[None]:
    """Files and the store meet it in many places of a start; the console gets one sentence."""
    try:
        yield
    except _FAILURES as error:
        trouble = read_trouble(error)
        if getattr(error, "errno", None) == errno.ENOSPC or (trouble is not None and trouble.code == "disk_full"):
            raise no_room(config.data_path) from error
        raise


@contextmanager
def _alone(config: Config) -> Iterator[None]:
    """One appliance per data folder. The lock goes with the process, however it ends."""
    descriptor = os.open(config.data_path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                "already_running",
                f"Un boîtier travaille déjà dans {config.data_path}. Arrêtez-le, ou donnez un autre --data.",
            ) from None
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _runtime(config: Config) -> Iterator[None]:
    try:
        yield
    finally:
        shutil.rmtree(config.runtime_path, ignore_errors=True)


def _check_ports(config: Config) -> None:
    find_mosquitto()
    allow_open_files()
    if not port_is_free(config.host, config.http_port):
        raise CannotStart(
            "port_in_use",
            f"Le port {config.http_port} ({config.host}) est déjà utilisé par un autre programme. "
            "Arrêtez-le, ou choisissez un autre port : --http PORT.",
        )
    require_free_ports(broker_settings(config))


def _check_store(config: Config) -> None:
    with database.connection_context():
        if not is_sound():
            raise CannotStart(
                "data_damaged",
                f"{config.store_path} est endommagé. Rien n’a été modifié. {how_to_restore(config.data_path)}",
            )


def _programs(config: Config, stopping: threading.Event) -> list[Program]:
    settings = broker_settings(config)
    write_configuration(settings)
    if config.tls:
        check_configuration(settings)
    apply_credentials(settings, credentials)
    ourselves = [sys.executable, "-m", "appliance"]
    arguments = as_arguments(config)
    return [
        Program("broker", command_line(settings), lambda: wait_ready(settings, _READY_SECONDS, stopping)),
        Program("bridge", [*ourselves, "bridge", *arguments], lambda: _wait_for_bridge(config, stopping)),
        Program("web", [*ourselves, "web", *arguments], lambda: _wait_for_web(config, stopping)),
    ]


def _base_url(config: Config) -> str:
    """The address to show and to put into links."""
    url = _address(config)
    with database.connection_context():
        write_setting("base_url", url)
    return url


def _address(config: Config) -> str:
    """An address that is bound to all interfaces is reached through loopback."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - compared, not bound
    host = everywhere.get(config.host, config.host)
    scheme = "https" if config.tls else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{config.http_port}"


def _wait_for_bridge(config: Config, stopping: threading.Event) -> None:
    """Its socket is there once its parts are put together; one of an earlier run went with the runtime folder."""
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and not stopping.wait(0.02):
        if (config.runtime_path / "bridge.nudge").exists():
            return
    raise CannotStart("bridge_not_ready", "Le relais des tablettes n’a pas démarré. Le message ci-dessus dit pourquoi.")


def _wait_for_web(config: Config, stopping: threading.Event) -> None:
    url = f"{_address(config)}/api/time"
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and not stopping.wait(0.05):
        # Only whether it serves is asked, of ourselves: the certificate is for other names than loopback's.
        unchecked = ssl._create_unverified_context() if config.tls else None  # noqa: S323
        with suppress(OSError), urllib.request.urlopen(url, timeout=2, context=unchecked) as answer:  # noqa: S310
            if answer.status == 200:
                return
    raise CannotStart("web_not_ready", "Les pages n’ont pas démarré à temps. Le message ci-dessus dit pourquoi.")
