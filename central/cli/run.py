"""`run`: the city's server in the foreground, from an empty folder to serving, and back to nothing at Ctrl-C."""

import fcntl
import logging
import os
import shutil
import signal
import socket
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from central import logs
from central.bootstrap import Services, build_services, open_databases
from central.broker.process import NAME, broker_settings, write_configuration
from central.cli.options import as_arguments
from central.config import Config
from central.errors import CannotStart
from central.keys.server_certificate import ensure_server_certificate
from central.services.settings import SERVED_AT, read_setting, write_setting
from central.store.database import connected
from central.supervisor import Program, Supervisor

_READY_SECONDS = 40.0


def run(config: Config) -> int:
    """Blocks until Ctrl-C or SIGTERM. Raises CannotStart."""
    logs.set_up("ville", logging.WARNING)
    _make_folders(config)
    stopping = threading.Event()
    with _alone(config), _runtime(config):
        _require_free_ports(config)
        open_databases(config)
        config = _named(config)
        prepare(config, build_services(config))
        supervisor = Supervisor(_programs(config, stopping), config.runtime_path / "processes.json", stopping)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: stopping.set())
        try:
            supervisor.start()
            if not stopping.is_set():
                _say(config)
            supervisor.run()
        finally:
            supervisor.stop()
    return 0


def _named(config: Config) -> Config:
    """What was not given is as at the last start, or as `city init` had it."""
    with connected():
        known = read_setting(SERVED_AT) or {}
    return replace(
        config,
        city=config.city or known.get("city") or "Ville",
        public_url=config.public_url or known.get("public_url") or config.console_url,
    )


def prepare(config: Config, services: Services) -> None:
    """What must be there before the first child: certificates, the list of revoked ones, our names for `admin`."""
    keys = services.keys
    ensure_server_certificate(keys.folder, keys.authority, config.uplink_name, services.clock.now())
    with connected():
        services.certificates.write_list()
        write_setting(
            SERVED_AT,
            {
                "uplink_name": config.uplink_name,
                "uplink_port": config.uplink_port,
                "mqtt_port": config.mqtt_port,
                "brokers": config.brokers,
                "public_url": config.public_url,
                "city": config.city,
            },
        )


def _programs(config: Config, stopping: threading.Event) -> list[Program]:
    ourselves, arguments = [sys.executable, "-m", "central"], as_arguments(config)
    console = f"http://{_reached(config.host)}:{config.http_port}/health"
    door = f"https://{_reached(config.uplink_host)}:{config.uplink_port}/health"
    broker = [Program(NAME, write_configuration(broker_settings(config)))] if config.mqtt_port else []
    return [
        *broker,
        Program("console", [*ourselves, "web", *arguments], lambda: _wait_for(console, stopping)),
        Program("door", [*ourselves, "door", *arguments], lambda: _wait_for(door, stopping)),
        Program("desk", [*ourselves, "desk", *arguments]),
    ]


def _say(config: Config) -> None:
    broker = f" · MQTT {config.broker_addresses}" if config.broker_addresses else ""
    sys.stdout.write(
        f"Préau ville : console {config.public_url}/ · écoles {config.uplink_name}:{config.uplink_port}{broker} · "
        f"données {config.data_path} · Ctrl-C arrête tout.\n"
    )
    sys.stdout.flush()


def _reached(host: str) -> str:
    """What is bound to all interfaces is reached through loopback."""
    found = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"[{found}]" if ":" in found else found


def _wait_for(url: str, stopping: threading.Event) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    # Only whether it serves is asked, of ourselves: the certificate is for other names than loopback's.
    context = ssl._create_unverified_context() if url.startswith("https") else None  # noqa: S323 - as said
    while time.monotonic() < deadline and not stopping.wait(0.05):
        try:
            urllib.request.urlopen(url, timeout=3, context=context).close()  # noqa: S310 - ours
        except urllib.error.HTTPError:
            return  # it serves; what is wrong with it is on its page
        except OSError:
            continue
        return
    if not stopping.is_set():
        raise CannotStart("not_ready", f"{url} ne répond pas à temps. Le message ci-dessus dit pourquoi.")


def _make_folders(config: Config) -> None:
    try:
        config.data_path.mkdir(parents=True, exist_ok=True)
        for path in (config.secrets_path, config.runtime_path, config.broker_path, config.backups_path):
            path.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise CannotStart(
            "data_unusable",
            f"Le dossier {config.data_path} ne peut pas être utilisé ({error.strerror}). "
            "Donnez un dossier où cet utilisateur peut écrire : --data DOSSIER.",
        ) from error


@contextmanager
def _alone(config: Config) -> Iterator[None]:
    """One server per data folder and machine. The lock goes with the process, however it ends."""
    descriptor = os.open(config.data_path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                "already_running",
                f"Un serveur travaille déjà dans {config.data_path}. Arrêtez-le, ou donnez un autre --data.",
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


def _require_free_ports(config: Config) -> None:
    for option, host, port in (
        ("--http", config.host, config.http_port),
        ("--uplink", config.uplink_host, config.uplink_port),
        *([("--mqtt", config.uplink_host, config.mqtt_port)] if config.mqtt_port else ()),
    ):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((host, port))
            except OSError as error:
                raise CannotStart(
                    "port_in_use",
                    f"Le port {port} ({host}) ne peut pas être pris ({error.strerror}). "
                    f"Arrêtez l’autre programme, ou choisissez un autre port : {option} PORT.",
                ) from error
