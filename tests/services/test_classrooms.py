import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.domain.people import CONSOLE
from appliance.domain.rosters import Line, encode_roster
from appliance.errors import Conflict, Invalid, NotFound
from appliance.services.carts import Carts
from appliance.services.classrooms import Change, Rosters
from appliance.store.models import Classroom, Journal, Pupil
from tests.services.school import ADMIN, add_device, deeds
from tests.support.store import HandClock

LIST = "Prénom;Nom;Classe;Niveau\nLéa;Martin;CE2 B;CE2\nTom;Petit;CE2 B;CE2\nZoé;Lac;CP A;CP\n".encode()


@pytest.fixture
def rosters(store: Path, clock: HandClock) -> Rosters:
    return Rosters(clock)


def names(rosters: Rosters, classroom: str) -> list[str]:
    found = next(line for line in rosters.listed() if line.name == classroom)
    return [pupil.name for pupil in rosters.pupils(found.id)]


def test_a_list_fills_the_classrooms_it_names_and_makes_those_that_are_missing(rosters: Rosters) -> None:
    rosters.add("ce2 b", ADMIN)
    rosters.import_roster(LIST, ADMIN)

    assert [(line.name, line.level, line.pupils) for line in rosters.listed()] == [("CP A", "CP", 1), ("ce2 b", "", 2)]
    assert names(rosters, "ce2 b") == ["Léa M.", "Tom P."]


def test_pupils_stand_in_the_alphabets_order_whatever_their_accents(rosters: Rosters) -> None:
    rosters.import_roster("Prénom;Nom;Classe\nLina;T;CP\nÉlie;B;CP\nZoé;P;CP\nLéa;M;CP\nLouis;J;CP\n".encode(), ADMIN)

    assert names(rosters, "CP") == ["Élie B.", "Léa M.", "Lina T.", "Louis J.", "Zoé P."]


def test_a_preview_says_what_would_change_and_stores_nothing(rosters: Rosters) -> None:
    rosters.import_roster(LIST, ADMIN, "CE2 B")

    _, changes = rosters.preview("Prénom;Nom;Classe\nLéa;Martin;CE2 B\nNoé;Roy;CE2 B\nAya;Sy;CM1\n".encode())

    assert changes == [Change("CE2 B", False, 1, 1, 2), Change("CM1", True, 1, 0, 0)]
    assert names(rosters, "CE2 B") == ["Léa M.", "Tom P.", "Zoé L."]
    assert [line.name for line in rosters.listed()] == ["CE2 B"]


def test_one_bad_line_stops_the_whole_list(rosters: Rosters) -> None:
    with pytest.raises(Invalid) as refused:
        rosters.import_roster(LIST + b";Sans;CP A;CP\n", ADMIN)

    assert refused.value.code == "roster_problems"
    assert refused.value.params["line"] == 5
    assert rosters.listed() == []
    assert Pupil.select().count() == 0


def test_who_stays_keeps_the_tablet_and_who_left_goes(rosters: Rosters) -> None:
    rosters.import_roster(LIST, ADMIN)
    classroom = next(line for line in rosters.listed() if line.name == "CE2 B")
    device_id = add_device()
    rosters.assign(rosters.pupils(classroom.id)[0].id, device_id, ADMIN)

    rosters.import_roster("Prénom;Nom\nLéa;Martin\nNoé;Roy\n".encode(), ADMIN, "CE2 B")

    assert [(pupil.name, pupil.device_id) for pupil in rosters.pupils(classroom.id)] == [
        ("Léa M.", device_id),
        ("Noé R.", None),
    ]


def test_two_pupils_of_one_name_are_two(rosters: Rosters) -> None:
    twins = "Prénom;Nom\nLéa;Martin\nLéa;Morel\n".encode()
    rosters.import_roster(twins, ADMIN, "CP")
    rosters.import_roster(twins, ADMIN, "CP")

    assert names(rosters, "CP") == ["Léa M.", "Léa M."]


def test_a_tablet_is_one_pupils_in_a_classroom_and_another_class_may_share_it(rosters: Rosters) -> None:
    rosters.import_roster(LIST, ADMIN)
    ce2, cp = (next(line for line in rosters.listed() if line.name == name) for name in ("CE2 B", "CP A"))
    lea, tom = rosters.pupils(ce2.id)
    (zoe,) = rosters.pupils(cp.id)
    device_id = add_device()
    for pupil in (lea, zoe, tom):
        rosters.assign(pupil.id, device_id, ADMIN)

    assert [pupil.device_id for pupil in rosters.pupils(ce2.id)] == [None, device_id]
    assert [pupil.device_id for pupil in rosters.pupils(cp.id)] == [device_id]


