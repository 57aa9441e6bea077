"""How a browser becomes a device, and the reasons why it does not, as values that a page can put into words."""

import json

import pytest

from appliance.web.pupil import policy
from tests.pupil.agent_page import Bench
from tests.support.appliance import Appliance
from tests.support.appliance import Browser as Client

KEPT = "JSON.parse(localStorage.getItem('preau.identity'))"
READ = "import('/static/js/pupil/identity.js').then((one) => one.readIdentity())"


def test_an_identity_is_kept_and_found_again(bench: Bench) -> None:
    pupil = bench.open()
    pupil.enroll(bench.link, "laptop")
    assert pupil.page.evaluate(KEPT) == pupil.identity == pupil.page.evaluate(READ)
    assert (pupil.identity["kind"], pupil.identity["guest"]) == ("laptop", False)
    assert pupil.identity["serial"].startswith("web-")
    assert abs(pupil.identity["ahead"]) < 5_000


def test_the_same_browser_is_the_same_device(bench: Bench) -> None:
    pupil = bench.open()
    pupil.enroll(bench.link)
    first = pupil.identity
    pupil.page.evaluate("localStorage.removeItem('preau.identity')")
    pupil.enroll(bench.link)
    assert (pupil.id, pupil.identity["serial"]) == (first["id"], first["serial"])
    other = bench.open()
    other.enroll(bench.link)
    assert other.id != first["id"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("tablet", ["apps", "lock", "message", "open_document", "open_link", "sound", "usage"]),
        ("screen", ["message", "open_document", "open_link"]),
    ],
)
def test_a_page_announces_what_it_can_do_and_nothing_else(
    bench: Bench, durand: Client, kind: str, expected: list[str]
) -> None:
    pupil = bench.open()
    pupil.enroll(bench.link, kind)
    lesson = durand.start_lesson([pupil.id])
    tile = next(one for one in durand.board(lesson)["tiles"] if one["device_id"] == pupil.id)
    assert sorted(tile["capabilities"]) == expected
    assert durand.post(f"/lessons/{lesson}/end", {}).ok


def test_a_link_that_is_over_is_a_reason(bench: Bench) -> None:
    pupil = bench.open()
    assert pupil.enroll("/t/never-made")["problem"] == {"reason": "link_over", "status": 401}
    assert pupil.page.evaluate(KEPT) is None


def test_a_refused_field_is_a_reason(bench: Bench) -> None:
    pupil = bench.open()
    problem = pupil.enroll(bench.link, "toaster")["problem"]
    assert (problem["reason"], problem["fields"]) == ("invalid", {"kind": "unknown_value"})


def test_being_asked_to_wait_is_a_reason_with_its_seconds(bench: Bench) -> None:
    pupil = bench.open()
    pupil.page.context.route("**/api/devices", lambda route: route.fulfill(status=429, headers={"Retry-After": "41"}))
    assert pupil.enroll(bench.link)["problem"] == {"reason": "wait", "status": 429, "seconds": 41}


def test_silence_is_a_reason(bench: Bench) -> None:
    pupil = bench.open()
    pupil.page.context.route("**/api/devices", lambda route: route.abort())
    assert pupil.enroll(bench.link)["problem"] == {"reason": "unreachable", "status": 0}


@pytest.mark.parametrize(
    "edited",
    [
        "", "{", "null", "[]", "3", '{"id": "d-7k3m9q2x"}',
        {"id": "../../d"}, {"id": "hub"}, {"kind": "teacher"}, {"password": None}, {"websocket": "javascript:1"},
    ],
)  # fmt: skip
def test_an_identity_that_was_edited_is_nobody(bench: Bench, edited: str | dict[str, object]) -> None:
    pupil = bench.open()
    whole = {
        "id": "d-7k3m9q2x", "name": "Tablette 07", "kind": "tablet", "serial": "web-x", "school": "", "password": "p",
        "websocket": "ws://127.0.0.1/mqtt", "guest": False, "ahead": 0,
    }  # fmt: skip
    keep = "(text) => localStorage.setItem('preau.identity', text)"
    pupil.page.evaluate(keep, json.dumps(whole))
    assert pupil.page.evaluate(READ) == whole
    pupil.page.evaluate(keep, edited if isinstance(edited, str) else json.dumps(whole | edited))
    assert pupil.page.evaluate(READ) is None


def test_the_workers_script_carries_the_policy_that_lets_it_connect(box: Appliance, bench: Bench) -> None:
    answer = bench.context().request.get(policy.WORKER_PATH)
    assert answer.ok
    assert f"ws://127.0.0.1:{box.websocket_port}" in answer.headers["content-security-policy"]
