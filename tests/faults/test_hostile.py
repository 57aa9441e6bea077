"""What devices and people may send on purpose, against a whole box: it costs its sender something, and nobody else."""

import random
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
import requests

from protocol.device import FROM_DEVICE
from tests.contract.conftest import School, Tablet, now
from tests.faults.books import assert_sound, rows
from tests.support.appliance import PASSWORD, ROOT, running_appliance, wait_for
from tests.support.mqtt import BAD_LOGIN

CORPUS = ROOT / "protocol" / "examples" / "device"
SCRIPT = "<script>alert(document.domain)</script>"
HOSTILE = {
    "script": SCRIPT,
    "attribute": '"><img src=x onerror=alert(1)>',
    "sql": "'; DROP TABLE device; --",
    "formula": '=HYPERLINK("http://mechant.example";"ici")',
    "terminal": "\x1b[2J\x1b]0;pris\x07",
    "right-to-left": "\u202etxet\u202c\u2066\u200f",
    "path": "../../../../etc/passwd",
    "newline": "un\nfact=forged device=d-00000000\r\nSet-Cookie: a=b",
    "long": "é" * 10_000,
    "emoji": "👩🏽‍🚀🏳️‍🌈" * 3,
    "template": "{{ config }}{% raw %}%(name)s%s{0}",
    "nul": "a\0b",
    "surrogate": "\ud800",
}


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    with running_appliance(tmp_path_factory.mktemp("hostile")) as box:
        box.add_user("durand")
        box.add_user("martin", "administrator")
        found = School(box, box.new_link(uses=900), box.browser("durand"), box.browser("martin"))
        found.teacher.session.headers["Connection"] = "close"  # a body that is refused unread ends its connection
        yield found
        assert_sound(box)
        assert "Traceback" not in box.log(), box.log()


@pytest.fixture
def tablets(school: School) -> Iterator[Callable[[], Tablet]]:
    """Makes connected tablets."""
    peers = []

    def make(**facts: Any) -> Tablet:
        answer = school.enroll(**facts)
        peer = school.peer(answer)
        peers.append(peer)
        assert peer.connect() == 0
        tablet = Tablet(answer, peer)
        tablet.come_online()
        tablet.wait("desired")
        return tablet

    yield make
    for peer in peers:
        peer.close()


def dropped(school: School, device_id: str) -> dict[str, int]:
    return dict(rows(school.box, "SELECT reason, sum(count) FROM dropped WHERE device_id = ? GROUP BY 1", (device_id,)))


def assert_a_lesson_works(school: School, tablet: Tablet) -> None:
    lesson_id = school.teacher.start_lesson([tablet.id])
    text = f"ça va ? {uuid.uuid4()}"
    assert school.teacher.gesture(lesson_id, "message", str(uuid.uuid4()), args={"text": text}).status_code == 201
    command = tablet.wait("commands", lambda one: one["args"].get("text") == text)
    tablet.ack(command, "done")
    wait_for(lambda: receipt(school, command["id"]) == "succeeded", 10, "the receipt")
    assert school.teacher.post(f"/lessons/{lesson_id}/end", {}).status_code == 200


def receipt(school: School, command_id: str) -> str:
    ((state,),) = rows(school.box, "SELECT state FROM receipt WHERE id = ?", (command_id,))
    return str(state)


def test_no_payload_of_the_corpus_and_no_noise_stops_the_hub_or_touches_another(
    school: School, tablets: Callable[..., Tablet], is_long: bool
) -> None:
    rogue, other = tablets(), tablets()
    before = rows(school.box, "SELECT * FROM device WHERE id = ?", (other.id,))
    chance = random.Random(7)
    files = [path for path in sorted((CORPUS / "invalid").iterdir()) if path.name.split(".")[0] in names_of_leaves()]
    for path in files:
        rogue.say(names_of_leaves()[path.name.split(".")[0]], path.read_bytes())
    for _ in range(3000 if is_long else 200):
        rogue.say(chance.choice(list(FROM_DEVICE)), noise(chance), retain=chance.random() < 0.2)
    wait_for(lambda: sum(dropped(school, rogue.id).values()) >= len(files), 20, "what was dropped")
    assert rows(school.box, "SELECT * FROM device WHERE id = ?", (other.id,)) == before
    assert dropped(school, other.id) == {}
    assert_a_lesson_works(school, other)
    page = school.dropped(rogue.id)
    assert "Messages écartés" in page


