"""What a page's agent tells by itself: usage, kept until the hub has it, and what the pupil does."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.pupil.agent_page import Bench, PupilPage
from tests.pupil.hub_peer import HubPeer, playing_hub, soon
from tests.support.appliance import Appliance, wait_for


@pytest.fixture(scope="module")
def hub(box: Appliance, link: str) -> Iterator[HubPeer]:
    with playing_hub(box) as hub:
        yield hub


def records(hub: HubPeer, pupil: PupilPage) -> list[dict[str, Any]]:
    """Each once, with its boot."""
    found = {}
    for batch in hub.heard(pupil.id, "usage"):
        for one in batch["records"]:
            found[batch["boot"], one["seq"]] = one | {"boot": batch["boot"]}
    return list(found.values())


def use(pupil: PupilPage, app: str, seconds: float) -> None:
    pupil.send(type="front", app=app)
    pupil.spend(seconds)
    pupil.send(type="front", app="web:preau")


def events(hub: HubPeer, pupil: PupilPage) -> list[str]:
    return [one["type"] for one in hub.heard(pupil.id, "events")]


def test_what_is_opened_is_counted_by_its_host_until_the_hub_has_it(bench: Bench, hub: HubPeer) -> None:
    pupil = bench.device()
    use(pupil, "web:fr.example.org/chemin?eleve=Zoe", 1.3)
    use(pupil, "web:preau", 1.3)
    use(pupil, "web:other.example.org", 1.3)
    first, second = wait_for(lambda: records(hub, pupil)[:2] if len(records(hub, pupil)) >= 2 else None, what="two")
    assert [first["app"], second["app"]] == ["web:fr.example.org", "web:other.example.org"]
    assert [first["seq"], second["seq"]] == [1, 2]
    assert first["seconds"] in (1, 2)
    assert first["started_at"][:10] == soon(0).isoformat()[:10]
    assert "chemin" not in str(hub.heard(pupil.id, "usage"))

    hub.cover_usage(pupil.id, first["boot"], 1)
    hub.wait_ack(hub.order(pupil.id, "report", {}), "done")
    before = len(hub.heard(pupil.id, "usage"))
    pupil.reload().wait_online()
    again = wait_for(lambda: hub.heard(pupil.id, "usage")[before:], what="what is not covered is sent again")
    assert [(one["boot"], [record["seq"] for record in one["records"]]) for one in again] == [(first["boot"], [2])]

    hub.cover_usage(pupil.id, first["boot"], 2)
    hub.wait_ack(hub.order(pupil.id, "report", {}), "done")
    use(pupil, "web:fr.example.org", 1.3)
    third = wait_for(lambda: hub.heard(pupil.id, "usage")[before + 1 :], what="a record of the new boot")
    assert third[-1]["boot"] != first["boot"]
    assert [one["seq"] for one in third[-1]["records"]] == [1]


def test_nothing_is_counted_under_a_lock_or_out_of_sight(bench: Bench, hub: HubPeer) -> None:
    pupil = bench.device()
    hub.want(pupil.id, soon(600), lock={"message": "On range"})
    pupil.wait_lock("On range")
    use(pupil, "web:fr.example.org", 1.5)
    pupil.send(type="front", app=None)
    hub.want(pupil.id, None)
    pupil.wait_lock(None)
    use(pupil, "web:seen.example.org", 1.3)
    wait_for(lambda: records(hub, pupil), what="one record")
    assert [one["app"] for one in records(hub, pupil)] == ["web:seen.example.org"]


def test_a_guest_is_not_counted(bench: Bench, hub: HubPeer) -> None:
    guest, pupil = bench.open(), bench.device()
    guest.enroll(bench.link)
    guest.start(guest=True).wait_online()
    use(guest, "web:fr.example.org", 1.3)
    use(pupil, "web:fr.example.org", 1.3)
    wait_for(lambda: records(hub, pupil), what="the other's record")
    assert records(hub, guest) == []


def test_a_hand_is_told_once_survives_a_reload_and_comes_down_with_the_lesson(bench: Bench, hub: HubPeer) -> None:
    pupil = bench.device()
    hub.want(pupil.id, soon(600))
    pupil.wait(lesson={"id": "lesson-1", "teacher": "Mme Durand"})
    pupil.send(type="hand", raised=True)
    pupil.send(type="hand", raised=True)
    pupil.wait(hand=True)
    wait_for(lambda: events(hub, pupil) == ["hand_raised"] or None, what="told once")
    pupil.reload().wait_online()
    pupil.wait(hand=True)
    wait_for(lambda: events(hub, pupil) == ["hand_raised", "hand_raised"] or None, what="told again")
    hub.want(pupil.id, None, lesson=None)
    pupil.wait(hand=False)
    wait_for(lambda: events(hub, pupil)[-1] == "hand_lowered" or None, what="lowered")
    pupil.send(type="hand", raised=True)
    hub.wait_ack(hub.order(pupil.id, "identify", {}), "done")
    assert pupil.state["hand"] is False
    assert events(hub, pupil)[-1] == "hand_lowered"


def test_leaving_the_page_in_a_lesson_is_told_and_a_glance_away_is_not(bench: Bench, hub: HubPeer) -> None:
    pupil = bench.device()
    hub.want(pupil.id, soon(600))
    pupil.wait(lesson={"id": "lesson-1", "teacher": "Mme Durand"})
    pupil.send(type="front", app="web:fr.example.org")
    pupil.send(type="front", app=None)
    pupil.send(type="front", app="web:preau")
    pupil.send(type="opened", ref="abc")
    wait_for(lambda: events(hub, pupil) == ["document_opened"] or None, what="opened")
    pupil.send(type="front", app=None)
    wait_for(lambda: events(hub, pupil) == ["document_opened", "left_app"] or None, what="left")
    assert hub.heard(pupil.id, "events")[-1]["ref"] == "web:preau"
