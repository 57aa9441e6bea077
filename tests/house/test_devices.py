"""docs/devices.md says what the code says, cell by cell."""

from pathlib import Path

import pytest

from protocol.device import Capability, Kind
from tools import devices


@pytest.fixture(scope="module")
def script(root: Path) -> str:
    return (root / "appliance/web/static/js/pupil/agent/abilities.js").read_text(encoding="utf-8")


def test_the_table_of_devices_is_the_one_that_the_code_makes(script: str) -> None:
    text = devices.PAGE.read_text(encoding="utf-8")
    assert text == devices.with_table(text, devices.table(script)), "run: .venv/bin/python -m tools.devices"


def test_every_capability_of_the_protocol_has_its_row_but_what_only_the_city_does() -> None:
    assert {str(word) for word in Capability} - set(devices.GESTURES) == {"packages"}


def test_a_page_declares_words_of_the_protocol_and_a_screen_less_than_a_tablet(script: str) -> None:
    tablet, screen = (set(devices.page_abilities(kind, script)) for kind in (Kind.TABLET, Kind.SCREEN))
    assert tablet <= set(devices.GESTURES)
    assert screen < tablet


def test_a_script_without_its_abilities_is_not_taken_for_one_that_can_do_nothing() -> None:
    with pytest.raises(SystemExit, match="OF_A_PAGE"):
        devices.page_abilities(Kind.TABLET, "const OF_A_SCREEN = [];")
