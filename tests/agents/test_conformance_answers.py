"""Checks 12 to 15: one message at a time, answers that are late, double, foreign or odd."""

from simulator.webview_kiosk.switches import Switches, Trouble
from tests.agents.plant import OUTSIDE, Kiosk, Plant
from tests.support.appliance import wait_for


def must_ask_one_at_a_time(plant: Plant, kiosk: Kiosk) -> None:
    """No message before the question before it was answered, or waited for in vain for at least a second.

    Who comes anew has not heard what was asked before.
    """
    open_since: dict[str, float] = {}
    for one in plant.spy.heard(kiosk.username):
        if one.is_order:
            assert all(one.at - since > 0.9 for since in open_since.values()), plant.spy.words(kiosk.username)
            open_since.clear()
            if one.leaf == "request":
                open_since[str(one.body["messageId"])] = one.at
        elif one.leaf == "event/connected":
            open_since.clear()
        elif one.leaf.startswith("response/"):
            open_since.pop(str(one.body.get("requestMessageId")), None)


def test_12_one_message_at_a_time_and_the_end_is_right_in_any_order(plant: Plant) -> None:
    kiosk = plant.ready(Switches(reorder=True, fgs=True))
    tablet = kiosk.agent.tablet
    with plant.lesson(kiosk) as lesson:
        for value in ("blocked", "allowed", "blocked"):
            last = plant.gesture(lesson, "restrict", internet=value)
        plant.wait_for_receipt(kiosk, last, "succeeded")
        assert tablet.page.may_open("https://fr.wikipedia.org/") is False
        assert tablet.page.may_open(f"{plant.box.url}/pupil") is True
        last = plant.gesture(lesson, "restrict", internet="allowed")
        plant.wait_for_receipt(kiosk, last, "succeeded")
        assert tablet.page.may_open("https://fr.wikipedia.org/") is True
    must_ask_one_at_a_time(plant, kiosk)


def test_13_an_answer_is_known_by_the_request_s_id_and_not_by_its_topic(plant: Plant) -> None:
    kiosk = plant.ready()
    answer = next(one for one in plant.spy.heard(kiosk.username) if one.leaf == "response/status")
    assert answer.body["responseType"] == "get_status"
    asked = {one.body["messageId"] for one in plant.spy.orders(kiosk.username) if one.word == "get_status"}
    assert answer.body["requestMessageId"] in asked
    assert len(asked) == plant.spy.words(kiosk.username).count("get_status"), "a fresh id each time"


def test_13_answers_that_belong_to_no_question_are_none(plant: Plant) -> None:
    troubles = (Trouble.LATE, Trouble.WRONG_ID, Trouble.NO_ID, Trouble.GARBLED)
    kiosks = [plant.tablet(None, trouble) for trouble in troubles]
    for kiosk, trouble in zip(kiosks, troubles, strict=True):
        plant.wait_for_presence(kiosk, "stale")
        answers = [one for one in plant.spy.leaves(kiosk.username) if one == "response/status"]
        assert answers or trouble is Trouble.LATE
        assert set(plant.spy.words(kiosk.username)) == {"get_status"}, trouble


def test_13_an_answer_that_comes_twice_counts_once(plant: Plant) -> None:
    kiosk = plant.ready(None, Trouble.TWICE)
    with plant.lesson(kiosk) as lesson:
        plant.wait_for_receipt(kiosk, plant.gesture(lesson, "report"), "succeeded")
    must_ask_one_at_a_time(plant, kiosk)


def test_14_what_a_tablet_did_not_understand_is_logged_and_not_asked_again(plant: Plant) -> None:
    kiosk = plant.ready(None, Trouble.OLD_VERSION)
    said = next(one for one in plant.spy.heard(kiosk.username) if one.leaf == "response/error")
    assert said.body["payloadStr"] and said.body["errorMessage"]
    with plant.lesson(kiosk) as lesson:
        plant.wait_for_receipt(kiosk, plant.gesture(lesson, "open_link", url=OUTSIDE), "succeeded")
    plant.quiet(kiosk)
    assert plant.spy.words(kiosk.username, "get_system_info") == ["get_system_info"]
    wait_for(lambda: "not_understood" in plant.box.log(), 5, "it is logged")


def test_15_a_status_with_fields_missing_odd_and_more_is_read(plant: Plant) -> None:
    kiosk = plant.tablet(None, Trouble.STRANGE_STATUS)
    plant.wait_for_presence(kiosk, "ready")
    with plant.lesson(kiosk) as lesson:
        plant.wait_for_receipt(kiosk, plant.gesture(lesson, "report"), "succeeded")
        board = plant.teacher.board(lesson)
        assert board["tiles"][0]["battery"] in (0, {"level": 0, "charging": False}), board["tiles"][0]
