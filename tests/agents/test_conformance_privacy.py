"""Checks 11 and 30: what is never on the wire or written down, and thirty tablets that come back at once."""

import time
from pathlib import Path

from tests.agents.conftest import must_be_well_behaved
from tests.agents.plant import OUTSIDE, Plant
from tests.support.appliance import wait_for

SECRET_PATH, SECRET_QUERY = "pages-de-camille", "reponse=42"
THIRTY = 30


def test_11_a_whole_lesson_is_spoken_as_the_contract_wants_it(plant: Plant) -> None:
    kiosk = plant.ready()
    with plant.lesson(kiosk) as lesson:
        for kind, args in (
            ("eyes_up", {"message": "Regardez"}),
            ("eyes_free", {}),
            ("open_link", {"url": OUTSIDE}),
            ("message", {"text": "Bonjour"}),
            ("restrict", {"internet": "blocked"}),
            ("identify", {}),
        ):
            gesture = plant.gesture(lesson, kind, **args)
            plant.wait_for_receipt(kiosk, gesture, "succeeded", "failed", "rejected")
    plant.quiet(kiosk)
    leaves = {one.leaf for one in plant.spy.orders(kiosk.username)}
    assert leaves == {"command", "request", "settings"}
    must_be_well_behaved(plant.spy)


def test_30_no_path_and_no_query_is_ever_written_down(plant: Plant) -> None:
    kiosk = plant.ready(pace=0.1)
    address = f"{plant.box.url}/{SECRET_PATH}?{SECRET_QUERY}"
    with plant.lesson(kiosk) as lesson:
        plant.fakes.act(kiosk.agent, lambda tablet, now: tablet.browse(address, now))
        plant.spy.wait(lambda one: one.leaf == "event/url_changed" and SECRET_PATH.encode() in one.payload)
        plant.wait_for_receipt(kiosk, plant.gesture(lesson, "report"), "succeeded")
    plant.quiet(kiosk)
    found = [path for path in written(plant) if holds(path, SECRET_PATH) or holds(path, SECRET_QUERY)]
    assert found == []
    assert SECRET_PATH not in plant.box.log()


def written(plant: Plant) -> list[Path]:
    folders = (plant.config.data_path, plant.config.runtime_path)
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


def holds(path: Path, text: str) -> bool:
    try:
        return text.encode() in path.read_bytes()
    except OSError:
        return False


def test_30_thirty_tablets_that_come_back_at_once_are_ready_within_fifteen_seconds(plant: Plant) -> None:
    kiosks = [plant.tablet() for _ in range(THIRTY)]
    for kiosk in kiosks:
        plant.wait_for_presence(kiosk, "ready", seconds=60)
    for kiosk in kiosks:
        kiosk.agent.tablet.manner.pace = 1.0
    since = time.monotonic()
    for kiosk in kiosks:
        plant.fakes.do(kiosk.agent.cut)
    wait_for(lambda: {plant.presence(kiosk) for kiosk in kiosks} == {"offline"}, 10, "all are seen to go")
    wait_for(lambda: {plant.presence(kiosk) for kiosk in kiosks} == {"ready"}, 20, "all are back")
    assert time.monotonic() - since < 15.0
