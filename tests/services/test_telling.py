"""What the city is told of a school, and what it is never told."""

import json
import shutil
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from appliance.config import Config, make_folders
from appliance.domain.people import Role
from appliance.domain.statistics import day_of
from appliance.domain.storage import Level
from appliance.nudge import NudgeSender
from appliance.services.audit import SECURITY, TOLD
from appliance.services.backups import Backups
from appliance.services.carts import Carts
from appliance.services.classrooms import Rosters
from appliance.services.devices import Devices
from appliance.services.exchange_log import ExchangeLog, Sent
from appliance.services.journal import record
from appliance.services.outbox import Outbox, put
from appliance.services.outbox_relief import OutboxRelief
from appliance.services.state_bodies import Told
from appliance.services.statistics import Statistics
from appliance.services.telling import Telling, put_everything
from appliance.store.city_models import Exchange, OutboxRecord
from appliance.store.models import Device, Inventory, Lesson, LessonDevice, database
from protocol.device import Access, Restrictions, restrictions_as_json
from protocol.times import format_time
from protocol.uplink import encode_batch
from protocol.uplink_records import read_body
from protocol.uplink_words import Lane, RecordType
from tests.services.link import join_city
from tests.services.school import ADMIN, TEACHER, add_device, add_people
from tests.support.classroom import School
from tests.support.store import HandClock

NOBODY = Path("/nonexistent")


@pytest.fixture
def joined(store: Path, clock: HandClock) -> None:
    add_people()
    join_city(clock.now())


def states() -> dict[str, dict[str, object] | None]:
    rows = OutboxRecord.select().where(OutboxRecord.lane == Lane.STATE)
    return {str(row.key): None if row.body is None else json.loads(row.body) for row in rows}


def audits() -> list[tuple[str, str, object]]:
    rows = OutboxRecord.select().where(OutboxRecord.lane == Lane.RECEIPTS).order_by(OutboxRecord.seq)
    bodies = [json.loads(row.body or "") for row in rows]
    return [(body["actor"], body["action"], body["detail"]) for body in bodies]


def devices_of(clock: HandClock) -> Devices:
    return Devices(clock, NudgeSender(NOBODY, "bridge"), lambda: None)


@pytest.mark.usefixtures("joined")
def test_an_act_on_a_device_is_told_with_its_new_state(clock: HandClock) -> None:
    device = add_device(4)
    devices_of(clock).rename(device, "Tablette bleue", ADMIN)
    assert audits() == [("user:1", "device.rename", {})]
    body = states()[f"device:{device}"]
    assert body is not None and body["name"] == "Tablette bleue"
    read_body(RecordType.DEVICE, body)


@pytest.mark.usefixtures("joined")
def test_a_device_that_takes_another_s_place_is_told_too(clock: HandClock) -> None:
    old, new = add_device(4), add_device(5)
    devices_of(clock).replace(old, new, ADMIN)
    told = {key: (body or {}).get("number") for key, body in states().items()}
    assert told == {f"device:{old}": 4, f"device:{new}": 4}


def end_of_lesson(device: str) -> dict[str, object]:
    put_everything(HandClock().now())
    body = states()[f"device:{device}"]
    assert body is not None
    read_body(RecordType.DEVICE, body)
    return {name: body[name] for name in ("in_lesson", "lesson_day", "held") if name in body}


@pytest.mark.usefixtures("joined")
def test_of_the_last_lesson_the_day_and_what_it_held_back_are_told_and_nothing_of_who_or_what(
    clock: HandClock,
) -> None:
    device = add_device(4)
    assert end_of_lesson(device) == {"in_lesson": False}
    now = clock.now()
    lesson = Lesson.create(id="l-secret", teacher=1, title="Fractions", started_at=now, ends_at=now)
    base = restrictions_as_json(Restrictions(internet=Access.BLOCKED, apps=("fr.lecture.secret",)))
    part = LessonDevice.create(lesson=lesson, device=device, base=base, joined_at=now)
    told = {"lesson_day": day_of(now, ZoneInfo("Europe/Paris")).isoformat()}
    assert end_of_lesson(device) == {**told, "in_lesson": True, "held": ["internet", "apps"]}
    LessonDevice.update(eyes_up="Léa, pose la tablette", left_at=now).where(LessonDevice.id == part.id).execute()
    assert end_of_lesson(device) == {**told, "in_lesson": False, "held": ["eyes_up"]}
    sent = json.dumps(states())
    assert not any(word in sent for word in ("secret", "Fractions", "Léa"))


