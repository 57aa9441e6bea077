"""The web process: gunicorn with one worker of threads (Flask-SocketIO needs one), stopped quickly when asked."""

import contextlib
import ctypes
import logging
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable
from typing import Any

from gunicorn import util
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from appliance import logs
from appliance.bootstrap import build_services, open_databases
from appliance.config import Config
from appliance.web.app import FILES_AT_ONCE, create_app
from appliance.web.live import start_live

PAGE_THREADS = 30  # beyond those that open boards and transfers hold
_LOOPBACK = "127.0.0.1"
_PR_SET_PDEATHSIG = 1
_STUCK_SECONDS = 60  # far beyond Socket.IO's heartbeat, so that no open board is cut


def main(config: Config) -> int:
    """Serves until it is told to stop."""
    logs.set_up("web", logging.INFO, config.logs_path)
    _Server(config).run()
    return 0


def options_of(config: Config) -> dict[str, Any]:
    threads = config.viewers + FILES_AT_ONCE + PAGE_THREADS
    options: dict[str, Any] = {
        "bind": _addresses(config),
        "workers": 1,
        "worker_class": "appliance.web.serve.PunctualWorker",
        "threads": threads,
        "worker_connections": threads + 1000,  # kept-alive and waiting connections need no thread
        "backlog": 2048,
        "keepalive": 15,
        "timeout": 30,
        "graceful_timeout": 2,  # an open board never finishes by itself
        "control_socket_disable": True,
        "worker_tmp_dir": str(config.runtime_path),
        "forwarded_allow_ips": "",  # no proxy is believed
        "limit_request_line": 4094,
        "limit_request_fields": 60,
        "accesslog": None,
        "loglevel": "warning",
        "logger_class": _Log,
        "proc_name": "preau-web",
        "post_worker_init": _prepare_worker,
    }
    if config.tls_certificate is not None and config.tls_key is not None:
        options |= {"certfile": str(config.tls_certificate), "keyfile": str(config.tls_key)}
    return options


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn, given its settings by us and not by a file, the command line or the environment."""

    def __init__(self, config: Config) -> None:
        self._config = config
        super().__init__()

    def load_config(self) -> None:
        for name, value in options_of(self._config).items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Any]:
        """In the worker: what is opened here lives and dies with it."""
        open_databases(self._config)
        services = build_services(self._config)
        app = create_app(self._config, services)
        start_live(services, self._config, app.extensions["socketio"])
        return app


class PunctualWorker(ThreadWorker):  # type: ignore[misc]  # as above
    """Its one loop serves all connections: nobody's goodbye is waited for in it."""

    def handle(self, conn: Any) -> Any:
        """gunicorn would wait in the loop: up to two seconds for each who does not hang up, and hears nobody else."""
        stays = super().handle(conn)
        if not stays:
            with contextlib.suppress(OSError):
                util.close_graceful(socket.socket(fileno=os.dup(conn.sock.fileno())))
                conn.sock.shutdown(socket.SHUT_RDWR)
        return stays


class _Log(Logger):  # type: ignore[misc]  # as above
    """gunicorn's lines go the way of ours: one format, no second handler."""

    def setup(self, cfg: Any) -> None:
        self.loglevel = logging.WARNING
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self.error_log.setLevel(logging.WARNING)
        self.access_log.handlers.clear()

    def exception(self, msg: object, *args: object, **kwargs: object) -> None:
        """A silent peer is a fact of one line, not a defect with its traceback."""
        error = sys.exc_info()[1]
        if isinstance(error, BlockingIOError | TimeoutError):
            self.error_log.info("connection_silent")
        else:
            self.error_log.exception(msg, *args, **kwargs)

    def access(self, *_args: object) -> None:
        """No line per request: a school has better uses for its card."""


def _addresses(config: Config) -> list[str]:
    """Where one LAN address was asked for, loopback too: the appliance's own checks come that way."""
    host = f"[{config.host}]" if ":" in config.host else config.host
    wanted = [f"{host}:{config.http_port}"]
    if config.host not in ("0.0.0.0", "::", "localhost", "::1") and not config.host.startswith("127."):  # noqa: S104 - compared
        wanted.append(f"{_LOOPBACK}:{config.http_port}")
    return wanted


def _prepare_worker(worker: Any) -> None:
    for listener in worker.sockets:
        limit_silence(listener, _STUCK_SECONDS)
    _die_with_parent(worker.ppid)


def _die_with_parent(parent: int) -> None:
    """gunicorn's worker notices an arbiter that was killed, but leaves only when its last open board is closed."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0 or os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def limit_silence(listener: Any, seconds: int) -> None:
    """Accepted connections inherit it: a peer that stops talking, or reading, in the middle frees its thread.

    A tablet that fell asleep during a download would hold one for a quarter of an hour, or for ever.
    """
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", seconds, 0))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, seconds * 1000)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
