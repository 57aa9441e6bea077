import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.domain.people import Role
from appliance.errors import Conflict, Invalid, NotFound
from appliance.nudge import NudgeSender
from appliance.services.city import City
from appliance.services.city_wishes import present_wishes, write_wishes
from appliance.services.device_orders import order_device
from appliance.services.outbox import Outbox
from appliance.services.people import create_user, person_of
from appliance.services.telling import put_everything
from appliance.store.city_models import Exchange, Instruction, OutboxRecord
from appliance.store.models import Receipt, User
from protocol.device import CommandType
from protocol.uplink_claim import ClaimAnswer, ClaimCode, write_code
from protocol.uplink_door import ClaimFile, encode_claim_file
from protocol.uplink_words import Lane, Standing
from tests.services.school import ADMIN, add_device, add_people, deeds
from tests.support.store import HandClock

CODE = write_code(ClaimCode(bytes(range(15)), bytes(range(10))))
ANSWER = ClaimAnswer("a-1", "0690001A", "École", "Ville", "cert", "authority", "root", "time", "b:8883")


@pytest.fixture
def city(store: Path, clock: HandClock) -> City:
    add_people()
    return City(clock, store.parent / "city", NudgeSender(store.parent, "uplink"), put_everything)


def test_a_code_is_taken_as_people_type_it_and_kept_for_the_box_only(city: City, store: Path) -> None:
    city.request_claim(f" {CODE.lower().replace('-', ' ')} ", "https://Ville.example.fr/", ADMIN)
    asked = city.pending_claim()
    assert asked is not None
    assert (asked.code, asked.address, asked.by) == (CODE, "ville.example.fr:443", "user:1")
    file = store.parent / "city" / "request.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert CODE not in str(deeds())


@pytest.mark.parametrize(
    ("code", "address", "field"),
    [("", "a.fr", "code"), ("ABCD", "a.fr", "code"), (None, "a.fr", "code"), (CODE, "", "address"),
     (CODE, "a.fr:99999", "address"), (CODE, "a b", "address"), (CODE, "a.fr/path", "address")],
)  # fmt: skip
def test_what_cannot_be_right_is_refused_at_once(city: City, code: object, address: object, field: str) -> None:
    with pytest.raises(Invalid) as problem:
        city.request_claim(code, address, ADMIN)
    assert list(problem.value.fields) == [field]
    assert city.pending_claim() is None


def test_the_city_s_file_holds_it_all(city: City) -> None:
    city.request_claim_file(encode_claim_file(ClaimFile("ville.example.fr:8443", CODE, "PEM")), ADMIN)
    asked = city.pending_claim()
    assert asked is not None
    assert (asked.address, asked.authority) == ("ville.example.fr:8443", "PEM")
    with pytest.raises(Invalid):
        city.request_claim_file(b"<html>", ADMIN)


def test_joining_begins_at_one_with_the_whole_school(city: City) -> None:
    device = add_device(4)
    city.request_claim(CODE, "ville.example.fr", ADMIN)
    city.joined(ANSWER, "ville.example.fr:443")
    city.joined(ANSWER, "ville.example.fr:443")  # a power cut before the request was put away
    batch = Outbox().next_batch(Lane.STATE)
    assert batch is not None
    assert [record.key for record in batch.records] == [f"device:{device}"]
    assert city.pending_claim() is None
    assert [action for _, action, _ in deeds()] == ["city.claim", "city.join"]
    with pytest.raises(Conflict):
        city.request_claim(CODE, "other.example.fr", ADMIN)


def test_trouble_is_told_since_its_first_moment_and_ends_with_an_answer(city: City, clock: HandClock) -> None:
    city.joined(ANSWER, "ville.example.fr:443")
    began = clock.now()
    for code in ("timeout", "timeout", "dns"):
        city.stopped(code, "detail")
        clock.pass_by(minutes=5)
    status = city.status()
    assert status is not None
    assert (status.trouble, status.trouble_at) == ("dns", began)
    city.heard("token", Standing.FENCED)
    status = city.status()
    assert status is not None
    assert (status.trouble, status.trouble_at, status.standing) == ("", None, Standing.FENCED)


def test_who_leaves_leaves_nothing_to_send(city: City, clock: HandClock) -> None:
    city.joined(ANSWER, "ville.example.fr:443")
    city.leave(ADMIN)
    assert city.status() is None
    assert OutboxRecord.select().count() == Exchange.select().count() == 0
    assert Outbox().sender() is None
    with pytest.raises(NotFound):
        city.leave(ADMIN)


@pytest.fixture
def bound(city: City, clock: HandClock) -> str:
    """A school with a former city's orders, one of which a device has been given; the command's id."""
    city.joined(ANSWER, "ville.example.fr:443")
    person = create_user("referent", "Le référent", Role.ADMINISTRATOR, clock.now())
    User.update(source="city").where(User.id == person.id).execute()
    write_wishes({"languages": ["fr"], "restrictions": {"camera": "blocked"}})
    command = order_device(add_device(), CommandType.WIPE, clock.now() + timedelta(days=7), clock.now())
    for state in ("received", "started", "done"):
        Instruction.create(
            id=state, kind="wipe", by="x", envelope={}, state=state, received_at=clock.now(), not_after=clock.now(),
            progress={"command": command} if state == "started" else None,
            finished_at=clock.now() if state == "done" else None, force_insert=True,
        )  # fmt: skip
    return command


def must_be_free(command: str) -> None:
    assert {row.id: row.state for row in Instruction.select()} == {
        "received": "canceled",
        "started": "canceled",
        "done": "done",
    }
    assert Receipt.get_by_id(command).state == "canceled"
    assert User.select().where(User.source == "city").count() == 0
    assert person_of(User.get(User.login == "referent")).is_of_the_city is False
    assert present_wishes() == {}


def test_who_leaves_is_bound_by_nothing_of_that_city_any_more(city: City, bound: str) -> None:
    """Its waiting orders would be carried out under the next city, and its people could be changed by nobody."""
    city.leave(ADMIN)
    must_be_free(bound)


def test_who_joins_another_city_is_bound_by_nothing_of_the_former_one(city: City, bound: str) -> None:
    """As after a restore, which brings back what was left, or a link that was lost."""
    city.joined(replace(ANSWER, appliance="a-2"), "autre.example.fr:443")
    must_be_free(bound)


def test_a_box_in_the_place_of_a_dead_one_answers_for_its_orders(city: City, bound: str) -> None:
    city.joined(replace(ANSWER, appliance="a-2", replaces=True), "ville.example.fr:443")
    assert [row.id for row in Instruction.select().where(Instruction.finished_at.is_null())] == ["received", "started"]
    assert present_wishes() != {}
