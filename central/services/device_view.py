"""One device: what it is, what it holds, how its battery has been. Never what a pupil did: that never arrives here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from central.domain.alerts import BatteryTrouble, battery_trouble
from central.domain.roles import Viewer
from central.services.desk_settings import DeskSettings
from central.services.school_view import AlertLine, JournalLine, OrderLine, alert_lines, journal_lines, order_lines
from central.services.scope import readable_device
from central.store.desk_models import Alert
from central.store.models import Appliance, BatteryDay, Cart, Device, School
from protocol.uplink_words import Standing

_BATTERY_DAYS = 60


@dataclass(frozen=True, slots=True)
class BatteryPoint:
    period: str
    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class DeviceView:
    """`cart`: its name. `battery_days`: the oldest first. `box`: its standing; empty without one."""

    id: str
    uai: str
    school: str
    appliance: str | None
    by_hand: bool
    serial: str
    number: int
    name: str
    kind: str
    status: str
    manufacturer: str
    model: str
    os: str
    agent: str
    cart: str
    enrolled_at: datetime | None
    seen_at: datetime | None
    battery: int | None
    charging: bool | None
    free_bytes: int | None
    in_lesson: bool
    lesson_day: date | None
    held: tuple[str, ...]
    cart_id: str
    box: str
    packages: Mapping[str, str]
    capabilities: tuple[str, ...]
    remark: str
    updated_at: datetime
    battery_days: tuple[BatteryPoint, ...]
    battery_trouble: BatteryTrouble | None


_SAME = (
    "id", "appliance", "by_hand", "serial", "number", "name", "kind", "status", "manufacturer", "model", "os", "agent",
    "enrolled_at", "seen_at", "battery", "charging", "free_bytes", "in_lesson", "remark", "updated_at",
)  # fmt: skip


class DeviceViews:
    def __init__(self, settings: DeskSettings) -> None:
        self._settings = settings

    def view(self, device_id: str, viewer: Viewer) -> DeviceView:
        row = readable_device(viewer, device_id)
        days = _battery_days(device_id)
        return DeviceView(
            **{name: getattr(row, name) for name in _SAME},
            uai=row.school_id,
            school=School.get_by_id(row.school_id).name,
            cart=_cart(row),
            cart_id=row.cart,
            box=_standing(row.appliance),
            lesson_day=_day(row.lesson_day),
            held=tuple(row.held or ()),
            packages=dict(sorted((row.packages or {}).items())),
            capabilities=tuple(row.capabilities or ()),
            battery_days=days,
            battery_trouble=battery_trouble([(one.lowest, one.highest) for one in days], self._settings.thresholds()),
        )

    def carts(self, appliance: str | None) -> list[tuple[str, str]]:
        """Where a device of this box may go: (id, name)."""
        rows = Cart.select().where(Cart.appliance == (appliance or "")).order_by(Cart.name)
        return [(row.id, row.name) for row in rows]

    def carts_of_school(self, uai: str) -> list[tuple[str, str]]:
        """Of the box that is in service there."""
        box = Appliance.get_or_none(Appliance.school == uai, Appliance.standing == Standing.ACTIVE.value)
        return [] if box is None else self.carts(box.id)

    def alerts(self, device_id: str) -> list[AlertLine]:
        """Its last ones, open or over."""
        return alert_lines(Alert.subject == f"device:{device_id}", 10)

    def orders(self, view: DeviceView) -> list[OrderLine]:
        return order_lines(view.uai, view.id)

    def journal(self, view: DeviceView) -> list[JournalLine]:
        return journal_lines(view.uai, f"device:{view.id}")


def _standing(appliance: str | None) -> str:
    row = Appliance.get_or_none(Appliance.id == (appliance or ""))
    return "" if row is None else str(row.standing)


def _battery_days(device_id: str) -> tuple[BatteryPoint, ...]:
    newest = (
        BatteryDay.select()
        .where(BatteryDay.device == device_id)
        .order_by(BatteryDay.period.desc())
        .limit(_BATTERY_DAYS)
    )
    return tuple(BatteryPoint(one.period, one.lowest, one.highest) for one in reversed(list(newest)))


def _day(text: str | None) -> date | None:
    """A week is no day; a box may tell what we cannot read."""
    try:
        return None if text is None or "W" in text else date.fromisoformat(text)
    except ValueError:
        return None


def _cart(row: Device) -> str:
    if not row.cart or not row.appliance:
        return row.cart
    cart = Cart.get_or_none(Cart.appliance == row.appliance, Cart.id == row.cart)
    return row.cart if cart is None else str(cart.name)
