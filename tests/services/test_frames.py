"""Whether a site may be framed: asked once for a whole class, only of what a device was told to open."""

import threading
from collections.abc import Callable, Iterator

import pytest

from appliance.domain.frames import Answer
from appliance.errors import NotFound
from appliance.services.frames import Frames
from tests.services.test_site_headers import Site, nowhere, served
from tests.support.appliance import wait_for
from tests.support.classroom import School, device_id


@pytest.fixture
def site() -> Iterator[Site]:
    with served() as one:
        yield one


class Hand:
    """A monotonic clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def frames(site: Site, hand: Hand) -> Frames:
    return Frames(nowhere, site.resolve, hand)


@pytest.fixture
def told(school: School, site: Site) -> Callable[[str], str]:
    """Tells every device of a lesson to open a path of the site; its address."""
    lesson = school.start()

    def tell(path: str) -> str:
        school.perform(lesson, "open_link", url=site.url(path))
        return site.url(path)

    return tell


def test_the_sites_headers_decide(site: Site, frames: Frames, told: Callable[[str], str]) -> None:
    site.answers["/no"] = 200, {"X-Frame-Options": "SAMEORIGIN"}
    site.answers["/csp"] = 200, {"Content-Security-Policy": "frame-ancestors 'none'"}
    said = [frames.ask(device_id(1), told(path), over_tls=False) for path in ("/yes", "/no", "/csp")]
    assert said == [Answer.YES, Answer.NO, Answer.NO]


def test_a_page_that_came_over_tls_frames_nothing_that_does_not(frames: Frames, told: Callable[[str], str]) -> None:
    url = told("/")
    assert frames.ask(device_id(1), url, over_tls=True) is Answer.NO
    assert frames.ask(device_id(1), url, over_tls=False) is Answer.YES


def test_only_what_this_device_was_told_to_open_in_this_lesson_is_asked(
    school: School, site: Site, frames: Frames
) -> None:
    lesson = school.start(devices=[device_id(1), device_id(2)])
    school.perform(lesson, "open_link", [device_id(1)], url=site.url("/"))
    school.perform(lesson, "message", text=site.url("/said"))
    for device, url in (
        (device_id(2), site.url("/")),
        (device_id(3), site.url("/")),
        ("d-nosuchid", site.url("/")),
        (device_id(1), site.url("/other")),
        (device_id(1), site.url("/said")),
        (device_id(1), ""),
        (device_id(1), "javascript:alert(1)"),
        (device_id(1), "' OR 1=1 --"),
    ):
        with pytest.raises(NotFound):
            frames.ask(device, url, over_tls=False)
    assert frames.ask(device_id(1), site.url("/"), over_tls=False) is Answer.YES
    school.lessons.end(school.durand, lesson)
    school.start(devices=[device_id(1)])
    with pytest.raises(NotFound):
        frames.ask(device_id(1), site.url("/"), over_tls=False)
    assert [path for path, _, _ in site.asked] == ["/"]


def test_a_class_that_asks_in_the_same_second_asks_the_site_once(
    school: School, site: Site, frames: Frames, told: Callable[[str], str]
) -> None:
    url = told("/")
    start = threading.Barrier(30)
    said: list[Answer] = []

    def ask() -> None:
        start.wait(10)
        said.append(frames._flight(url).result(5))

    threads = [threading.Thread(target=ask) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert said == [Answer.YES] * 30
    assert len(site.asked) == 1


def test_what_is_known_is_believed_for_ten_minutes(
    site: Site, frames: Frames, hand: Hand, told: Callable[[str], str]
) -> None:
    url = told("/")
    for now in (0.0, 599.0):
        hand.now = now
        assert frames.ask(device_id(1), url, over_tls=False) is Answer.YES
    assert len(site.asked) == 1
    site.answers["/"] = 200, {"X-Frame-Options": "DENY"}
    hand.now = 601.0
    assert frames.ask(device_id(1), url, over_tls=False) is Answer.NO


def test_without_a_line_it_is_unknown_and_asked_again_soon(
    school: School, site: Site, hand: Hand, told: Callable[[str], str]
) -> None:
    url, is_there = told("/"), False

    def resolve(host: str, port: int) -> list[str]:
        if not is_there:
            raise OSError("no name server")
        return site.resolve(host, port)

    frames = Frames(nowhere, resolve, hand)
    assert frames.ask(device_id(1), url, over_tls=False) is Answer.UNKNOWN
    is_there, hand.now = True, 21.0
    assert frames.ask(device_id(1), url, over_tls=False) is Answer.YES


def test_a_name_server_that_hangs_holds_up_few_and_the_others_know_nothing(
    site: Site, hand: Hand, told: Callable[[str], str]
) -> None:
    stuck, asked = threading.Event(), []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        stuck.wait(20)
        return ["127.0.0.1"]

    frames = Frames(nowhere, resolve, hand)
    flights = [frames._flight(site.url(f"/{number}")) for number in range(10)]
    wait_for(lambda: len(asked) == 6, what="six are asking")
    assert [flight.result(5) for flight in flights[6:]] == [Answer.UNKNOWN] * 4
    stuck.set()
    assert [flight.result(5) for flight in flights[:6]] == [Answer.YES] * 6


def test_what_is_kept_has_a_bound(site: Site, frames: Frames) -> None:
    for number in range(250):
        frames._flight(site.url(f"/{number}")).result(5)
    assert len(frames._kept) == 200
