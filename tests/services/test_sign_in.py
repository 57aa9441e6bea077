"""Passwords, sessions, PINs and the first visit."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from appliance.domain.people import CONSOLE, Role
from appliance.errors import Conflict, Invalid, NotSignedIn, PreauError
from appliance.services.journal import JournalReader
from appliance.services.passwords import Passwords
from appliance.services.people import NewPerson, People, Person
from appliance.services.sign_in import FirstAdministrator, SignIn
from appliance.store.models import Browser, Session, Setting, User, database
from tests.support.store import HandClock

PASSWORD = "trois tortues vertes"


@pytest.fixture
def sign_in(store: Path, clock: HandClock) -> SignIn:
    return SignIn(clock, Passwords(memory_kib=64, passes=1))


@pytest.fixture
def people(store: Path, clock: HandClock) -> People:
    return People(clock, Passwords(memory_kib=64, passes=1))


@pytest.fixture
def teacher(people: People) -> Person:
    return people.add(CONSOLE, NewPerson("durand", "Mme Durand"), PASSWORD)


@pytest.fixture
def director(people: People) -> Person:
    return people.add(CONSOLE, NewPerson("directrice", "Mme Martin", Role.ADMINISTRATOR), PASSWORD)


def refusal(call: object, *args: object) -> str:
    with pytest.raises(PreauError) as caught:
        call(*args)  # type: ignore[operator]  # methods of several signatures in one list
    return caught.value.code


# Passwords


def test_unknown_wrong_and_missing_get_the_same_answer(sign_in: SignIn, people: People, teacher: Person) -> None:
    people.add(CONSOLE, NewPerson("invite", "Sans mot de passe"))
    for login, password in [
        ("durand", "pas le bon mot"),
        ("personne", PASSWORD),
        ("invite", PASSWORD),
        ("invite", ""),
        ("", ""),
        (None, None),
        ("durand", "x" * 5000),
        ("\u202edurand", PASSWORD),
    ]:
        assert refusal(sign_in.check_password, login, password) == "bad_credentials"


def test_an_unknown_login_costs_the_same_work(store: Path, clock: HandClock, people: People, teacher: Person) -> None:
    class Counting(Passwords):
        verified = 0

        def verify(self, hashed: str | None, password: str) -> bool:
            self.verified += 1
            return super().verify(hashed, password)

    counting = Counting(memory_kib=64, passes=1)
    sign_in = SignIn(clock, counting)
    refusal(sign_in.check_password, "personne", "pas le bon mot")
    refusal(sign_in.check_password, "durand", "pas le bon mot")
    assert counting.verified == 2


def test_a_hash_with_old_parameters_is_renewed_at_sign_in(clock: HandClock, store: Path, teacher: Person) -> None:
    before = str(User.get_by_id(teacher.id).password_hash)
    stronger = SignIn(clock, Passwords(memory_kib=128, passes=2))
    stronger.check_password("durand", PASSWORD)
    after = str(User.get_by_id(teacher.id).password_hash)
    assert "m=64,t=1" in before
    assert "m=128,t=2" in after
    assert stronger.check_password("durand", PASSWORD).id == teacher.id


def test_the_default_cost_is_nineteen_mebibytes_and_two_passes() -> None:
    assert "m=19456,t=2,p=1" in Passwords().hash("x")


# Sessions


def test_a_session_is_a_new_word_each_time_and_the_table_holds_none(sign_in: SignIn, teacher: Person) -> None:
    tokens = {sign_in.sessions.open(teacher) for _ in range(20)}
    assert len(tokens) == 20
    assert all(len(token) >= 27 for token in tokens)  # 160 bits
    assert not tokens & {row.id_hash for row in Session.select()}


def test_the_session_before_ends_with_the_new_one(sign_in: SignIn, teacher: Person) -> None:
    first = sign_in.sessions.open(teacher)
    second = sign_in.sessions.open(teacher, replaces=first)
    assert refusal(sign_in.sessions.find, first) == "signed_out"
    assert sign_in.sessions.find(second).actor == teacher.actor


def test_a_teacher_has_eight_hours_of_rest_and_twelve_in_all(
    sign_in: SignIn, teacher: Person, clock: HandClock
) -> None:
    token = sign_in.sessions.open(teacher)
    clock.pass_by(hours=7, minutes=59)
    sign_in.sessions.find(token)
    clock.pass_by(hours=4)
    sign_in.sessions.find(token)
    clock.pass_by(minutes=1)
    assert refusal(sign_in.sessions.find, token) == "session_over"


def test_an_idle_session_ends(sign_in: SignIn, teacher: Person, director: Person, clock: HandClock) -> None:
    of_teacher, of_director = sign_in.sessions.open(teacher), sign_in.sessions.open(director)
    clock.pass_by(hours=2)
    assert refusal(sign_in.sessions.find, of_director) == "session_over"
    clock.pass_by(hours=6)
    assert refusal(sign_in.sessions.find, of_teacher) == "session_over"


def test_looking_in_often_writes_seldom(sign_in: SignIn, teacher: Person, clock: HandClock) -> None:
    token = sign_in.sessions.open(teacher)
    first = Session.get().seen_at
    clock.pass_by(minutes=4)
    sign_in.sessions.find(token)
    assert Session.get().seen_at == first
    clock.pass_by(minutes=1)
    sign_in.sessions.find(token)
    assert Session.get().seen_at == clock.now()


def test_sessions_of_yesterday_leave_the_table(sign_in: SignIn, teacher: Person, clock: HandClock) -> None:
    sign_in.sessions.open(teacher)
    clock.pass_by(days=1)
    sign_in.sessions.open(teacher)
    assert Session.select().count() == 1


def test_signing_out_everywhere_leaves_others_alone(sign_in: SignIn, teacher: Person, director: Person) -> None:
    mine = [sign_in.sessions.open(teacher) for _ in range(3)]
    other = sign_in.sessions.open(director)
    sign_in.sessions.close(mine[0])
    assert refusal(sign_in.sessions.find, mine[0]) == "signed_out"
    sign_in.sessions.find(mine[1])
    sign_in.sessions.close_all(teacher.actor)
    for token in mine:
        assert refusal(sign_in.sessions.find, token) == "signed_out"
    sign_in.sessions.find(other)


@pytest.mark.parametrize("token", ["", "x", "'; DROP TABLE session", "é" * 5000])
def test_an_invented_word_opens_nothing(sign_in: SignIn, teacher: Person, token: str) -> None:
    assert refusal(sign_in.sessions.find, token) == "signed_out"


# PIN


def test_a_pin_opens_on_the_browser_that_chose_it_and_on_no_other(sign_in: SignIn, teacher: Person) -> None:
    secret = sign_in.browsers.remember(teacher, "4951")
    assert sign_in.browsers.check_pin(secret, "4951").person == teacher
    assert refusal(sign_in.browsers.check_pin, "another-browser", "4951") == "pin_over"


def test_five_wrong_pins_end_the_pin(sign_in: SignIn, teacher: Person) -> None:
    secret = sign_in.browsers.remember(teacher, "4951")
    for left in (4, 3, 2, 1):
        with pytest.raises(NotSignedIn) as caught:
            sign_in.browsers.check_pin(secret, "0071")
        assert (caught.value.code, caught.value.params) == ("bad_pin", {"left": left})
    assert refusal(sign_in.browsers.check_pin, secret, "0071") == "pin_over"
    assert refusal(sign_in.browsers.check_pin, secret, "4951") == "pin_over"
    assert sign_in.browsers.known([secret]) == {}
    assert JournalReader().page()[0].action == "pin.locked"


def test_the_right_pin_starts_the_count_again(sign_in: SignIn, teacher: Person) -> None:
    secret = sign_in.browsers.remember(teacher, "4951")
    for _ in range(3):
        for _ in range(4):
            assert refusal(sign_in.browsers.check_pin, secret, "0071") == "bad_pin"
        sign_in.browsers.check_pin(secret, "4951")


def test_pins_guessed_side_by_side_are_all_counted(store: Path, sign_in: SignIn, teacher: Person) -> None:
    secret = sign_in.browsers.remember(teacher, "4951")

    def guess(number: int) -> str:
        with database.connection_context():
            return refusal(sign_in.browsers.check_pin, secret, f"{number:04d}")

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(guess, range(100, 140)))
    assert answers.count("bad_pin") <= 4
    assert sign_in.browsers.known([secret]) == {}


def test_the_stored_pin_is_worth_nothing_without_the_browsers_secret(sign_in: SignIn, teacher: Person) -> None:
    secret = sign_in.browsers.remember(teacher, "4951")
    stored = Browser.get()
    assert secret not in (stored.id_hash, stored.pin_hash)
    assert not Passwords(memory_kib=64, passes=1).verify(stored.pin_hash, "4951")


def test_a_browser_shows_those_it_knows_in_its_own_order(
    sign_in: SignIn, teacher: Person, director: Person, clock: HandClock
) -> None:
    secrets = [sign_in.browsers.remember(director, "4951"), sign_in.browsers.remember(teacher, "4952")]
    known = sign_in.browsers.known([secrets[1], "invented", secrets[0]])
    assert [entry.person.login for entry in known.values()] == ["durand", "directrice"]
    sign_in.browsers.forget(secrets[1])
    assert list(sign_in.browsers.known(secrets)) == [secrets[0]]


def test_a_browser_unused_for_ninety_days_is_forgotten(sign_in: SignIn, teacher: Person, clock: HandClock) -> None:
    secret = sign_in.browsers.remember(teacher, "4951")
    clock.pass_by(days=60)
    sign_in.browsers.check_pin(secret, "4951")
    clock.pass_by(days=60)
    assert list(sign_in.browsers.known([secret])) == [secret]
    clock.pass_by(days=30)
    assert sign_in.browsers.known([secret]) == {}
    assert refusal(sign_in.browsers.check_pin, secret, "4951") == "pin_over"


def test_choosing_again_replaces_the_pin_of_this_browser(sign_in: SignIn, teacher: Person) -> None:
    first = sign_in.browsers.remember(teacher, "4951")
    (known,) = sign_in.browsers.known([first]).values()
    second = sign_in.browsers.remember(teacher, "8306", replaces=known.browser)
    assert refusal(sign_in.browsers.check_pin, first, "4951") == "pin_over"
    assert sign_in.browsers.check_pin(second, "8306").person == teacher
    assert Browser.select().count() == 1


def test_a_weak_pin_is_not_kept(sign_in: SignIn, teacher: Person) -> None:
    with pytest.raises(Invalid):
        sign_in.browsers.remember(teacher, "1234")
    assert Browser.select().count() == 0


# The first visit


def first(code: object, login: str = "directrice") -> FirstAdministrator:
    return FirstAdministrator(code, login, "Mme Martin", PASSWORD)


def test_the_code_of_the_console_makes_the_first_administrator_once(sign_in: SignIn) -> None:
    code = sign_in.setup_code()
    assert code is not None
    person = sign_in.set_up(first(f" {code.lower()} "))
    assert person.role is Role.ADMINISTRATOR
    assert sign_in.check_password("directrice", PASSWORD) == person
    assert refusal(sign_in.set_up, first(code, "autre")) == "already_set_up"
    assert sign_in.setup_code() is None


def test_a_wrong_code_makes_nobody(sign_in: SignIn) -> None:
    sign_in.setup_code()
    for wrong in ("", "AAAA-AAAA-AAAA", None, "x" * 10_000, "\u202e"):
        assert refusal(sign_in.set_up, first(wrong)) == "bad_setup_code"
    assert sign_in.needs_setup()


def test_without_a_printed_code_nobody_gets_in(sign_in: SignIn) -> None:
    assert refusal(sign_in.set_up, first("")) == "bad_setup_code"


def test_each_start_prints_a_new_code_and_ends_the_old_one(sign_in: SignIn) -> None:
    old, new = sign_in.setup_code(), sign_in.setup_code()
    assert old != new
    assert refusal(sign_in.set_up, first(old)) == "bad_setup_code"
    sign_in.set_up(first(new))


def test_the_code_is_not_readable_in_the_store(sign_in: SignIn) -> None:
    code = sign_in.setup_code()
    assert code is not None
    stored = Setting.get(Setting.key == "setup_code").value
    assert code not in stored
    assert code.replace("-", "") not in stored


def test_two_first_visits_at_once_make_one_administrator(store: Path, sign_in: SignIn) -> None:
    code = sign_in.setup_code()

    def visit(number: int) -> bool:
        with database.connection_context():
            try:
                sign_in.set_up(first(code, f"directrice{number}"))
            except (Conflict, NotSignedIn):
                return False
            return True

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(visit, range(8)))
    assert made.count(True) == 1
    assert User.select().count() == 1


def test_teachers_alone_leave_the_first_visit_open(sign_in: SignIn, teacher: Person) -> None:
    """The console may have added them before anybody administers the box."""
    assert sign_in.needs_setup()
    assert not sign_in.is_empty()
    assert sign_in.setup_code() is not None
