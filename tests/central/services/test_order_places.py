"""Where an order may go, and how the list says where it went. On both engines."""

import pytest

from central.domain.orders import Wish
from central.domain.roles import Role, Viewer
from central.errors import Conflict, Invalid, NotFound
from central.store.desk_models import Order
from central.store.models import Appliance, Cart
from protocol.uplink_words import InstructionKind
from tests.central.services.desk import BOSS, Desk


@pytest.fixture
def desk(city_db: str) -> Desk:
    return Desk()


def test_a_device_without_an_appliance_in_service_is_not_ordered_anything(desk: Desk) -> None:
    desk.add_school(1, devices=1)
    with pytest.raises(NotFound):
        desk.orders.create(BOSS, Wish(InstructionKind.IDENTIFY, devices=("d-9-9",)))
    Appliance.update(standing="fenced").execute()
    report = InstructionKind.REPORT
    for wish in (
        Wish(report, devices=("d-1-0",)),
        Wish(report, schools=("0131001A",)),
        Wish(report, appliances=("a-1",)),
    ):
        with pytest.raises(Conflict):
            desk.orders.create(BOSS, wish)


def test_a_device_goes_to_a_cart_that_its_own_box_has(desk: Desk) -> None:
    for school in (1, 2):
        desk.add_school(school, devices=1)
        Cart.insert(appliance=f"a-{school}", id=f"c{school}", name="Bleue").execute()
    for cart, devices in (("99", ("d-1-0",)), ("c2", ("d-1-0",)), ("c1", ("d-1-0", "d-2-0"))):
        with pytest.raises(Invalid) as refused:
            desk.orders.create(BOSS, Wish(InstructionKind.MOVE, {"cart": cart}, devices=devices))
        assert refused.value.fields == {"cart": "unknown_cart"}
    assert not Order.select().exists()
    for cart in ("c1", ""):
        desk.orders.create(BOSS, Wish(InstructionKind.MOVE, {"cart": cart}, devices=("d-1-0",)))


def test_the_list_says_where_each_order_went_as_far_as_its_reader_may_know(desk: Desk) -> None:
    for school in (1, 2):
        desk.add_school(school, devices=2)
    desk.orders.create(BOSS, Wish(InstructionKind.REPORT, devices=("d-1-0", "d-1-1", "d-2-0")))
    desk.clock.pass_by(seconds=1)
    desk.orders.create(BOSS, Wish(InstructionKind.REPORT, devices=("d-2-0", "d-2-1")))
    lines, _ = desk.reader.listed(BOSS)
    assert [(one.schools, one.school_name) for one in lines] == [(1, "École 2"), (2, "École 1")]
    director = Viewer(3, "d", "D", Role.DIRECTOR, "0131002A")
    assert {(one.schools, one.school) for one in desk.reader.listed(director)[0]} == {(1, "0131002A")}
