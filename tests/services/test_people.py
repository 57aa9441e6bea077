"""People of a school: added, invited, changed, deactivated."""

from pathlib import Path

import pytest

from appliance.domain.people import CONSOLE, Language, Role
from appliance.errors import Conflict, Invalid, NotFound, NotSignedIn
from appliance.services.journal import JournalReader, Wanted
from appliance.services.passwords import Passwords
from appliance.services.people import NewPerson, People, Person
from appliance.services.sign_in import SignIn
from appliance.store.models import Invitation, User
from tests.support.store import HandClock

PASSWORD = "trois tortues vertes"
OTHER = "quatre girafes bleues"


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(memory_kib=64, passes=1)


@pytest.fixture
def people(store: Path, clock: HandClock, passwords: Passwords) -> People:
    return People(clock, passwords)


@pytest.fixture
def sign_in(store: Path, clock: HandClock, passwords: Passwords) -> SignIn:
    return SignIn(clock, passwords)


@pytest.fixture
def director(people: People) -> Person:
    return people.add(CONSOLE, NewPerson("directrice", "Mme Martin", Role.ADMINISTRATOR), PASSWORD)


@pytest.fixture
def teacher(people: People) -> Person:
    return people.add(CONSOLE, NewPerson("durand", "Mme Durand"), PASSWORD)


def actions() -> list[str]:
    return [entry.action for entry in JournalReader().page()]


def test_a_person_is_added_with_what_was_typed_made_tidy(people: People) -> None:
    person = people.add(CONSOLE, NewPerson(" M.Durand ", "  Paul   Durand "), PASSWORD)
    assert (person.login, person.name, person.role) == ("m.durand", "Paul Durand", Role.TEACHER)
    assert person.has_password
    assert people.find("M.DURAND") == people.get(person.id) == person


def test_the_table_holds_no_password(people: People, teacher: Person) -> None:
    stored = str(User.get_by_id(teacher.id).password_hash)
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored


def test_a_login_is_taken_once_however_it_is_typed(people: People, teacher: Person) -> None:
    with pytest.raises(Conflict, match="login_taken"):
        people.add(CONSOLE, NewPerson(" DURAND", "Un autre"))
    assert len(people.all()) == 1


def test_a_weak_password_adds_nobody(people: People) -> None:
    with pytest.raises(Invalid) as caught:
        people.add(CONSOLE, NewPerson("durand", "Mme Durand"), "durand")
    assert caught.value.fields == {"password": "too_short"}
    assert people.all() == []


def test_an_invitation_lets_the_invited_choose_a_password_once(people: People, sign_in: SignIn) -> None:
    person = people.add(CONSOLE, NewPerson("petit", "M. Petit"))
    token = people.invite(CONSOLE, person.id)
    assert people.invited(token) == person
    assert people.accept(token, PASSWORD).has_password
    assert sign_in.check_password("petit", PASSWORD).id == person.id
    with pytest.raises(NotFound, match="unknown_invitation"):
        people.accept(token, OTHER)
    with pytest.raises(NotSignedIn):
        sign_in.check_password("petit", OTHER)


def test_a_refused_password_leaves_the_invitation_open(people: People) -> None:
    person = people.add(CONSOLE, NewPerson("petit", "M. Petit"))
    token = people.invite(CONSOLE, person.id)
    with pytest.raises(Invalid):
        people.accept(token, "court")
    assert people.invited(token).id == person.id


def test_an_invitation_lives_seven_days(people: People, clock: HandClock) -> None:
    token = people.invite(CONSOLE, people.add(CONSOLE, NewPerson("petit", "M. Petit")).id)
    clock.pass_by(days=6, hours=23)
    people.invited(token)
    clock.pass_by(hours=1)
    with pytest.raises(NotFound):
        people.invited(token)


def test_a_new_invitation_ends_the_one_before(people: People) -> None:
    person = people.add(CONSOLE, NewPerson("petit", "M. Petit"))
    first, second = people.invite(CONSOLE, person.id), people.invite(CONSOLE, person.id)
    with pytest.raises(NotFound):
        people.invited(first)
    assert people.invited(second).id == person.id
    assert first not in [row.token_hash for row in Invitation.select()]


def test_an_invitation_is_a_way_back_for_a_forgotten_password(people: People, sign_in: SignIn, teacher: Person) -> None:
    token = people.invite(CONSOLE, teacher.id)
    session = sign_in.sessions.open(teacher)
    people.accept(token, OTHER)
    with pytest.raises(NotSignedIn):
        sign_in.sessions.find(session)
    assert sign_in.check_password("durand", OTHER).id == teacher.id