@pytest.mark.usefixtures("joined")
def test_a_cart_that_is_gone_is_told_as_gone(clock: HandClock) -> None:
    carts = Carts(clock)
    cart = carts.add("Classe mobile A", ADMIN)
    assert states() == {f"cart:{cart.id}": {"id": str(cart.id), "name": "Classe mobile A"}}
    carts.remove(cart.id, ADMIN)
    assert states() == {f"cart:{cart.id}": None}


@pytest.mark.usefixtures("joined")
def test_the_battery_is_told_by_steps_and_not_at_each_heartbeat(clock: HandClock) -> None:
    device, facts = add_device(4), {"battery": 80, "charging": False}
    telling = Telling(lambda: Told({device: dict(facts)}))
    told: list[int] = []
    for minute in range(60):
        facts["battery"] = 80 - minute // 6
        telling.step(clock.now())
        told.append(int(str((states()[f"device:{device}"] or {})["battery"])))
        clock.pass_by(minutes=1)
    assert sorted(set(told), reverse=True) == [80, 75]
    assert (Outbox().backlog()[Lane.STATE].last, len(told)) == (2, 60)


@pytest.mark.usefixtures("joined")
def test_the_first_sight_of_a_device_is_told_at_once_and_later_ones_hourly(clock: HandClock) -> None:
    device, facts = add_device(4), dict[str, object]()
    telling = Telling(lambda: Told({device: dict(facts)}))
    with database.atomic("IMMEDIATE"):
        put_everything(clock.now())
    told: list[object] = []
    for minute in range(70):
        clock.pass_by(minutes=1)
        if minute:
            facts |= {"seen_at": format_time(clock.now()), "battery": 81}
        telling.step(clock.now())
        told.append((states()[f"device:{device}"] or {}).get("seen_at"))
    assert told[0] is None and told[1] is not None
    assert len(set(told)) == 3 and (states()[f"device:{device}"] or {})["battery"] == 81


@pytest.mark.usefixtures("joined")
def test_joining_tells_the_whole_school_once(clock: HandClock) -> None:
    device = add_device(4)
    package = {"name": "org.gcompris", "version_code": 7, "version_name": "4.1"}
    Inventory.create(device=device, document={"packages": [package]}, received_at=clock.now(), force_insert=True)
    add_device(9, guest_lesson_id="l-1", kind="web")
    with database.atomic("IMMEDIATE"):
        put_everything(clock.now())
        before = Outbox().backlog()
        put_everything(clock.now())
    assert Outbox().backlog() == before
    assert list(states()) == [f"device:{device}"]
    assert (states()[f"device:{device}"] or {})["packages"] == {"org.gcompris": "4.1"}


@pytest.mark.usefixtures("joined")
def test_a_guest_is_told_nothing_of(clock: HandClock) -> None:
    guest = add_device(9, guest_lesson_id="l-1")
    record(clock.now(), "bridge", "device.suspend", f"device:{guest}", seconds=30)
    Telling(lambda: Told({guest: {"battery": 5}})).step(clock.now())
    assert OutboxRecord.select().count() == 0


@pytest.mark.usefixtures("joined")
def test_what_is_on_no_list_stays_in_the_school(clock: HandClock) -> None:
    for action in ("lesson.start", "gesture.message", "pupil.add", "classroom.import", "document.add", "join.use"):
        record(clock.now(), TEACHER, action, "x:1", name="Zébulon")
    record(clock.now(), ADMIN, "user.add", "user:3", role=Role.TEACHER, name="Zébulon")
    assert audits() == [("user:1", "user.add", {"role": "teacher"})]


def test_the_list_is_of_equipment_and_accounts_only() -> None:
    nouns = {action.partition(".")[0] for action in TOLD}
    assert nouns.isdisjoint({"lesson", "gesture", "pupil", "classroom", "document", "guest", "join", "display"})
    assert set(TOLD) >= SECURITY


