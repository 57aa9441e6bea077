"""`run`: one appliance in the foreground, from an empty folder to serving, and back to nothing at Ctrl-C."""

import errno
import fcntl
import json
import logging
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from appliance import logs, worker
from appliance.bootstrap import Services, broker_settings, build_services
from appliance.broker.process import (
    check_configuration,
    command_line,
    wait_ready,
    write_configuration,
)
from appliance.broker.reload import apply_credentials
from appliance.cli.agents_door import AgentsDoor
from appliance.cli.city_bridge import CityBridge
from appliance.cli.city_handover import CityHandover, in_lesson
from appliance.cli.options import as_arguments
from appliance.cli.readiness import READY_SECONDS, address, wait_for_bridge, wait_for_web
from appliance.cli.start_checks import check_before, open_sound_store
from appliance.clock import ClockKeeper, HubClock
from appliance.config import Config, make_folders, no_room
from appliance.errors import CannotStart
from appliance.services.enrollment import credentials
from appliance.services.incarnation import Incarnations
from appliance.services.machine import look_at_machine
from appliance.services.settings import write_setting
from appliance.store import ballast
from appliance.store.models import database
from appliance.store.trouble import STORE_ERRORS, read_trouble
from appliance.supervisor import Program, Supervisor

_log = logging.getLogger("start")
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
    logs.set_up("boîtier", log_level, config.logs_path)
    with _full_disk_in_words(config), _without_an_empty_runtime(config), _alone(config), _runtime(config):
        ballast.tend(config.ballast_path)
        (config.runtime_path / "bridge.nudge").unlink(missing_ok=True)  # of a run that was killed
        check_before(config)
        keeper = ClockKeeper(config.runtime_path, config.clock_floor_path)
        keeper.start()
        stopping = threading.Event()
        handover = CityHandover(config, stopping)
        handover.apply()
        open_sound_store(config)
        with database.connection_context():
            Incarnations(HubClock(config.runtime_path), look_at_machine).ensure()  # before anyone writes for the city
        base_url = _base_url(config)
        supervisor = Supervisor(_programs(config, stopping), config.runtime_path / "processes.json", stopping)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: stopping.set())
        try:
            supervisor.start()
            apply_credentials(broker_settings(config), credentials)
            services = build_services(config)
            each_second = on_ready(Running(config, services, supervisor, base_url))
            _start_upkeep(services, stopping)
            keeper.mind(lambda: in_lesson(services.lessons))
            door, bridge = AgentsDoor(config, supervisor), CityBridge(config, supervisor)
            supervisor.run(
                lambda: (keeper.step(), door.step(), bridge.step(time.monotonic()), handover.step(), each_second())
            )
        finally:
            supervisor.stop()
            keeper.stop()
    handover.start_again()
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
    """One appliance per data folder. The lock goes with the process, however it ends; it says where to reach it."""
    descriptor = os.open(config.data_path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                "already_running",
                f"Un boîtier travaille déjà dans {config.data_path}. Arrêtez-le, ou donnez un autre --data.",
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps({"runtime": str(config.runtime_path), "uid": os.getuid()}).encode())
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _without_an_empty_runtime(config: Config) -> Iterator[None]:
    """Where not even the lock could be written; a folder that is not empty is somebody's home."""
    try:
        yield
    except OSError:
        with suppress(OSError):
            config.runtime_path.rmdir()
        raise


@contextmanager
def _runtime(config: Config) -> Iterator[None]:
    try:
        yield
    finally:
        shutil.rmtree(config.runtime_path, ignore_errors=True)


def _programs(config: Config, stopping: threading.Event) -> list[Program]:
    settings = broker_settings(config)
    write_configuration(settings)
    if config.tls:
        check_configuration(settings)
    apply_credentials(settings, credentials)
    ourselves = [sys.executable, "-m", "appliance"]
    arguments = as_arguments(config)
    return [
        Program("broker", command_line(settings), lambda: wait_ready(settings, READY_SECONDS, stopping)),
        Program("bridge", [*ourselves, "bridge", *arguments], lambda: wait_for_bridge(config, stopping)),
        Program("web", [*ourselves, "web", *arguments], lambda: wait_for_web(config, stopping)),
        Program("uplink", [sys.executable, "-m", "uplink", *arguments]),
    ]


def _base_url(config: Config) -> str:
    """The address to show and to put into links."""
    url = address(config)
    with database.connection_context():
        write_setting("base_url", url)
    return url
