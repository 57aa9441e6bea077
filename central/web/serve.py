"""The web processes: gunicorn for the console, and for the door with mutual TLS; stopped quickly when asked."""

import ctypes
import logging
import os
import resource
import signal
import socket
import ssl
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from central import logs
from central.bootstrap import Services, build_services, open_databases
from central.config import Config
from central.keys.authority import CERTIFICATE_FILE
from central.keys.server_certificate import FILE as SERVER_FILE
from central.web.opening import Application, open_now_or_later

CONSOLE_THREADS = 16
DOOR_THREADS = 24
MOST_CONNECTIONS = 2000  # of one process: one of each box
KEPT_SECONDS = 180  # a box says hello each minute: a handshake costs its school's line more than ten hellos
_PR_SET_PDEATHSIG = 1
_STUCK_SECONDS = 60
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which Python does not name

Load = Callable[[Services], Application]


def console(config: Config) -> int:
    """Serves until it is told to stop."""
    from central.web.app import create_app  # before the workers part: they share what was read

    logs.set_up("console", logging.INFO)
    _Server(config, console_options(config), create_app).run()
    return 0


def door(config: Config) -> int:
    from central.web.door import create_door  # as above

    logs.set_up("porte", logging.INFO)
    _allow_connections(2 * (DOOR_THREADS + MOST_CONNECTIONS))
    _Server(config, door_options(config), create_door).run()
    return 0


def console_options(config: Config) -> dict[str, Any]:
    bind = f"{_bracketed(config.host)}:{config.http_port}"
    return _options(config) | {"bind": bind, "threads": CONSOLE_THREADS, "proc_name": "preau-console"}


def door_options(config: Config) -> dict[str, Any]:
    """A certificate is asked for, not required: a claim has none yet, and an expired one is renewed without."""
    certificate = str(config.secrets_path / SERVER_FILE)
    return _options(config) | {
        "bind": f"{_bracketed(config.uplink_host)}:{config.uplink_port}",
        "threads": DOOR_THREADS,
        "worker_class": "central.web.slow.PatientWorker",
        "worker_connections": DOOR_THREADS + MOST_CONNECTIONS,
        "keepalive": KEPT_SECONDS,
        "proc_name": "preau-door",
        "certfile": certificate,
        "keyfile": certificate,
        "ca_certs": str(config.secrets_path / CERTIFICATE_FILE),
        "cert_reqs": ssl.CERT_OPTIONAL,
        "ssl_context": _Contexts(config.secrets_path / SERVER_FILE),
    }


def _options(config: Config) -> dict[str, Any]:
    return {
        "workers": config.workers,
        "worker_class": "central.web.slow.PunctualWorker",
        "worker_connections": 1000,
        "backlog": 2048,
        "keepalive": 15,
        "timeout": 60,
        "graceful_timeout": 3,
        "control_socket_disable": True,
        "worker_tmp_dir": str(config.runtime_path),
        "forwarded_allow_ips": "",  # no proxy is believed
        "limit_request_line": 8190,  # as long as gunicorn goes: what is too long gets a page (web.security)
        "limit_request_fields": 60,
        "accesslog": None,
        "loglevel": "warning",
        "logger_class": _Log,
        "post_worker_init": _prepare_worker,
    }


class _Contexts:
    """One TLS context for all connections, until the certificate's file is another one."""

    def __init__(self, certificate: Path) -> None:
        self._certificate = certificate
        self._made: tuple[int, ssl.SSLContext] | None = None

    def __call__(self, _config: Any, make: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        changed = self._certificate.stat().st_mtime_ns
        if self._made is None or self._made[0] != changed:
            context = make()
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.num_tickets = 0  # a resumed connection would not be looked at again
            context.options |= ssl.OP_NO_TICKET
            # An expired certificate is answered in words (`certificates.who_shows`), not by a broken handshake.
            context.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME)
            self._made = (changed, context)
        return self._made[1]


def _allow_connections(wanted: int) -> None:
    """Each is a file; many systems allow 1024 unless one asks."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn, given its settings by us and not by a file, the command line or the environment."""

    def __init__(self, config: Config, options: dict[str, Any], load: Load) -> None:
        self._config = config
        self._options = options
        self._load = load
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Application:
        """In the worker: what is opened here lives and dies with it."""
        return open_now_or_later(self._open)

    def _open(self) -> Application:
        open_databases(self._config)
        return self._load(build_services(self._config))


class _Log(Logger):  # type: ignore[misc]  # as above
    """gunicorn's lines go the way of ours: one format, no second handler."""

    def setup(self, cfg: Any) -> None:
        self.loglevel = logging.WARNING
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self.error_log.setLevel(logging.WARNING)
        self.access_log.handlers.clear()

    def exception(self, msg: object, *args: object, **kwargs: object) -> None:
        """A peer that is silent, or speaks no TLS, is a fact of one line, not a defect with its traceback."""
        error = sys.exc_info()[1]
        if isinstance(error, BlockingIOError | TimeoutError | ssl.SSLError):
            self.error_log.info("connection_lost")
        else:
            self.error_log.exception(msg, *args, **kwargs)

    def access(self, *_args: object) -> None:
        """No line per request."""


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _prepare_worker(worker: Any) -> None:
    for listener in worker.sockets:
        _limit_silence(listener, _STUCK_SECONDS)
    _die_with_parent(worker.ppid)


def _die_with_parent(parent: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0 or os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def _limit_silence(listener: Any, seconds: int) -> None:
    """Accepted connections inherit it: a peer that stops talking, or reading, in the middle frees its thread."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", seconds, 0))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, seconds * 1000)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