@pytest.mark.usefixtures("live")
def test_no_name_text_path_or_title_ever_leaves(school: School, clock: HandClock, tmp_path: Path) -> None:
    """The canary: a pupil, a message, a link and a document, each with a word that must be found nowhere."""
    join_city(clock.now())
    canaries = ("Zébulon", "Kiwano", "chemin-secret", "Moutarde")
    device = Device.select().first().id
    rosters = Rosters(clock)
    classroom = rosters.add("CE2 B", ADMIN, "CE2")
    pupil = rosters.add_pupil(classroom.id, "Zébulon", "K", ADMIN)
    rosters.assign(pupil.id, device, ADMIN)
    devices_of(clock).rename(device, "Tablette de Zébulon", ADMIN)
    record(clock.now(), TEACHER, "document.add", "document:1", name="Moutarde.pdf")
    record(clock.now(), TEACHER, "gesture.message", "lesson:1", text="Kiwano")
    record(clock.now(), TEACHER, "gesture.open", "lesson:1", url="https://example.fr/chemin-secret")
    clock.pass_by(days=2)
    Telling().step(clock.now())
    statistics = Statistics()
    while not statistics.step(clock.now()):
        pass
    log, outbox, bodies = ExchangeLog(), Outbox(), []
    for lane in Lane:
        batch = outbox.next_batch(lane)
        if batch is not None:
            raw = encode_batch(batch)
            bodies.append(raw)
            log.sent(Sent("batch", raw, len(raw), len(raw), lane), clock.now())
    sent = b"".join(bodies) + b"".join(log.body(line.id) or b"" for line in log.listed())
    assert device.encode() in sent  # the search itself works
    for canary in canaries:
        assert canary.encode() not in sent
        assert canary.casefold() not in sent.decode().casefold()


@pytest.mark.usefixtures("joined")
def test_ninety_days_without_a_line_stay_within_256_megabytes(store: Path, clock: HandClock) -> None:
    """60 devices with 250 packages each, six levels, forty apps, a hundred acts a day."""
    packages = [{"name": f"org.example.app{number}", "version_name": "1.0"} for number in range(250)]
    ids = [add_device(number + 1) for number in range(60)]
    for device in ids:
        Inventory.create(device=device, document={"packages": packages}, received_at=clock.now(), force_insert=True)
    begun = store.stat().st_size
    live: dict[str, dict[str, object]] = {}
    telling, relief = Telling(lambda: Told(live)), OutboxRelief(lambda: Level.NORMAL)
    for day in range(90):
        if day % 9 == 0:  # a device has one row, however often it is told
            live.update({device: {"battery": 100 - day} for device in ids})
            telling.step(clock.now())
        _a_day(clock, ids)
        clock.pass_by(days=1)
        relief.step(clock.now())
    database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    grown = store.stat().st_size - begun
    assert OutboxRecord.select().count() > 90 * (60 + 240 + 100)
    assert grown < 256 * 1024 * 1024 / 4, f"{grown} bytes"


def _a_day(clock: HandClock, ids: list[str]) -> None:
    day = clock.now().date().isoformat()
    with database.atomic("IMMEDIATE"):
        for number in range(100):
            record(clock.now(), ADMIN, "user.rename", f"user:{number}")
        for device in ids:
            put(clock.now(), RecordType.BATTERY, {"period": day, "device": device, "lowest": 40, "highest": 100})
        for number in range(240):
            cell = {"period": day, "level": f"CE{number % 6}", "app": f"org.example.app{number // 6}"}
            put(clock.now(), RecordType.USAGE, {**cell, "device_days": 9, "seconds": 12345})


@pytest.mark.usefixtures("joined")
def test_no_pupil_s_name_nor_message_is_in_the_snapshot(store: Path, clock: HandClock) -> None:
    """The daily backup, which the city keeps: a tablet that was called by its pupil loses that name in it."""
    config = Config(store.parent)
    make_folders(config)
    device = add_device(4, name="Tablette de Zébulon")
    rosters = Rosters(clock)
    pupil = rosters.add_pupil(rosters.add("CE2 B", ADMIN, "CE2").id, "Zébulon", "K", ADMIN)
    rosters.assign(pupil.id, device, ADMIN)
    Exchange.create(at=clock.now(), kind="hello", body=b"secret-token", size=1, wire=1)
    made = Backups(clock, config).automatic(clock.now())
    assert made is not None
    content = made.read_bytes()
    assert device.encode() in content
    for canary in ("Zébulon", "secret-token"):
        assert canary.encode() not in content
    shutil.rmtree(config.runtime_path)