def test_only_a_device_in_service_is_given(rosters: Rosters) -> None:
    rosters.import_roster(LIST, ADMIN, "CP")
    retired = add_device(status="retired")
    pupil = rosters.pupils(rosters.listed()[0].id)[0]

    with pytest.raises(NotFound):
        rosters.assign(pupil.id, retired, ADMIN)


def test_tablets_are_given_out_in_the_order_of_names_and_numbers(rosters: Rosters, clock: HandClock) -> None:
    rosters.import_roster(LIST, ADMIN, "CP")
    cart = Carts(clock).add("A", ADMIN)
    second, first = add_device(2, cart.id), add_device(1, cart.id)

    assert rosters.assign_in_order(rosters.listed()[0].id, cart.id, ADMIN) == 2
    assert [pupil.device_id for pupil in rosters.pupils(rosters.listed()[0].id)] == [first, second, None]


def test_a_pupil_may_be_added_by_hand_with_an_initial_only(rosters: Rosters) -> None:
    classroom = rosters.add("CP", ADMIN)
    rosters.add_pupil(classroom.id, " léa ", "martin", ADMIN)

    assert names(rosters, "CP") == ["léa M."]


@pytest.mark.parametrize("first_name", ["", "  ", "\u202e", "x" * 41, "!"])
def test_a_first_name_that_is_none_is_refused(rosters: Rosters, first_name: str) -> None:
    classroom = rosters.add("CP", ADMIN)

    with pytest.raises(Invalid):
        rosters.add_pupil(classroom.id, first_name, "", ADMIN)


def test_clearing_the_year_takes_every_name_and_keeps_the_classrooms(rosters: Rosters, store: Path) -> None:
    rosters.import_roster("Prénom;Nom\nXanthippe;Quérou\n".encode(), ADMIN, "CP")
    assert rosters.clear_pupils(ADMIN) == 1

    assert [(line.name, line.pupils) for line in rosters.listed()] == [("CP", 0)]
    left = b"".join(path.read_bytes() for path in store.parent.glob("store.db*"))
    assert b"Xanthippe" not in left


def test_names_of_last_year_are_reported_until_they_are_cleared(rosters: Rosters, clock: HandClock) -> None:
    rosters.import_roster(LIST, ADMIN)
    assert not rosters.has_outdated_pupils()

    clock.at = datetime(2027, 9, 1, 6, tzinfo=UTC)
    assert rosters.has_outdated_pupils()

    rosters.clear_pupils(ADMIN)
    assert not rosters.has_outdated_pupils()


def test_the_journal_knows_no_pupil(rosters: Rosters) -> None:
    rosters.import_roster("Prénom;Nom\nXanthippe;Quérou\n".encode(), ADMIN, "CP")
    pupil = rosters.pupils(rosters.listed()[0].id)[0]
    rosters.assign(pupil.id, add_device(), ADMIN)
    rosters.remove_pupil(pupil.id, ADMIN)

    assert [deed for _, deed, _ in deeds()] == [
        "classroom.add",
        "classroom.import",
        "pupil.assign",
        "pupil.remove",
    ]
    assert not any("Xanthippe" in f"{row.target} {row.detail}" for row in Journal.select())


def test_a_classroom_goes_with_its_pupils(rosters: Rosters) -> None:
    rosters.import_roster(LIST, ADMIN, "CP")
    rosters.remove(rosters.listed()[0].id, ADMIN)

    assert rosters.listed() == []
    assert Pupil.select().count() == 0


def test_a_classroom_keeps_a_name_of_its_own(rosters: Rosters) -> None:
    rosters.add("CP", ADMIN)
    other = rosters.add("CE1", ADMIN)

    with pytest.raises(Conflict):
        rosters.rename(other.id, "cp", ADMIN)
    rosters.rename(other.id, "CE1 A", ADMIN)
    assert [line.name for line in rosters.listed()] == ["CE1 A", "CP"]


pupils = st.lists(
    st.tuples(st.sampled_from(["Léa", "Tom", "Zoé"]), st.sampled_from(["M", "P", ""])), min_size=1, max_size=8
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pupils, pupils)
def test_an_import_leaves_exactly_the_list_whatever_was_there(
    rosters: Rosters, before: list[tuple[str, str]], after: list[tuple[str, str]]
) -> None:
    Classroom.delete().execute()
    for wanted in (before, after):
        lines = [Line(0, "CP", "", first_name, initial) for first_name, initial in wanted]
        random.Random(0).shuffle(lines)
        rosters.import_roster(encode_roster(lines).encode(), CONSOLE)

    left = [(row.first_name, row.initial) for row in Pupil.select()]
    assert sorted(left) == sorted(after)
