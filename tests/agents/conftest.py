"""One appliance for all checks; each has tablets of its own. At the end the spy has heard nothing forbidden."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agents.plant import Plant, running_plant
from tests.agents.spy import Spy

LONGEST = {"command": 10, "request": 10, "settings": 60}


@pytest.fixture(scope="session")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    folder: Path = tmp_path_factory.mktemp("agents")
    with running_plant(folder) as plant:
        yield plant
        must_be_well_behaved(plant.spy)


@pytest.fixture(autouse=True)
def nobody_stays(request: pytest.FixtureRequest) -> Iterator[None]:
    """The tablets of one check are gone before the next begins."""
    yield
    if "plant" in request.fixturenames:
        plant: Plant = request.getfixturevalue("plant")
        for agent in list(plant.fakes.kiosks.agents):
            plant.fakes.stop(agent)


def must_be_well_behaved(spy: Spy) -> None:
    """Check 11: never retained, never QoS 0, always with expiry, never empty, never targets."""
    for one in spy.orders():
        told = f"{one.leaf} {one.payload[:200]!r}"
        assert one.qos == 1, told
        assert not one.retain, told
        assert one.expiry is not None and 0 < one.expiry <= LONGEST[one.leaf], told
        assert one.body, told
        assert not {"targetInstances", "targetUsernames"} & one.body.keys(), told
    for one in spy.heard():
        assert one.payload or one.leaf not in LONGEST, "an empty payload reloads the page"