def test_deactivating_ends_everything_at_once(
    people: People, sign_in: SignIn, director: Person, teacher: Person
) -> None:
    session = sign_in.sessions.open(teacher)
    browser = sign_in.browsers.remember(teacher, "4951")
    invitation = people.invite(director.actor, teacher.id)
    people.deactivate(director.actor, teacher.id)
    with pytest.raises(NotSignedIn):
        sign_in.sessions.find(session)
    with pytest.raises(NotSignedIn):
        sign_in.check_password("durand", PASSWORD)
    with pytest.raises(NotSignedIn):
        sign_in.browsers.check_pin(browser, "4951")
    with pytest.raises(NotFound):
        people.invited(invitation)
    with pytest.raises(Conflict, match="user_inactive"):
        people.invite(director.actor, teacher.id)


def test_someone_deactivated_between_password_and_session_gets_no_session(
    people: People, sign_in: SignIn, director: Person, teacher: Person
) -> None:
    checked = sign_in.check_password("durand", PASSWORD)
    people.deactivate(director.actor, teacher.id)
    with pytest.raises(NotSignedIn):
        sign_in.sessions.open(checked)


def test_a_reactivated_person_signs_in_with_the_old_password(
    people: People, sign_in: SignIn, director: Person, teacher: Person
) -> None:
    people.deactivate(director.actor, teacher.id)
    people.reactivate(director.actor, teacher.id)
    assert sign_in.check_password("durand", PASSWORD).id == teacher.id


def test_the_last_administrator_stays_one(people: People, director: Person) -> None:
    for step in (people.deactivate, lambda actor, user: people.change_role(actor, user, Role.TEACHER)):
        with pytest.raises(Conflict, match="last_administrator"):
            step(CONSOLE, director.id)
    assert people.get(director.id).role is Role.ADMINISTRATOR
    second = people.add(CONSOLE, NewPerson("adjoint", "M. Roux", Role.ADMINISTRATOR))
    with pytest.raises(Conflict, match="not_yourself"):
        people.deactivate(director.actor, director.id)
    assert not people.deactivate(second.actor, director.id).is_active


def test_a_change_of_role_counts_at_the_next_click(
    people: People, sign_in: SignIn, director: Person, teacher: Person
) -> None:
    session = sign_in.sessions.open(teacher)
    people.change_role(director.actor, teacher.id, "administrator")
    with pytest.raises(NotSignedIn):
        sign_in.sessions.find(session)
    assert people.get(teacher.id).role is Role.ADMINISTRATOR


def test_changing_the_password_asks_for_the_current_one_and_ends_the_others(
    people: People, sign_in: SignIn, teacher: Person
) -> None:
    session = sign_in.sessions.open(teacher)
    with pytest.raises(Invalid) as caught:
        people.change_password(teacher.actor, "pas le bon mot", OTHER)
    assert caught.value.fields == {"current": "wrong_password"}
    sign_in.sessions.find(session)
    people.change_password(teacher.actor, PASSWORD, OTHER)
    with pytest.raises(NotSignedIn):
        sign_in.sessions.find(session)
    assert sign_in.check_password("durand", OTHER).id == teacher.id


def test_a_hostile_name_is_data(people: People, teacher: Person) -> None:
    assert people.rename(CONSOLE, teacher.id, "<script>'; DROP TABLE user").name == "<script>'; DROP TABLE user"
    with pytest.raises(Invalid):
        people.rename(CONSOLE, teacher.id, "Durand\u202egnp")
    assert len(people.all()) == 1


def test_each_act_is_in_the_journal_without_a_name(people: People, director: Person, teacher: Person) -> None:
    people.rename(director.actor, teacher.id, "Mme Durand-Petit")
    people.change_role(director.actor, teacher.id, Role.ADMINISTRATOR)
    people.deactivate(director.actor, teacher.id)
    people.reactivate(director.actor, teacher.id)
    token = people.invite(director.actor, teacher.id)
    assert actions()[:5] == ["user.invite", "user.reactivate", "user.deactivate", "user.change_role", "user.rename"]
    written = " ".join(str(entry) for entry in JournalReader().page())
    for secret in ("Durand", "Martin", token, PASSWORD):
        assert secret not in written
    assert {entry.actor for entry in JournalReader().page(Wanted(target=f"user:{teacher.id}"))} == {
        "console",
        director.actor.label,
    }


def test_the_journal_is_read_page_by_page_newest_first(people: People, teacher: Person) -> None:
    for number in range(5):
        people.rename(CONSOLE, teacher.id, f"Nom {number}")
    first = JournalReader().page(Wanted(limit=2, action="user.rename"))
    second = JournalReader().page(Wanted(limit=2, action="user.rename", before=first[-1].id))
    assert [entry.id for entry in first + second] == sorted((e.id for e in first + second), reverse=True)
    assert len({entry.id for entry in first + second}) == 4


def test_a_language_is_one_of_two(people: People, teacher: Person) -> None:
    people.choose_language(teacher.actor, "en")
    assert people.get(teacher.id).language is Language.ENGLISH
    with pytest.raises(Invalid):
        people.choose_language(teacher.actor, "de")
