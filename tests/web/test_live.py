"""Live boards: what was read first is sent first, to those who watch this lesson now, and to nobody else."""

import threading
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from flask_socketio import SocketIO
from flask_socketio.test_client import SocketIOTestClient

from appliance.domain.people import Role
from appliance.services.board import Board
from appliance.services.lessons import Plan
from appliance.services.people import Person
from appliance.web.live import LiveBoard, Trouble
from tests.services.school import add_device
from tests.web.conftest import Site


@dataclass
class SlowBoard:
    """The real board, which in one thread takes its time between reading and answering."""

    board: Board
    slow: threading.Thread | None = None
    has_read: threading.Event = field(default_factory=threading.Event)
    may_answer: threading.Event = field(default_factory=threading.Event)

    def snapshot(self, lesson_id: str) -> dict[str, Any]:
        found = self.board.snapshot(lesson_id)
        if threading.current_thread() is self.slow:
            self.has_read.set()
            assert self.may_answer.wait(10)
        return found


@dataclass
class Room:
    site: Site
    live: LiveBoard
    board: SlowBoard

    def page(self, login: str = "durand") -> SocketIOTestClient:
        browser = self.site.browser()
        browser.sign_in(login)
        socketio: SocketIO = self.site.app.extensions["socketio"]
        return socketio.test_client(self.site.app, flask_test_client=browser.client)


@pytest.fixture
def room(site: Site, teacher: Person) -> Room:
    board = SlowBoard(site.services.board)
    services = replace(site.services, board=board)  # type: ignore[arg-type]  # the real one is inside
    return Room(site, LiveBoard(services, site.app.extensions["socketio"], 8), board)


@pytest.fixture
def lessons(site: Site, teacher: Person) -> list[str]:
    return [site.services.lessons.start(teacher.actor, Plan("Lecture", 45, [add_device(n)])) for n in (1, 2)]


def boards(page: SocketIOTestClient) -> list[dict[str, Any]]:
    return [one["args"][0] for one in page.get_received() if one["name"] == "board"]


def watch(page: SocketIOTestClient, lesson_id: str) -> Any:
    return page.emit("watch", {"lesson": lesson_id}, callback=True)


def test_a_board_that_was_read_before_a_change_never_arrives_after_it(
    room: Room, teacher: Person, lessons: list[str]
) -> None:
    first, late = room.page(), room.page()
    watch(first, lessons[0])
    room.live.step()
    coming = threading.Thread(target=watch, args=(late, lessons[0]))
    room.board.slow = coming
    coming.start()
    assert room.board.has_read.wait(10)
    room.site.services.lessons.extend(teacher.actor, lessons[0], 15)
    looking = threading.Thread(target=room.live.step)
    looking.start()
    looking.join(0.5)  # without an order it would have sent the change by now
    room.board.may_answer.set()
    coming.join(10)
    looking.join(10)
    truth = room.site.services.board.snapshot(lessons[0])["lesson"]["ends_at"]
    for page in (first, late):
        heard = boards(page)
        assert [one["rev"] for one in heard] == sorted(one["rev"] for one in heard)
        assert [one for one in heard if "lesson" in one][-1]["lesson"]["ends_at"] == truth


def test_a_page_hears_of_the_lesson_that_it_watches_now_and_of_no_other(
    room: Room, teacher: Person, lessons: list[str]
) -> None:
    page = room.page()
    for lesson_id in lessons:
        assert watch(page, lesson_id) == {}
    stays = room.page()
    watch(stays, lessons[0])
    room.live.step()
    boards(page)
    room.site.services.lessons.extend(teacher.actor, lessons[0], 15)
    room.live.step()
    assert boards(page) == []
    assert len(boards(stays)) >= 1


def test_a_colleague_is_told_nothing_of_a_lesson(room: Room, teacher: Person, lessons: list[str]) -> None:
    room.site.add("petit", Role.TEACHER)
    room.site.add("martin", Role.ADMINISTRATOR)
    page = room.page("petit")
    assert watch(page, lessons[0]) == {"error": "not_your_lesson"}
    assert watch(page, "no-such-lesson") == {"error": "no_lesson"}
    room.site.services.lessons.extend(teacher.actor, lessons[0], 15)
    room.live.step()
    assert page.get_received() == []
    director = room.page("martin")
    assert watch(director, lessons[0]) == {}
    assert boards(director)[0]["lesson"]["id"] == lessons[0]


def test_a_look_that_fails_each_second_is_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    trouble = Trouble()
    for second in range(121):
        try:
            raise RuntimeError("the store is broken")
        except RuntimeError:
            trouble.tell(float(second))
    assert [record.getMessage() for record in caplog.records] == [
        f"live_look_failed untold={untold}" for untold in (0, 59, 59)
    ]
