"""The only loop: calls a step until told to stop. A step does one unit of work and returns whether it did any."""

import threading
from collections.abc import Callable, Mapping

Step = Callable[[], bool]
Wait = Callable[[], object]
Loop = Callable[[], None]


def run(step: Step, wait: Wait, stop: threading.Event) -> None:
    """Steps until `stop`; `wait` blocks (shortly) when there was nothing to do."""
    while not stop.is_set():
        if not step():
            wait()


def run_together(first: Loop, others: Mapping[str, Loop], stop: threading.Event) -> None:
    """Loops that end with `stop`, `first` in this thread. One that raises ends all of them, and is raised here.

    A process of which one part has died must not go on as if it were well: it ends, and is started again whole.
    """
    failures: list[BaseException] = []

    def guarded(loop: Loop) -> None:
        try:
            loop()
        except BaseException as error:
            failures.append(error)
        finally:
            stop.set()

    threads = [threading.Thread(target=guarded, args=(loop,), name=name) for name, loop in others.items()]
    for thread in threads:
        thread.start()
    guarded(first)
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
