from pathlib import Path

import pytest

from appliance.errors import Conflict, Invalid, NotFound
from appliance.services.carts import CartLine, Carts
from tests.services.school import ADMIN, add_device, deeds
from tests.support.store import HandClock


@pytest.fixture
def carts(store: Path, clock: HandClock) -> Carts:
    return Carts(clock)


def test_a_new_cart_is_listed_with_no_devices(carts: Carts) -> None:
    cart = carts.add("  Classe mobile A ", ADMIN)

    assert carts.listed() == [CartLine(cart.id, "Classe mobile A", 0)]
    assert deeds() == [("user:1", "cart.add", f"cart:{cart.id}")]


def test_only_devices_in_service_are_counted(carts: Carts) -> None:
    cart = carts.add("A", ADMIN)
    add_device(1, cart.id)
    add_device(2, cart.id, status="retired")

    assert carts.get(cart.id).devices == 1


@pytest.mark.parametrize("name", ["A", "a", " A "])
def test_two_carts_cannot_bear_the_same_name(carts: Carts, name: str) -> None:
    carts.add("A", ADMIN)

    with pytest.raises(Conflict):
        carts.add(name, ADMIN)
    assert len(carts.listed()) == 1


@pytest.mark.parametrize("name", ["", "   ", "x" * 10_000, "a\x07b", "\u202eA", None, 3])
def test_a_name_that_is_none_is_refused(carts: Carts, name: object) -> None:
    with pytest.raises(Invalid) as refused:
        carts.add(name, ADMIN)

    assert "name" in refused.value.fields
    assert carts.listed() == []


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "=1+1", "'; DROP TABLE cart;--", "🚀 Bleue"])
def test_a_hostile_name_is_kept_as_data(carts: Carts, name: str) -> None:
    carts.add(name, ADMIN)

    assert [cart.name for cart in carts.listed()] == [name]


def test_a_cart_is_renamed_and_may_change_its_capitals(carts: Carts) -> None:
    cart = carts.add("bleue", ADMIN)
    carts.rename(cart.id, "Bleue", ADMIN)

    assert carts.find("BLEUE").name == "Bleue"


def test_a_cart_with_devices_is_not_removed(carts: Carts) -> None:
    cart = carts.add("A", ADMIN)
    add_device(1, cart.id)

    with pytest.raises(Conflict) as refused:
        carts.remove(cart.id, ADMIN)

    assert refused.value.params["count"] == 1
    assert carts.listed() != []


def test_an_empty_cart_is_removed(carts: Carts) -> None:
    cart = carts.add("A", ADMIN)
    carts.remove(cart.id, ADMIN)

    assert carts.listed() == []
    with pytest.raises(NotFound):
        carts.get(cart.id)
