"""`/health` does some work for whoever asks, and not once for each."""

import pytest

from central.store.models import Setting
from central.web.about import Pulse
from tests.central.web.conftest import Site


def test_health_writes_a_row_and_tells_a_stranger_nothing_else(site: Site) -> None:
    answer = site.browser().get("/health")
    assert set(answer.get_json()) == {"status", "database_ms"}
    assert Setting.get(Setting.key == "health").value == site.clock.now().isoformat()


def test_a_crowd_of_strangers_makes_work_once_in_two_seconds_and_a_failure_is_not_kept() -> None:
    times, done, is_broken = [0.0], [], [False]

    def exercise() -> None:
        done.append(times[0])
        times[0] += 0.5  # what it takes
        if is_broken[0]:
            raise OSError

    pulse = Pulse(exercise, lambda: times[0])
    assert [pulse.milliseconds() for _ in range(50)] == [500] * 50
    assert done == [0.0]
    times[0] = 2.49
    pulse.milliseconds()
    assert done == [0.0]
    times[0], is_broken[0] = 2.5, True
    for _ in range(2):
        with pytest.raises(OSError):
            pulse.milliseconds()
    assert done == [0.0, 2.5, 3.0]