def names_of_leaves() -> dict[str, str]:
    return {"ack": "acks", "event": "events", "inventory": "inventory", "presence": "presence", "reported": "reported",
            "usage": "usage"}  # fmt: skip


def noise(chance: random.Random) -> bytes:
    """Real messages with some bytes changed, cut or repeated."""
    path = chance.choice([one for one in sorted(CORPUS.iterdir()) if one.is_file() and one.stat().st_size])
    raw = bytearray(path.read_bytes())
    for _ in range(chance.randint(1, 5)):
        place = chance.randrange(len(raw))
        change = chance.choice((b"", b"\xff", b"\0", b"[" * 40, b"1e999", b'"', b"\\ud800", bytes(raw[:place])))
        raw[place : place + chance.randint(0, 3)] = change
        if not raw:
            return b""
    return bytes(raw[:65_000])


@pytest.mark.parametrize("field", ["serial", "manufacturer", "model", "os", "agent"])
@pytest.mark.parametrize("word", HOSTILE)
def test_a_hostile_word_of_a_device_is_refused_by_its_field_or_kept_as_data(
    school: School, field: str, word: str
) -> None:
    answer = school.enroll_raw(**{field: HOSTILE[word] + (uuid.uuid4().hex[:6] if field == "serial" else "")})
    if answer.status_code == 422:
        assert set(answer.json()["errors"]) <= {field, "body"}
        return
    assert answer.status_code == 201, answer.text
    device_id = answer.json()["id"]
    assert re.fullmatch(r"d-[a-z0-9]{8}", device_id)
    assert len(rows(school.box, "SELECT 1 FROM device WHERE id = ?", (device_id,))) == 1


def test_hostile_words_of_devices_and_people_show_as_text_in_pages_consoles_and_logs(
    school: School, tablets: Callable[..., Tablet]
) -> None:
    box = school.box
    tablet = tablets(model=SCRIPT, manufacturer=HOSTILE["formula"], os=HOSTILE["attribute"], agent=HOSTILE["sql"])
    tablet.say(
        "inventory", {"serial": SCRIPT, "packages": [{"name": SCRIPT, "version_code": 1, "version_name": SCRIPT}]}
    )
    tablet.report(1, foreground=SCRIPT, errors={"packages": SCRIPT}, boot=SCRIPT)
    tablet.say("events", {"type": "left_app", "at": now(), "ref": SCRIPT})
    box.admin("cart", "add", SCRIPT)
    box.admin("user", "add", "mechant", "--name", SCRIPT, "--role", "teacher", "--password-stdin", stdin=PASSWORD)
    lesson_id = school.teacher.start_lesson([tablet.id])
    said = school.teacher.gesture(lesson_id, "message", str(uuid.uuid4()), args={"text": SCRIPT})
    assert said.status_code == 201
    tablet.ack(tablet.wait("commands"), "failed", error=SCRIPT + HOSTILE["terminal"])
    wait_for(
        lambda: SCRIPT in school.teacher.get(f"/lessons/{lesson_id}/board.json").text, 10, "the error on the board"
    )
    for path in ("/", "/admin", "/admin/devices", f"/admin/devices/{tablet.id}", "/admin/carts", "/admin/people",
                 "/admin/journal", "/admin/links", "/documents"):  # fmt: skip
        page = school.head.get(path)
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text, path
        assert "<img src=x" not in page.text, path
    assert "<script>alert" not in school.teacher.get(f"/lessons/{lesson_id}").text
    for words in (["device", "list"], ["device", "list", "--json"]):
        assert "\x1b" not in box.admin(*words).stdout
    assert "\x1b" not in box.log()
    assert "\nfact=forged" not in box.log()
    school.teacher.post(f"/lessons/{lesson_id}/end", {})


