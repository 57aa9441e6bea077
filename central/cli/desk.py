"""`desk`: the process that works by itself: alerts, notifications, renewals. What it does is `bootstrap.desk_steps`."""

import logging
import signal
import threading
from collections.abc import Sequence

from central import logs, worker
from central.bootstrap import build_services, desk_steps, open_databases
from central.config import Config
from central.errors import Unavailable
from central.store.database import connected
from central.worker import Step

_log = logging.getLogger("desk")
_WAIT_SECONDS = 2.0


def main(config: Config) -> int:
    logs.set_up("bureau", logging.INFO)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    open_databases(config)
    steps = desk_steps(build_services(config))
    worker.run(lambda: do_all(steps), lambda: stopping.wait(_WAIT_SECONDS), stopping)
    return 0


def do_all(steps: Sequence[Step]) -> bool:
    """Each step once; a database that is away is waited for."""
    try:
        with connected():
            done = [step() for step in steps]
        return any(done)
    except Unavailable as error:
        _log.warning("desk_waits code=%s", error.code)
        return False
