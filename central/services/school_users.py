"""Staff that the city keeps for its schools: for all of them, for a group, or for one.

Their passwords never come here: a school hands out its own invitations.
"""

from dataclasses import dataclass

from central.clock import Clock
from central.domain.configuration import CITY, ROLES, Scope, scope_of, unite
from central.domain.names import display_name, login_name
from central.domain.roles import Viewer
from central.errors import Conflict, Invalid, NotFound
from central.services.journal import record
from central.store.database import writing
from central.store.desk_models import SchoolUser
from central.store.models import School
from protocol.uplink_config import CityUser


@dataclass(frozen=True, slots=True)
class UserLine:
    id: int
    login: str
    name: str
    role: str
    scope: Scope
    is_active: bool


@dataclass(frozen=True, slots=True)
class NewUser:
    """As typed: checked by `add`."""

    login: object
    name: object
    role: object
    scope_key: str


class SchoolUsers:
    """What changes here reaches the schools with `Configurations.refresh`, which the caller asks for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def listed(self, scope_key: str | None = None) -> list[UserLine]:
        """None: all."""
        rows = [_line(row) for row in SchoolUser.select().order_by(SchoolUser.login, SchoolUser.id)]
        return [line for line in rows if scope_key is None or line.scope.key == scope_key]

    def for_school(self, uai: str) -> tuple[CityUser, ...]:
        row = School.get_or_none(School.uai == uai)
        if row is None:
            raise NotFound("unknown_school")
        return users_for(row) or ()

    def add(self, actor: Viewer, new: NewUser) -> int:
        login, name, role, scope = (
            login_name(new.login),
            display_name(new.name),
            _role(new.role),
            scope_of(new.scope_key),
        )
        now = self._clock.now()
        with writing("school-users"):
            if any(line.login == login for line in self.listed(scope.key)):
                raise Conflict("login_taken", login=login)
            user_id = SchoolUser.insert(login=login, name=name, role=role, active=True, **_columns(scope)).execute()
            record(now, actor, "school_user.add", f"school_user:{user_id}", _school_of(scope), role=role)
        return int(user_id)

    def change(self, actor: Viewer, user_id: int, name: object, role: object) -> UserLine:
        text, checked, now = display_name(name), _role(role), self._clock.now()
        with writing("school-users"):
            line = self.get(user_id)
            SchoolUser.update(name=text, role=checked).where(SchoolUser.id == user_id).execute()
            record(now, actor, "school_user.change", f"school_user:{user_id}", _school_of(line.scope), role=checked)
        return line

    def activate(self, actor: Viewer, user_id: int, is_active: bool) -> UserLine:
        """One that is not active stays listed: the schools must hear of it."""
        now = self._clock.now()
        with writing("school-users"):
            line = self.get(user_id)
            SchoolUser.update(active=is_active).where(SchoolUser.id == user_id).execute()
            verb = "activate" if is_active else "deactivate"
            record(now, actor, f"school_user.{verb}", f"school_user:{user_id}", _school_of(line.scope))
        return line

    def get(self, user_id: int) -> UserLine:
        row = SchoolUser.get_or_none(SchoolUser.id == user_id)
        if row is None:
            raise NotFound("unknown_user")
        return _line(row)


def users_for(school: School) -> tuple[CityUser, ...] | None:
    """None: the city has never kept anybody for this school."""
    rows = SchoolUser.select().where(
        (SchoolUser.school == school.uai)
        | (SchoolUser.group.is_null(False) & (SchoolUser.group == school.group_id))
        | (SchoolUser.school.is_null() & SchoolUser.group.is_null())
    )
    lines = [_line(row) for row in rows.order_by(SchoolUser.id)]
    if not lines:
        return None
    return unite((one.scope, CityUser(one.login, one.name, one.role, "fr", one.is_active)) for one in lines)


def _line(row: SchoolUser) -> UserLine:
    scope = CITY
    if row.school_id is not None:
        scope = Scope("school", row.school_id)
    elif row.group_id is not None:
        scope = Scope("group", str(row.group_id))
    return UserLine(row.id, row.login, row.name, row.role, scope, row.active)


def _columns(scope: Scope) -> dict[str, object]:
    return {
        "school": scope.id if scope.kind == "school" else None,
        "group": int(scope.id) if scope.kind == "group" else None,
    }


def _school_of(scope: Scope) -> str:
    return scope.id if scope.kind == "school" else ""


def _role(value: object) -> str:
    if value not in ROLES:
        raise Invalid("bad_role", {"role": "unknown_value"})
    return str(value)