@pytest.mark.parametrize("word", HOSTILE)
@pytest.mark.parametrize("kind", ["message", "open_link", "open_app", "eyes_up", "restrict", "open_document"])
def test_a_hostile_word_in_a_gesture_is_refused_in_words_or_carried_as_text(
    school: School, hostile_lesson: tuple[str, Tablet], kind: str, word: str
) -> None:
    lesson_id, _ = hostile_lesson
    text = HOSTILE[word]
    args = {"message": {"text": text}, "open_link": {"url": text}, "open_app": {"package": text},
            "eyes_up": {"message": text}, "restrict": {"sound": text, "apps": [text]},
            "open_document": {"sha256": text}}[kind]  # fmt: skip
    answer = school.teacher.gesture(lesson_id, kind, str(uuid.uuid4()), args=args)
    assert answer.status_code in (201, 404, 413, 422), answer.text
    if answer.status_code != 201:
        assert answer.json()["error"]["text"].endswith(".")


@pytest.fixture(scope="module")
def hostile_lesson(school: School) -> Iterator[tuple[str, Tablet]]:
    answer = school.enroll()
    with school.peer(answer) as peer:
        tablet = Tablet(answer, peer)
        tablet.come_online()
        lesson_id = school.teacher.start_lesson([tablet.id])
        yield lesson_id, tablet
        assert school.teacher.post(f"/lessons/{lesson_id}/end", {}).status_code == 200


NO_GESTURES = [
    b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"id": 1, "kind": []}', b'{"id": {"a": 1}}', b"1e999",
    b'{"id": "x", "kind": "eyes_up"}', b'{"kind": "eyes_up", "devices": "all"}', b'{"a": NaN}',
    b"[" * 60_000, b'{"a":' * 10_000, b"[" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("body", NO_GESTURES, ids=range(len(NO_GESTURES)))
def test_a_gesture_that_is_no_gesture_is_refused(
    school: School, hostile_lesson: tuple[str, Tablet], body: bytes
) -> None:
    headers = {**school.teacher._headers(), "Content-Type": "application/json"}
    answer = school.teacher.session.post(
        f"{school.box.url}/lessons/{hostile_lesson[0]}/gestures", data=body, headers=headers, timeout=20
    )
    assert answer.status_code in (400, 413, 422), answer.text
    assert answer.json()["error"]["text"]


def test_two_tablets_with_one_serial_the_newer_stays_and_the_conflict_is_on_record(
    school: School, tablets: Callable[..., Tablet]
) -> None:
    first = tablets(serial="MÊME-SÉRIE")
    wait_for(lambda: "en ligne" in school.head.get(f"/admin/devices/{first.id}").text, 10, "presence")
    second = tablets(serial="MÊME-SÉRIE")
    assert second.id == first.id
    first.peer.wait_for_end()
    assert school.peer(first.answer).connect() in BAD_LOGIN
    assert_a_lesson_works(school, second)
    assert "serial_conflict" in str(
        rows(school.box, "SELECT action FROM journal WHERE target = ?", (f"device:{first.id}",))
    )


@pytest.mark.parametrize("year", [1970, 2000, 2025, 2038, 2999])
def test_a_clock_years_off_changes_nothing_but_what_the_device_claims(
    school: School, tablets: Callable[..., Tablet], year: int
) -> None:
    tablet = tablets()
    moment = f"{year}-06-01T08:00:00Z"
    usage = {"boot": "b", "records": [{"seq": 1, "app": "org.a", "started_at": moment, "seconds": 60}]}
    tablet.say("usage", usage)
    tablet.wait("usage/ack", lambda one: one["up_to"] == 1)
    tablet.say(
        "reported", {"version": 1, "at": moment, "restrictions": {}, "unsupported": [], "errors": {}}, retain=True
    )
    tablet.say("events", {"type": "hand_raised", "at": moment})
    ((count, received),) = rows(
        school.box, "SELECT count(*), max(received_at) FROM usage_record WHERE device_id = ?", (tablet.id,)
    )
    assert count == 1
    assert abs(received / 1000 - _hub_seconds(school)) < 60
    assert_a_lesson_works(school, tablet)


def _hub_seconds(school: School) -> float:
    return datetime.fromisoformat(requests.get(f"{school.box.url}/api/time", timeout=5).json()["now"]).timestamp()
