"""Schools and their groups: named, moved between groups, found again, on both engines."""

import pytest

from central.domain.roles import Role, Viewer
from central.errors import Invalid, NotFound
from central.services.schools import Place, Schools
from central.store.desk_models import Journal
from central.store.models import School, SchoolGroup
from tests.support.central import uai_of
from tests.support.city import CityClock

OFFICER = Viewer(1, "dupont", "Jeanne Dupont", Role.ADMINISTRATOR)
UAI = uai_of(1)


@pytest.fixture
def schools(city_db: str) -> Schools:
    schools = Schools(CityClock())
    schools.add(OFFICER, UAI, "École des Tilleuls", "Nord", Place(43.3, 5.4))
    return schools


def test_a_school_changes_its_name_its_group_and_its_place(schools: Schools) -> None:
    schools.change(OFFICER, UAI, "École Jean-Moulin", "Sud", Place(43.31, 5.41))
    row = School.get_by_id(UAI)
    assert (row.name, row.latitude, row.longitude) == ("École Jean-Moulin", 43.31, 5.41)
    assert [line.group for line in schools.all()] == ["Sud"]
    schools.change(OFFICER, UAI, "École Jean-Moulin", "", None)
    row = School.get_by_id(UAI)
    assert (row.group, row.latitude) == (None, None)
    assert [(line.actor, line.action, line.school) for line in Journal.select().order_by(Journal.id)] == [
        ("dupont", "school.add", UAI),
        ("dupont", "school.change", UAI),
        ("dupont", "school.change", UAI),
    ]


def test_a_group_is_made_once_whoever_names_it(schools: Schools) -> None:
    schools.add(OFFICER, uai_of(2), "Les Ormes", " Nord ")
    schools.add(OFFICER, uai_of(3), "Les Pins", "Sud")
    assert schools.groups() == ["Nord", "Sud"]
    assert SchoolGroup.select().count() == 2


@pytest.mark.parametrize("place", [Place(91, 0), Place(0, -181), Place(float("nan"), 0)])
def test_a_place_that_is_nowhere_is_refused(schools: Schools, place: Place) -> None:
    with pytest.raises(Invalid):
        schools.change(OFFICER, UAI, "École", "", place)
    assert School.get_by_id(UAI).latitude == 43.3


def test_a_school_that_is_not_there_cannot_be_changed(schools: Schools) -> None:
    with pytest.raises(NotFound):
        schools.change(OFFICER, uai_of(9), "École", "", None)
    for act in (schools.archive, schools.restore):
        with pytest.raises(NotFound):
            act(OFFICER, uai_of(9))


def test_an_archived_school_says_since_when(schools: Schools) -> None:
    schools.archive(OFFICER, UAI)
    assert [line.archived_at for line in schools.all()] == [CityClock().now()]
