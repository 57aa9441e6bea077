"""Who may do what in the console, and which columns each role sees: two tables, and nothing else decides it.

Knows no account, no table and no page. A route names one capability; a page asks for one column.
"""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    ADMINISTRATOR = "admin"
    TECHNICIAN = "technician"
    DIRECTOR = "director"  # of one school
    ERUN = "erun"  # aggregates only
    DEPARTMENT = "department"  # aggregates only


class Capability(StrEnum):
    OWN_ACCOUNT = "own_account"  # everybody who is signed in
    SEE_STATISTICS = "see_statistics"  # sums, never a device
    SEE_SCHOOLS = "see_schools"  # those of one's scope: schools, boxes, devices, alerts
    SEE_FLEET = "see_fleet"  # all schools beside each other
    SEE_SCHOOL_JOURNAL = "see_school_journal"
    SEE_JOURNAL = "see_journal"  # the city's
    EXPORT = "export"
    ACKNOWLEDGE = "acknowledge"  # an alert
    EDIT_INVENTORY = "edit_inventory"
    ORDER_ROUTINE = "order_routine"
    ORDER_SENSITIVE = "order_sensitive"
    ORDER_DESTRUCTIVE = "order_destructive"
    CONFIRM_ORDER = "confirm_order"  # as the second person
    READ_LOGS = "read_logs"
    WATCH_LIVE = "watch_live"
    MANAGE_SCHOOLS = "manage_schools"  # create, claim codes, revoke a box, restore
    MANAGE_CONFIGURATION = "manage_configuration"
    MANAGE_STAFF = "manage_staff"  # of the schools, synchronized from here
    MANAGE_ACCOUNTS = "manage_accounts"
    MANAGE_KEYS = "manage_keys"


class Column(StrEnum):
    """What not everybody who sees a row may see in it."""

    SERIAL = "serial"  # serial numbers and hardware addresses
    PACKAGES = "packages"
    REMARK = "remark"  # of the city's IT, about a device or an alert
    BATTERY = "battery"
    STAFF_LOGIN = "staff_login"  # who acted in a school's journal
    ACCOUNT = "account"  # who acted in the city
    BOX = "box"  # a box's software, disk, clock, line, epoch
    DEVICE = "device"  # a device by its name, one by one


_C = Capability
_AGGREGATES = frozenset({_C.OWN_ACCOUNT, _C.SEE_STATISTICS})
_SCHOOL = _AGGREGATES | {_C.SEE_SCHOOLS, _C.SEE_SCHOOL_JOURNAL, _C.EXPORT, _C.ACKNOWLEDGE}
_TECHNICIAN = _SCHOOL | {
    _C.SEE_FLEET,
    _C.SEE_JOURNAL,
    _C.EDIT_INVENTORY,
    _C.ORDER_ROUTINE,
    _C.ORDER_SENSITIVE,
    _C.CONFIRM_ORDER,
    _C.READ_LOGS,
    _C.WATCH_LIVE,
}

CAPABILITIES: dict[Role, frozenset[Capability]] = {
    Role.ADMINISTRATOR: frozenset(Capability),
    Role.TECHNICIAN: frozenset(_TECHNICIAN),
    Role.DIRECTOR: frozenset(_SCHOOL),
    Role.ERUN: _AGGREGATES,
    Role.DEPARTMENT: _AGGREGATES,
}

COLUMNS: dict[Role, frozenset[Column]] = {
    Role.ADMINISTRATOR: frozenset(Column),
    Role.TECHNICIAN: frozenset(Column),
    # A director reads the names of the own school's staff, and nothing of the machine that serves it.
    Role.DIRECTOR: frozenset({Column.DEVICE, Column.BATTERY, Column.STAFF_LOGIN}),
    Role.ERUN: frozenset(),
    Role.DEPARTMENT: frozenset(),
}

CITY_ROLES = frozenset({Role.ADMINISTRATOR, Role.TECHNICIAN})  # the city's IT


class Scope(StrEnum):
    """Which schools' rows a role reads. Sums are another matter: see `domain.privacy`."""

    ALL = "all"
    OWN = "own"
    NONE = "none"


SCOPES: dict[Role, Scope] = {
    Role.ADMINISTRATOR: Scope.ALL,
    Role.TECHNICIAN: Scope.ALL,
    Role.DIRECTOR: Scope.OWN,
    Role.ERUN: Scope.NONE,
    Role.DEPARTMENT: Scope.NONE,
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who acts or looks. `account_id` 0: the server's own command line. `login` is what the journal keeps."""

    account_id: int
    login: str
    name: str
    role: Role
    school: str | None = None
    locale: str = "fr"

    def may(self, capability: Capability) -> bool:
        return capability in CAPABILITIES[self.role]

    def sees(self, column: Column) -> bool:
        return column in COLUMNS[self.role]

    @property
    def scope(self) -> Scope:
        return SCOPES[self.role]

    @property
    def is_of_the_city(self) -> bool:
        return self.role in CITY_ROLES

    def reads_school(self, uai: str) -> bool:
        """`services.scope.visible_schools` says the same as a query."""
        return self.scope is Scope.ALL or (self.scope is Scope.OWN and bool(uai) and uai == self.school)


CONSOLE = Viewer(0, "console", "console", Role.ADMINISTRATOR)
