"""How many failures in how much time."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from appliance.errors import Invalid, NotSignedIn, TooMany
from appliance.web.limits import FailureLimit, address_key, attempt


class HandTime:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> HandTime:
    return HandTime()


@pytest.fixture
def limit(time: HandTime) -> FailureLimit:
    return FailureLimit(3, 60, time)


def fail(limit: FailureLimit, key: str = "a") -> None:
    with pytest.raises(NotSignedIn), attempt((limit, key)):
        raise NotSignedIn("bad_credentials")


def test_the_fourth_failure_has_to_wait_for_the_first_to_be_forgotten(limit: FailureLimit, time: HandTime) -> None:
    for _ in range(3):
        fail(limit)
        time.now += 10
    with pytest.raises(TooMany) as caught, attempt((limit, "a")):
        raise AssertionError("not reached")
    assert caught.value.retry_after == 30
    time.now += 30
    fail(limit)
    with pytest.raises(TooMany):
        limit.check("a")


def test_keys_do_not_count_for_each_other(limit: FailureLimit) -> None:
    for _ in range(3):
        fail(limit, "a")
    fail(limit, "b")


def test_success_and_mistakes_in_a_form_are_no_failures(limit: FailureLimit) -> None:
    for _ in range(10):
        with attempt((limit, "a")):
            pass
        with pytest.raises(Invalid), attempt((limit, "a")):
            raise Invalid("bad_password")
    fail(limit)


def test_a_full_limit_takes_nothing_from_the_others(limit: FailureLimit, time: HandTime) -> None:
    other = FailureLimit(5, 60, time)
    for _ in range(3):
        fail(limit)
    for _ in range(20):
        with pytest.raises(TooMany), attempt((other, "x"), (limit, "a")):
            raise AssertionError("not reached")
    for _ in range(5):
        fail(other, "x")


def test_guesses_side_by_side_are_counted_before_they_are_looked_at() -> None:
    limit = FailureLimit(10, 60)
    looked_at = []

    def guess(number: int) -> None:
        try:
            with attempt((limit, "a")):
                looked_at.append(number)
                raise NotSignedIn("bad_credentials")
        except (NotSignedIn, TooMany):
            pass

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(guess, range(500)))
    assert len(looked_at) == 10


def test_memory_stays_small_whatever_is_tried(limit: FailureLimit) -> None:
    for number in range(30_000):
        limit.count(number)
    assert len(limit._failures) <= 10_000


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.168.1.5", "192.168.1.5"),
        ("::ffff:192.168.1.5", "192.168.1.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        (None, ""),
        ("unix:", "unix:"),
    ],
)
def test_an_address_stands_for_who_sends(address: str | None, key: str) -> None:
    assert address_key(address) == key
