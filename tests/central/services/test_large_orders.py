"""An order for more devices than one transaction writes. On both engines."""

import threading
from collections.abc import Callable

import apsw
import pytest

from central.domain.orders import Wish
from central.errors import Unavailable
from central.services.orders import Orders
from central.store.database import connected, writing
from central.store.desk_models import Instruction, Journal, Order
from central.store.models import Appliance, database
from protocol.uplink_words import InstructionKind
from tests.central.services.desk import BOSS, Desk


@pytest.fixture
def desk(city_db: str) -> Desk:
    desk = Desk()
    desk.add_account(BOSS)
    desk.add_school(1, devices=15)
    return desk


def states(order_id: str) -> list[str]:
    return [row.state for row in Instruction.select().where(Instruction.order == order_id)]


class InBetween:
    """The city's key, with something that happens before its nth signature."""

    def __init__(self, desk: Desk, number: int, act: Callable[[], object]) -> None:
        self._sign, self._left, self._act = desk.signing.sign_order, number, act

    def sign_order(self, body: bytes) -> object:
        self._left -= 1
        if self._left == 0:
            self._act()
        return self._sign(body)


def orders_with(desk: Desk, act: Callable[[], object]) -> Orders:
    """Ten places in a transaction; `act` comes after the first one."""
    return Orders(desk.clock, InBetween(desk, 11, act), places_at_once=10)  # type: ignore[arg-type]  # it passes all on


def test_a_large_order_lets_others_write_in_between_and_ends_when_it_is_canceled(desk: Desk) -> None:
    wish = Wish(InstructionKind.IDENTIFY, schools=("0131001A",))

    written: list[str] = []

    def write() -> None:
        with connected(), writing():
            Appliance.update(software="0.2").where(Appliance.id == "a-1").execute()
            written.append("0.2")
        database.close()

    def somebody_writes() -> None:
        thread = threading.Thread(target=write)
        thread.start()
        thread.join(20)

    whole = orders_with(desk, somebody_writes).create(BOSS, wish)
    assert (written, states(whole)) == (["0.2"], ["pending"] * 15)

    def cancel() -> None:
        (newest,) = Order.select().where(Order.id != whole)
        desk.orders.cancel(BOSS, newest.id)

    cut = orders_with(desk, cancel).create(BOSS, wish)
    assert states(cut) == ["canceled"] * 10
    told = [row.action for row in Journal.select().where(Journal.target == f"order:{cut}").order_by(Journal.id)]
    assert told == ["order.create", "order.cancel"]


@pytest.mark.parametrize("problem", [Unavailable("database_busy"), apsw.BusyError("locked"), apsw.FullError("full")])
def test_a_large_order_that_fails_half_way_is_called_back(desk: Desk, problem: Exception) -> None:
    def fail() -> None:
        raise problem

    with pytest.raises(type(problem)):
        orders_with(desk, fail).create(BOSS, Wish(InstructionKind.IDENTIFY, schools=("0131001A",)))
    (order,) = Order.select()
    assert order.canceled_at is not None
    assert states(order.id) == ["canceled"] * 10
