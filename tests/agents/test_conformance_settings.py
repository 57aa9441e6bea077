"""Checks 24 to 27: settings that are seen to be taken before anything is built with them."""

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from appliance.domain.webview_kiosk import Unfit, agrees, checked_settings
from simulator.webview_kiosk.keys import KEYS
from simulator.webview_kiosk.settings import Settings
from simulator.webview_kiosk.switches import Switches
from tests.agents.plant import Plant

ARRAY = "web_browsing.kiosk_control_panel_actions"
WHITELIST = "web_content.website_whitelist"


def test_24_nothing_is_rebuilt_before_every_value_is_seen(plant: Plant) -> None:
    for service in (True, False):
        kiosk = plant.ready(Switches(fgs=service), pace=1.0)  # the tablet takes 50 to 800 ms
        before = len(plant.spy.heard(kiosk.username))
        with plant.lesson(kiosk) as lesson:
            plant.wait_for_receipt(kiosk, plant.gesture(lesson, "restrict", internet="blocked"), "succeeded")
            heard = plant.spy.heard(kiosk.username)[before:]
            assert not kiosk.agent.tablet.page.may_open("https://example.org/"), "built with the new values"
        rebuild = next(index for index, one in enumerate(heard) if one.word == "rebuild")
        change = next(index for index, one in enumerate(heard) if one.word == "settings")
        seen = [one for one in heard[change:rebuild] if one.leaf == "response/settings"]
        wanted = heard[change].body["data"]["settings"]
        assert heard[change].body["reloadActivity"] is False and heard[change].body["showToast"] is False
        assert wanted.items() <= seen[-1].body["data"]["settings"].items()
        assert heard[rebuild].body["data"]["settings"] == {}


values: some.SearchStrategy[Any] = some.one_of(
    some.none(),
    some.booleans(),
    some.integers(-10, 100_000),
    some.floats(allow_nan=False),
    some.text(max_size=12),
    some.sampled_from(["DARK", "LIGHT", "BLOCK", "REQUIRE", "true", ".*", "^https?://", "4711"]),
    some.lists(some.sampled_from(["UNLOCK", "SETTINGS", "x"]), max_size=3),
    some.lists(some.sampled_from(["UNLOCK", "SETTINGS"]), max_size=3).map(tuple),
)


@given(some.sampled_from(sorted(KEYS)), values)
def test_25_whatever_may_be_sent_is_taken_as_it_is(key: str, value: Any) -> None:
    try:
        checked = checked_settings({key: value})
    except Unfit:
        return
    tablet = Settings()
    tablet.apply({key: list(value) if isinstance(value, tuple) else value for key, value in checked.items()})
    assert agrees(key, checked[key], tablet.copy()[key], _parsed)


def test_25_the_values_of_that_property_are_not_all_refused() -> None:
    chance = random.Random(1)
    taken = 0
    for key in KEYS:
        for value in (True, 30, "DARK", "BLOCK", "x" * chance.randint(4, 9), ("UNLOCK",)):
            try:
                taken += bool(checked_settings({key: value}))
            except Unfit:
                continue
    assert taken > 30


def _parsed(text: str) -> object:
    import json

    try:
        return json.loads(text)
    except ValueError:
        return None


def test_26_a_setting_that_another_owner_has_fixed_is_told_and_not_tried_for_ever(plant: Plant) -> None:
    kiosk = plant.ready(Switches(restricted=(WHITELIST,)))
    with plant.lesson(kiosk) as lesson:
        gesture = plant.gesture(lesson, "restrict", internet="blocked")
        receipt = plant.wait_for_receipt(kiosk, gesture, "failed", seconds=30)
        assert "fixed_by_owner" in str(receipt.error)
        plant.wait_for_alarm(kiosk, "fixed")
        plant.quiet(kiosk, 2.0)
    assert len(plant.spy.words(kiosk.username, "settings")) <= 3
    page = plant.head.get(f"/admin/agents/{kiosk.device_id}").text
    assert WHITELIST in page


def test_27_an_array_that_comes_back_as_a_text_is_the_same(plant: Plant) -> None:
    kiosk = plant.ready()
    assert kiosk.agent.tablet.settings.copy()[ARRAY] == '["UNLOCK","SETTINGS"]'
    sent = [one.body["data"]["settings"] for one in plant.spy.orders(kiosk.username) if one.leaf == "settings"]
    assert not [one for one in sent if ARRAY in one]
    other = plant.ready(changed={ARRAY: ["UNLOCK"]})
    with plant.lesson(other):
        plant.spy.wait_for_order(other.username, "settings")
        plant.quiet(other)
    assert other.agent.tablet.settings.copy()[ARRAY] == '["UNLOCK","SETTINGS"]'
    assert (
        len([one for one in plant.spy.orders(other.username) if ARRAY in str(one.body) and one.word == "settings"]) == 1
    )
