"""The only loop: calls a step until told to stop. A step does one unit of work and returns whether it did any."""

import threading
from collections.abc import Callable

Step = Callable[[], bool]
Wait = Callable[[], object]


def run(step: Step, wait: Wait, stop: threading.Event) -> None:
    """Steps until `stop`; `wait` blocks (shortly) when there was nothing to do."""
    while not stop.is_set():
        if not step():
            wait()
