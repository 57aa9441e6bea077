"""Mosquitto as a process: where it is, whether it can start, how it is called, when it is ready.

Starts nothing that outlives a call; the supervisor keeps the process. Every error says what to do.
"""

import contextlib
import os
import resource
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from appliance.broker.configuration import (
    SOCKET_PATH_BYTES,
    BrokerSettings,
    Serves,
    render_acl,
    render_configuration,
)
from appliance.broker.credentials import write_atomically
from appliance.broker.password_file import hub_login
from appliance.broker.probe import Answer, Deadline, ask
from appliance.broker.reload import apply_credentials, catch_up, make_folders
from appliance.errors import CannotStart, Unavailable

OPEN_FILES = 65_536
CHECK_SECONDS = 5.0
SYSTEM_FOLDERS = "/usr/sbin:/usr/local/sbin"


def find_mosquitto(elsewhere: str = SYSTEM_FOLDERS) -> Path:
    """In the PATH, or `elsewhere`: Debian puts it into /usr/sbin, which is not in everyone's PATH."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path=elsewhere)
    if found is None:
        raise CannotStart(
            "mosquitto_missing",
            "Mosquitto, le serveur MQTT, n’est pas installé. Installez-le : apt-get install mosquitto",
        )
    return Path(found)


def command_line(settings: BrokerSettings) -> list[str]:
    return [str(find_mosquitto()), "-c", str(settings.configuration_path)]


def write_configuration(settings: BrokerSettings) -> None:
    """Folders and files for a start, but for the credentials: `apply_credentials` writes those, before and after it."""
    if len(os.fsencode(settings.socket_path)) > SOCKET_PATH_BYTES:
        raise CannotStart(
            "runtime_path_too_long",
            f"Le dossier {settings.runtime_path} a un nom trop long : avec « /broker.sock », il doit tenir en "
            f"{SOCKET_PATH_BYTES} octets. Choisissez-en un plus court (RUNTIME_DIRECTORY).",
        )
    make_folders(settings)
    write_atomically(settings.configuration_path, render_configuration(settings))
    write_atomically(settings.acl_path, render_acl(settings.serves))


def allow_open_files() -> int:
    """Raises this process's limit, which Mosquitto inherits: at 1,024 it stops at 1,015 clients. Returns the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def port_is_free(host: str, port: int) -> bool:
    """Whether somebody could listen there now; an address that is not this machine's counts as not free."""
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        return False
    return all(_can_bind(family, address) for family, _, _, _, address in addresses)


def require_free_ports(settings: BrokerSettings) -> None:
    mqtt = "--mqtt" if settings.serves is Serves.DEVICES else "--agents"
    for option, port in ((mqtt, settings.mqtt_port), ("--websocket", settings.websocket_port)):
        if port is not None and not port_is_free(settings.host, port):
            raise CannotStart(
                "port_in_use",
                f"Le port {port} ({settings.host}) est déjà utilisé par un autre programme. "
                f"Arrêtez-le, ou choisissez un autre port : {option} PORT.",
            )


def check_configuration(settings: BrokerSettings) -> None:
    """Starts the installed Mosquitto with these settings on throw-away ports and folders, and asks it to let us in.

    2.0 has no way to test a configuration without running it, and what can be wrong (an option that this version does
    not know, a certificate that does not fit its key) only Mosquitto itself knows. Takes about 50 ms.
    """
    with tempfile.TemporaryDirectory(prefix="preau-") as folder, _free_ports() as (mqtt_port, websocket_port):
        path = Path(folder)
        trial = replace(
            settings,
            host="127.0.0.1",
            mqtt_port=mqtt_port,
            websocket_port=websocket_port,
            data_path=path / "data",
            runtime_path=path,
        )
        write_configuration(trial)
        apply_credentials(trial, dict)
        _run_once(trial)


def wait_ready(settings: BrokerSettings, timeout_seconds: float, stop: threading.Event | None = None) -> None:
    """Returns when the running broker lets in our own user, and whoever has credentials by now.

    Raises `Unavailable` after `timeout_seconds`, or when `stop` is set.
    """
    deadline = Deadline(timeout_seconds, stop)
    login = hub_login(settings)
    while ask(settings.socket_path, login, deadline) is not Answer.ACCEPTED:
        if deadline.is_over:
            raise Unavailable("broker_unavailable")
        deadline.pause()
    catch_up(settings, deadline.left)


def is_there(settings: BrokerSettings) -> bool:
    """Whether this very broker answers now. Nobody else can listen on its own socket."""
    return (
        settings.socket_path.exists()
        and ask(settings.socket_path, hub_login(settings), Deadline(1.0)) is Answer.ACCEPTED
    )


def _run_once(trial: BrokerSettings) -> None:
    log_path = trial.runtime_path / "log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(command_line(trial), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        ended = _ended_or_ready(process, trial)
    finally:
        process.kill()
        process.wait()
    if ended:
        said = log_path.read_text(encoding="utf-8", errors="replace").replace(str(trial.data_path), "…").strip()
        raise CannotStart("broker_configuration", f"Mosquitto refuse sa configuration :\n{said}")


def _ended_or_ready(process: subprocess.Popen[bytes], trial: BrokerSettings) -> bool:
    deadline = Deadline(CHECK_SECONDS)
    login = hub_login(trial)
    while process.poll() is None and not deadline.is_over:
        if ask(trial.socket_path, login, deadline) is Answer.ACCEPTED:
            return False
        deadline.pause()
    return True


@contextlib.contextmanager
def _free_ports() -> Iterator[tuple[int, int]]:
    with socket.socket() as first, socket.socket() as second:
        for held in (first, second):
            held.bind(("127.0.0.1", 0))
        ports = first.getsockname()[1], second.getsockname()[1]
    yield ports


def _can_bind(family: int, address: object) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            listener.bind(address)  # type: ignore[arg-type]  # getaddrinfo's own
            listener.listen()
        except OSError:
            return False
    return True
