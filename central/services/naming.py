"""What the ids of journals and lists are called now: one question to each table, however many lines. Reads only.

Who may see a name is the page's question. What is gone has no name here: the page says so.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from central.store.desk_models import Account, Alert, Instruction, Order, SchoolUser, SigningKey
from central.store.models import Appliance, Cart, Device, School, SchoolGroup
from central.store.rows import tuples_of

_AT_ONCE = 200


class Entry(Protocol):
    """A line of the city's journal, or of a school's (`is_of_school`): the same word means different things there."""

    @property
    def actor(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def school(self) -> str: ...
    @property
    def detail(self) -> Mapping[str, object]: ...
    @property
    def is_of_school(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class DeviceName:
    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Names:
    """`people` and `account_ids_of` by login, `carts` by (school, id); of orders the kind; of alerts kind, subject."""

    people: Mapping[str, str] = field(default_factory=dict)
    account_ids: Mapping[str, str] = field(default_factory=dict)
    account_ids_of: Mapping[str, str] = field(default_factory=dict)
    devices: Mapping[str, DeviceName] = field(default_factory=dict)
    boxes: Mapping[str, str] = field(default_factory=dict)  # an appliance's id -> its school's UAI
    carts: Mapping[tuple[str, str], str] = field(default_factory=dict)
    schools: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    orders: Mapping[str, str] = field(default_factory=dict)
    instructions: Mapping[str, str] = field(default_factory=dict)  # an instruction's id -> its order's
    alerts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    school_users: Mapping[str, str] = field(default_factory=dict)


def names_of(entries: Iterable[Entry]) -> Names:
    """Of all that these lines name."""
    lines = list(entries)
    alerts = _alerts(_named(lines, "alert"))
    devices = _named(lines, "device") | {subject.removeprefix("device:") for _kind, subject in alerts.values()}
    devices |= _told(lines, "device") | _told([one for one in lines if one.action == "device.replace"], "by")
    boxes = _named(lines, "appliance") | _named(lines, "city") | _told(lines, "replaces") | _told(lines, "of")
    schools = {one.school for one in lines if one.school} | _named(lines, "school") | _scopes(lines, "school")
    instructions = dict(
        tuples_of_some(
            Instruction,
            (Instruction.id, Instruction.order),
            Instruction.id,
            _named(lines, "instruction") | _told([one for one in lines if one.is_of_school], "instruction"),
        )
    )
    orders = _named(lines, "order") | set(instructions.values())
    of_boxes = dict(tuples_of_some(Appliance, (Appliance.id, Appliance.school), Appliance.id, boxes))
    with_carts = {one.school for one in lines if one.target.startswith("cart:") or "cart" in one.detail}
    accounts = tuples_of_some(Account, (Account.login, Account.name, Account.id), Account.login, _logins(lines))
    return Names(
        people={login: name for login, name, _id in accounts},
        account_ids=_by_number(Account, Account.name, _named(lines, "account")),  # a few lines name one by its number
        account_ids_of={login: str(id_) for login, _name, id_ in accounts},
        devices=device_names(devices),
        boxes=of_boxes,
        carts=cart_names(with_carts),
        schools=dict(tuples_of_some(School, (School.uai, School.name), School.uai, schools | set(of_boxes.values()))),
        groups=_by_number(SchoolGroup, SchoolGroup.name, _scopes(lines, "group")),
        orders=dict(tuples_of_some(Order, (Order.id, Order.kind), Order.id, orders)),
        instructions=instructions,
        alerts=alerts,
        keys=dict(tuples_of_some(SigningKey, (SigningKey.id, SigningKey.holder), SigningKey.id, _keys(lines))),
        school_users=_by_number(SchoolUser, SchoolUser.name, _named(lines, "school_user")),
    )


def people_names(logins: Iterable[str]) -> dict[str, str]:
    return dict(tuples_of_some(Account, (Account.login, Account.name), Account.login, logins))


def box_schools(appliances: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Whose box it is: (UAI, name)."""
    columns = (Appliance.id, Appliance.school)
    found: dict[str, str] = dict(tuples_of_some(Appliance, columns, Appliance.id, appliances))
    names: dict[str, str] = dict(tuples_of_some(School, (School.uai, School.name), School.uai, found.values()))
    return {appliance: (uai, names.get(uai, uai)) for appliance, uai in found.items()}


def device_names(ids: Iterable[str]) -> dict[str, DeviceName]:
    rows = tuples_of_some(Device, (Device.id, Device.number, Device.name), Device.id, ids)
    return {id_: DeviceName(number, name) for id_, number, name in rows}


def cart_names(schools: Iterable[str]) -> dict[tuple[str, str], str]:
    """A cart's id is its box's own: it means nothing without the school."""
    found: dict[tuple[str, str], str] = {}
    for codes in _lots(schools):
        query = (
            Cart.select(Appliance.school, Cart.id, Cart.name)
            .join(Appliance)
            .where(Appliance.school.in_(codes))
            .order_by(Appliance.claimed_at)
        )
        found |= {(uai, cart): name for uai, cart, name in tuples_of(query)}
    return found


def tuples_of_some(table: Any, columns: tuple[Any, ...], key: Any, wanted: Iterable[object]) -> list[tuple[Any, ...]]:
    """The rows with these keys, so many at once that neither engine minds."""
    return [row for lot in _lots(wanted) for row in tuples_of(table.select(*columns).where(key.in_(lot)))]


def _lots(wanted: Iterable[object]) -> list[list[Any]]:
    ordered = sorted({one for one in wanted if one}, key=str)
    return [ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE)]


def _named(lines: Iterable[Entry], noun: str) -> set[str]:
    """The ids after `noun:` as who acted, and as what it was done to."""
    words = (word for one in lines for word in (one.actor, one.target))
    return {word.removeprefix(f"{noun}:") for word in words if word.startswith(f"{noun}:")}


def _told(lines: Iterable[Entry], name: str) -> set[str]:
    return {str(one.detail[name]) for one in lines if one.detail.get(name)}


def _scopes(lines: Iterable[Entry], kind: str) -> set[str]:
    return {word.removeprefix(f"{kind}:") for word in _named(lines, "scope") if word.startswith(f"{kind}:")}


def _logins(lines: list[Entry]) -> set[str]:
    actors = {one.actor for one in lines if ":" not in one.actor}
    return actors | _named(lines, "account") | _told(lines, "by")


def _keys(lines: list[Entry]) -> set[str]:
    return _named(lines, "key") | _told(lines, "key")


def _by_number(table: Any, name: Any, words: Iterable[str]) -> dict[str, str]:
    return {str(id_): told for id_, told in tuples_of_some(table, (table.id, name), table.id, _numbers(words))}


def _numbers(words: Iterable[str]) -> set[int]:
    return {int(word) for word in words if word.isascii() and word.isdecimal() and len(word) < 10}


def _alerts(words: set[str]) -> dict[str, tuple[str, str]]:
    rows = tuples_of_some(Alert, (Alert.id, Alert.kind, Alert.subject), Alert.id, _numbers(words))
    return {str(id_): (kind, subject) for id_, kind, subject in rows}
