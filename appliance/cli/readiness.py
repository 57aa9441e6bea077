"""Whether the processes that were started serve: waited for, with a sentence when they do not."""

import ssl
import threading
import time
import urllib.request
from contextlib import suppress

from appliance.config import Config
from appliance.errors import CannotStart

READY_SECONDS = 15.0


def address(config: Config) -> str:
    """An address that is bound to all interfaces is reached through loopback."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - compared, not bound
    host = everywhere.get(config.host, config.host)
    scheme = "https" if config.tls else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{config.http_port}"


def wait_for_bridge(config: Config, stopping: threading.Event) -> None:
    """Its socket is there once its parts are put together; one of an earlier run went with the runtime folder."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and not stopping.wait(0.02):
        if (config.runtime_path / "bridge.nudge").exists():
            return
    raise CannotStart("bridge_not_ready", "Le relais des tablettes n’a pas démarré. Le message ci-dessus dit pourquoi.")


def wait_for_web(config: Config, stopping: threading.Event) -> None:
    url = f"{address(config)}/api/time"
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and not stopping.wait(0.05):
        # Only whether it serves is asked, of ourselves: the certificate is for other names than loopback's.
        unchecked = ssl._create_unverified_context() if config.tls else None  # noqa: S323 - as said above
        with suppress(OSError), urllib.request.urlopen(url, timeout=2, context=unchecked) as answer:  # noqa: S310 - ours
            if answer.status == 200:
                return
    raise CannotStart("web_not_ready", "Les pages n’ont pas démarré à temps. Le message ci-dessus dit pourquoi.")
