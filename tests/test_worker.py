"""Loops that belong together: when one dies, the process does."""

import threading

import pytest

from appliance import worker as of_the_box
from central import worker as of_the_city


@pytest.mark.parametrize("worker", [of_the_box, of_the_city])
@pytest.mark.parametrize("who", ["first", "other"])
def test_one_loop_that_dies_ends_the_others_and_is_raised(worker: object, who: str) -> None:
    stop, ended = threading.Event(), []

    def lives(name: str) -> None:
        stop.wait()
        ended.append(name)

    def dies() -> None:
        raise KeyError("defect")

    loops = {"first": lambda: lives("first"), "other": lambda: lives("other")} | {who: dies}
    with pytest.raises(KeyError, match="defect"):
        worker.run_together(loops["first"], {"other": loops["other"]}, stop)  # type: ignore[attr-defined]  # two modules, one shape
    assert ended == [{"first": "other", "other": "first"}[who]]
