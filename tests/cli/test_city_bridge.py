"""For which boxes the bridge to the city is kept."""

import pytest

from appliance.cli.city_bridge import is_awaited
from appliance.store.city_models import CityLink
from protocol.uplink_words import Standing


@pytest.mark.parametrize(
    ("standing", "other_chosen", "expected"),
    [
        (Standing.ACTIVE, False, True),
        (Standing.FENCED, False, True),  # a choice is heard at once
        (Standing.FENCED, True, False),  # the chosen one has the same name there
        (Standing.REVOKED, False, False),
        (Standing.REPLACED, False, False),
    ],
)
def test_one_that_waits_for_a_choice_keeps_its_bridge_and_one_that_lost_it_does_not(
    standing: Standing, other_chosen: bool, expected: bool
) -> None:
    assert is_awaited(CityLink(standing=standing.value, other_chosen=other_chosen)) is expected
