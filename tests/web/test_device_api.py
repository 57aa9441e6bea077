"""Joining over HTTP, the time, and what a person sees behind an enrollment link."""

import json
import re
from datetime import timedelta

import pytest

from appliance.domain.people import CONSOLE
from appliance.store.models import Device, EnrollmentToken
from protocol.device import parse_enrollment_answer, parse_time
from tests.web.conftest import Site


@pytest.fixture
def token(site: Site) -> str:
    cart = site.services.carts.add("Classe mobile A", CONSOLE)
    return site.services.tokens.new(CONSOLE, 1000, timedelta(days=1), cart.id).token.reveal()


def request_of(token: str, serial: str = "R52T90ABCDE", **changes: object) -> dict[str, object]:
    return {
        "token": token, "serial": serial, "manufacturer": "samsung", "model": "SM-X200", "kind": "tablet",
        "os": "Android 14", "agent": "preau-sim/1.0", "capabilities": ["lock", "sound"], **changes,
    }  # fmt: skip


def test_a_device_joins_and_is_told_the_host_that_it_used(site: Site, token: str) -> None:
    client = site.browser().client
    for host, told in [("127.0.0.1:8080", "127.0.0.1"), ("preau.local", "preau.local"), ("[::1]:8080", "::1")]:
        answer = client.post("/api/devices", json=request_of(token), headers={"Host": host})
        assert answer.status_code == 201
        assert parse_enrollment_answer(answer.data).mqtt.host == told
    assert Device.get().host == "::1"


def test_six_hundred_tablets_of_one_address_join_in_one_go(site: Site, token: str) -> None:
    client = site.browser().client
    statuses = {client.post("/api/devices", json=request_of(token, f"SERIAL{n:04d}")).status_code for n in range(600)}
    assert statuses == {201}
    assert Device.select().count() == 600


def test_tokens_are_not_guessed(site: Site, token: str) -> None:
    client = site.browser("192.168.1.66").client
    statuses = [client.post("/api/devices", json=request_of(f"guess-{n}")).status_code for n in range(200)]
    assert statuses.count(401) == 120
    refused = client.post("/api/devices", json=request_of(token))
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) <= 60
    assert site.browser("192.168.1.10").client.post("/api/devices", json=request_of(token)).status_code == 201


_FORM_TOKEN = re.compile(rb'(name="csrf[-_]token" (?:content|value)=)"[^"]*"')  # it carries the second


def test_unknown_expired_revoked_and_used_up_tokens_get_the_same_answer(site: Site, token: str) -> None:
    new = site.services.tokens.new
    once, old, gone = (new(CONSOLE, 1, timedelta(days=1)) for _ in range(3))
    client = site.browser().client
    assert client.post("/api/devices", json=request_of(once.token.reveal())).status_code == 201
    EnrollmentToken.update(expires_at=site.services.clock.now()).where(EnrollmentToken.id == old.id).execute()
    site.services.tokens.revoke(gone.id, CONSOLE)
    bodies = set()
    for each in ("unknown", once.token.reveal(), old.token.reveal(), gone.token.reveal()):
        answer = client.post("/api/devices", json=request_of(each, "OTHER"))
        assert answer.status_code == 401
        bodies.add(answer.data)
        page = client.get(f"/t/{each}")
        assert page.status_code == 404
        bodies.add(_FORM_TOKEN.sub(b"", page.data.replace(each.encode(), b"")))
    assert len(bodies) == 2
    assert Device.select().count() == 1


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        (b"{", {"body": "not_json"}),
        (b"[]", {"body": "not_json"}),
        (b'{"a":' * 40 + b"1" + b"}" * 40, {"body": "too_deep"}),
        (b"\xff\xfe", {"body": "not_json"}),
    ],
)
def test_garbage_is_422_with_its_reason(site: Site, body: bytes, errors: dict[str, str]) -> None:
    answer = site.browser().client.post("/api/devices", data=body, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json is not None
    assert set(answer.json["errors"]) == set(errors)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"serial": ""}, "serial"),
        ({"serial": None}, "serial"),
        ({"serial": ["x"]}, "serial"),
        ({"serial": "x" * 10_240}, "serial"),
        ({"kind": "toaster"}, "kind"),
        ({"capabilities": "lock"}, "capabilities"),
        ({"model": 7}, "model"),
        ({"token": {}}, "token"),
    ],
)
def test_a_wrong_field_is_named(site: Site, token: str, changes: dict[str, object], field: str) -> None:
    answer = site.browser().client.post("/api/devices", json={**request_of(token), **changes})
    assert answer.status_code == 422
    assert answer.json is not None
    assert field in answer.json["errors"]
    assert Device.select().count() == 0


def test_fields_of_the_future_are_ignored(site: Site, token: str) -> None:
    answer = site.browser().client.post(
        "/api/devices", json=request_of(token, colour="blue", capabilities=["teleport"])
    )
    assert answer.status_code == 201


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
def test_only_json_is_read_so_that_no_page_can_post_here(site: Site, token: str, kind: str | None) -> None:
    body = json.dumps(request_of(token)).encode()
    answer = site.browser().client.post("/api/devices", data=body, content_type=kind)
    assert answer.status_code == 415
    assert Device.select().count() == 0


def test_a_body_of_64_kilobytes_and_a_byte_is_too_large(site: Site, token: str) -> None:
    client = site.browser().client
    room = 64 * 1024 - len(json.dumps(request_of(token, extra="")))
    fits = json.dumps(request_of(token, extra="x" * room))
    assert client.post("/api/devices", data=fits, content_type="application/json").status_code == 201
    too_long = json.dumps(request_of(token, extra="x" * (room + 1)))
    assert client.post("/api/devices", data=too_long, content_type="application/json").status_code == 413


def test_a_page_of_another_site_cannot_enroll_anything(site: Site, token: str) -> None:
    headers = {"Origin": "https://evil.example"}
    assert site.browser().client.post("/api/devices", json=request_of(token), headers=headers).status_code == 403


@pytest.mark.contract("8.api_time_is_open_to_all")
def test_the_time_is_open_to_all_and_in_utc(site: Site) -> None:
    answer = site.browser().client.get("/api/time")
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["now"].endswith("Z")
    assert abs((parse_time(answer.json["now"]) - site.services.clock.now()).total_seconds()) < 5


def test_a_person_who_opens_a_link_reads_what_it_is_for(site: Site, token: str) -> None:
    page = site.browser().client.get(f"/t/{token}", headers={"Host": "preau.local:8080"})
    assert page.status_code == 200
    assert "Classe mobile A" in page.text
    assert f'data-token="{token}"' in page.text
    assert "data-device" not in page.text
    assert f"http://preau.local:8080/t/{token}" in page.text
    assert "1000" in page.text.replace("\u202f", "").replace("\u00a0", "")
    assert "<svg" in page.text
    assert "style=" not in page.text


def test_looking_at_a_link_uses_nothing_up(site: Site, token: str) -> None:
    for _ in range(5):
        site.browser().client.get(f"/t/{token}")
        site.browser().client.head(f"/t/{token}")
    assert EnrollmentToken.get().used == 0


@pytest.mark.parametrize("token", ["x", "<script>alert(1)</script>", "%00", "é" * 500, "{{7*7}}"])
def test_a_strange_link_opens_nothing(site: Site, token: str) -> None:
    page = site.browser().client.get(f"/t/{token}")
    assert page.status_code == 404
    assert "<script>alert" not in page.text
