import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tools import vendor

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def node_modules(root: Path) -> Path:
    return root / "node_modules"


def drawn(sprite: Path) -> list[str]:
    symbols = ElementTree.parse(sprite).getroot().findall(f"{SVG}symbol")
    assert all(len(symbol) for symbol in symbols)
    return [symbol.get("id", "") for symbol in symbols]


def test_the_sprite_holds_each_listed_icon_under_its_name(node_modules: Path, tmp_path: Path) -> None:
    vendor.write_vendor(node_modules, ["lock", "wifi-off"], tmp_path / "vendor")
    assert drawn(tmp_path / "vendor" / "icons.svg") == ["lock", "wifi-off"]


def test_what_is_no_longer_listed_goes_away(node_modules: Path, tmp_path: Path) -> None:
    target = tmp_path / "vendor"
    target.mkdir()
    (target / "left-over.js").write_text("old")
    vendor.write_vendor(node_modules, ["x"], target)
    assert {path.name for path in target.iterdir()} == {*vendor.FILES.values(), "icons.svg"}


def test_an_icon_that_does_not_exist_is_named(node_modules: Path, tmp_path: Path) -> None:
    with pytest.raises(vendor.Missing, match="'no-such-icon'"):
        vendor.write_vendor(node_modules, ["no-such-icon"], tmp_path / "vendor")


def test_remarks_and_blank_lines_are_not_icons() -> None:
    assert vendor.read_names("# ours\n\nx # closes\nlock\nlock\n") == ["lock", "x"]
