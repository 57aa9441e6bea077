"""A page's agent in a lesson: what the teacher wants reaches it, and the board says what it says."""

from typing import Any
from uuid import uuid4

from tests.pupil.agent_page import Bench
from tests.support.appliance import Browser as Client
from tests.support.appliance import wait_for


def tile(client: Client, lesson_id: str, device_id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in client.board(lesson_id)["tiles"] if one["device_id"] == device_id)
    return found


def restrict(client: Client, lesson_id: str, **args: Any) -> None:
    answer = client.gesture(lesson_id, "restrict", str(uuid4()), args=args)
    assert answer.ok, answer.text


def test_a_page_is_locked_and_freed_and_the_board_knows(bench: Bench, durand: Client) -> None:
    pupil = bench.device()
    lesson = durand.start_lesson([pupil.id])
    wait_for(lambda: tile(durand, lesson, pupil.id)["presence"] == "online" or None, what="online on the board")
    restrict(durand, lesson, lock={"message": "On range"}, sound="blocked")
    pupil.wait_lock("On range")
    assert pupil.state["restrictions"]["sound"] == "blocked"
    assert pupil.state["lesson"]["teacher"] == "Durand"
    assert pupil.state["until"] is not None
    wait_for(lambda: tile(durand, lesson, pupil.id)["applied"] or None, what="the board knows")
    assert tile(durand, lesson, pupil.id)["app"]["package"] == "web:preau"
    restrict(durand, lesson, lock=None)
    pupil.wait_lock(None)


def test_a_message_is_done_once_and_its_receipt_says_so(bench: Bench, durand: Client) -> None:
    pupil = bench.device()
    lesson = durand.start_lesson([pupil.id])
    answer = durand.gesture(lesson, "message", str(uuid4()), args={"text": "Bonjour"})
    assert answer.ok, answer.text
    command = pupil.wait_command("message")
    assert command["args"]["text"] == "Bonjour"
    assert command["from_lesson"] == lesson
    wait_for(lambda: tile(durand, lesson, pupil.id)["receipt"]["status"] == "succeeded" or None, what="the receipt")
    assert len(pupil.commands) == 1


def test_a_closed_tab_is_offline_within_five_seconds(bench: Bench, durand: Client) -> None:
    pupil = bench.device()
    lesson = durand.start_lesson([pupil.id])
    wait_for(lambda: tile(durand, lesson, pupil.id)["presence"] == "online" or None, what="online on the board")
    pupil.close()
    wait_for(lambda: tile(durand, lesson, pupil.id)["presence"] == "offline" or None, what="offline on the board")
