"""Downloads: with credentials, checked against what was announced, and honest about why they failed."""

import threading
from typing import Any

import pytest

from simulator.fetch import Credentials, Wanted, fetch
from tests.simulator.appliance_http import Answer
from tests.simulator.school import School

CONTENT = bytes(range(256)) * 1000


def test_a_file_that_comes_whole_is_fine(school: School) -> None:
    _served, args = school.shelve("a.pdf", CONTENT)
    assert get(school, args) is None


def test_without_the_devices_password_there_is_no_file(school: School) -> None:
    _served, args = school.shelve("a.pdf", CONTENT)
    assert get(school, args, password="wrong") == "HTTP 401"


def test_a_file_that_is_not_there_is_not_asked_for_again(school: School) -> None:
    _served, args = school.shelve("a.pdf", CONTENT)
    assert get(school, args | {"url": f"{school.http.base}/documents/{'0' * 64}"}) == "HTTP 404"


@pytest.mark.parametrize(("change", "reason"), [({"sha256": "0" * 64}, "sha256 differs"), ({"size": 1000}, "larger")])
def test_what_is_not_as_announced_is_refused(school: School, change: dict[str, Any], reason: str) -> None:
    served, args = school.shelve("a.pdf", CONTENT)
    school.http.documents["0" * 64] = served
    wanted = args | change
    problem = get(school, wanted)
    assert problem is not None
    assert reason in problem


@pytest.mark.contract("8.still_fetching_is_503_with_retry_after")
def test_a_file_that_the_appliance_still_fetches_is_waited_for(school: School) -> None:
    served, args = school.shelve("a.pdf", CONTENT)
    served.answers.append(Answer(503, {"Retry-After": "0.1"}))
    assert get(school, args) is None


def test_a_line_that_always_breaks_is_given_up(school: School) -> None:
    served, args = school.shelve("a.pdf", CONTENT)
    served.cuts.extend([10] * 100)
    problem = get(school, args)
    assert problem is not None
    assert problem.startswith("connection lost")
    assert len(served.ranges) < 10


def test_a_server_that_does_not_resume_starts_over(school: School) -> None:
    served, args = school.shelve("a.pdf", CONTENT)
    served.cuts.append(100_000)
    sha256 = args["sha256"]
    # The server knows the file under another tag, so that If-Range fails and all of it comes again.
    school.http.documents["other"] = served
    assert get(school, args | {"url": f"{school.http.base}/documents/other", "sha256": sha256}) is None
    assert len(served.ranges) == 2


def get(school: School, args: dict[str, Any], password: str | None = None) -> str | None:
    school.broker.passwords.setdefault("d-00000001", "right")
    credentials = Credentials("d-00000001", password or "right")
    ending = threading.Event()
    return fetch(Wanted(args["url"], args["size"], args["sha256"]), credentials, lambda _seconds: ending.wait(0.01))
