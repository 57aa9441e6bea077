"""One real city for a module's tests; each test has a school and boxes of its own."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.central import HOST, Central, running_central
from tests.uplink.hand_box import HandBox

_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Central]:
    with running_central(tmp_path_factory.mktemp("city")) as city:
        yield city


@pytest.fixture
def uai(city: Central) -> str:
    return city.new_school(next(_numbers))


@pytest.fixture
def new_box(city: Central, tmp_path: Path) -> Callable[..., HandBox]:
    def make(name: str = "box", port: int | None = None) -> HandBox:
        return HandBox(tmp_path / name, f"{HOST}:{port or city.uplink_port}")

    return make
