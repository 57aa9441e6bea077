"""The two tables of roles, said in sentences, so that a change of either is a decision."""

import pytest

from central.domain.privacy import floor_of
from central.domain.roles import CAPABILITIES, COLUMNS, SCOPES, Capability, Column, Role, Scope, Viewer


def viewer(role: Role, school: str | None = None) -> Viewer:
    return Viewer(1, "x", "X", role, school)


def test_every_role_has_its_place_in_every_table() -> None:
    assert set(CAPABILITIES) == set(COLUMNS) == set(SCOPES) == set(Role)


def test_only_the_administrator_erases_and_appoints() -> None:
    alone = {Capability.ORDER_DESTRUCTIVE, Capability.MANAGE_ACCOUNTS, Capability.MANAGE_CONFIGURATION,
             Capability.MANAGE_SCHOOLS, Capability.MANAGE_STAFF, Capability.MANAGE_KEYS}  # fmt: skip
    for capability in alone:
        assert [role for role in Role if viewer(role).may(capability)] == [Role.ADMINISTRATOR]


@pytest.mark.parametrize("role", [Role.ERUN, Role.DEPARTMENT])
def test_who_counts_sees_sums_and_nothing_else(role: Role) -> None:
    assert CAPABILITIES[role] == {Capability.OWN_ACCOUNT, Capability.SEE_STATISTICS}
    assert not COLUMNS[role]
    assert viewer(role).scope is Scope.NONE


def test_serial_numbers_and_boxes_are_the_citys_its_matter() -> None:
    for column in (Column.SERIAL, Column.PACKAGES, Column.BOX, Column.REMARK):
        assert {role for role in Role if viewer(role).sees(column)} == {Role.ADMINISTRATOR, Role.TECHNICIAN}


def test_a_director_reads_the_own_school() -> None:
    director = viewer(Role.DIRECTOR, "0130001A")
    assert director.reads_school("0130001A")
    assert not director.reads_school("0130002B")
    assert not viewer(Role.DIRECTOR, "").reads_school("")


def test_small_sums_are_for_the_citys_it() -> None:
    assert {role: floor_of(viewer(role)) for role in Role} == {
        Role.ADMINISTRATOR: 5,
        Role.TECHNICIAN: 5,
        Role.DIRECTOR: 11,
        Role.ERUN: 11,
        Role.DEPARTMENT: 11,
    }
