"""Contract, section 1: a device joins."""

import re

import pytest
import requests

from tests.contract.conftest import School, Tablet

FAILED_LOGIN = (0x86, 0x87, 4, 5)


@pytest.mark.contract("1.post_answers_201", "1.ca_is_null_where_tls_is_off", "1.token_belongs_to_one_school")
def test_a_post_with_the_links_token_makes_a_device(school: School) -> None:
    answer = school.enroll()
    assert set(answer) == {"id", "name", "school", "mqtt", "ca", "time"}
    assert re.fullmatch(r"d-[a-z0-9]{8}", answer["id"])
    assert set(answer["mqtt"]) == {"host", "port", "tls", "websocket", "username", "password"}
    assert answer["mqtt"]["username"] == answer["id"]
    assert answer["mqtt"]["tls"] is False
    assert answer["ca"] is None
    with school.peer(answer) as peer:
        assert peer.is_connected


@pytest.mark.contract("1.host_is_the_one_the_device_reached")
def test_the_broker_is_told_by_the_name_that_reached_us(school: School) -> None:
    url = f"http://localhost:{school.box.http_port}/api/devices"
    body = {"token": school.link.rsplit("/", 1)[1], "serial": "by-name", "manufacturer": "x", "model": "y",
            "kind": "laptop", "os": "Debian", "agent": "t", "capabilities": []}  # fmt: skip
    assert requests.post(url, json=body, timeout=20).json()["mqtt"]["host"] == "localhost"
    foreign = requests.post(url, json=body, headers={"Host": "evil.example"}, timeout=20)
    assert foreign.status_code == 421


@pytest.mark.contract("1.token_may_name_a_group")
def test_the_tokens_cart_takes_the_device(school: School) -> None:
    answer = school.enroll()
    listed = school.box.admin("device", "list", "--json").stdout
    assert answer["id"] in listed
    assert "Classe mobile A" in listed


@pytest.mark.contract(
    "1.same_serial_keeps_the_id_and_the_record",
    "1.same_serial_gets_a_new_password",
    "1.removed_device_loses_its_connection_at_once",
)
def test_the_same_serial_is_the_same_device_with_a_new_password(school: School) -> None:
    first = school.enroll(serial="R52T90ABCDE")
    with school.peer(first) as old:
        second = school.enroll(serial="R52T90ABCDE")
        old.wait_for_end()
    assert (second["id"], second["name"]) == (first["id"], first["name"])
    assert second["mqtt"]["password"] != first["mqtt"]["password"]
    assert school.peer(first).connect() in FAILED_LOGIN
    with school.peer(second) as new:
        assert new.is_connected


@pytest.mark.contract("1.bad_token_is_401", "1.token_has_a_number_of_uses", "1.token_has_an_expiry")
def test_a_token_that_is_unknown_used_up_revoked_or_expired_is_401(school: School) -> None:
    assert school.enroll_raw(token="unknown").status_code == 401
    once = school.box.new_link(uses=1).rsplit("/", 1)[1]
    assert school.enroll_raw(token=once).status_code == 201
    assert school.enroll_raw(token=once).status_code == 401
    revoked = school.box.new_link().rsplit("/", 1)[1]
    newest = max(
        int(found) for found in re.findall(r'"id": ?(\d+)', school.box.admin("token", "list", "--json").stdout)
    )
    assert school.box.admin("token", "revoke", str(newest)).returncode == 0
    assert school.enroll_raw(token=revoked).status_code == 401


@pytest.mark.contract("1.bad_request_is_422_with_errors")
def test_what_is_wrong_is_said_by_field(school: School) -> None:
    response = school.enroll_raw(kind="toaster", serial="")
    assert response.status_code == 422
    assert set(response.json()["errors"]) == {"kind", "serial"}
    url = f"{school.box.url}/api/devices"
    for raw in (b"{", b"[]", b"\xff", b'{"token": NaN}'):
        wrong = requests.post(url, data=raw, headers={"Content-Type": "application/json"}, timeout=20)
        assert wrong.status_code == 422
        assert wrong.json()["errors"]


@pytest.mark.contract("1.link_is_base_t_token", "1.opening_the_link_in_a_browser")
def test_the_link_opens_in_a_browser_with_its_qr_code(school: School) -> None:
    assert re.fullmatch(r"http://[^/]+/t/[A-Za-z0-9_-]{20,}", school.link)
    page = requests.get(school.link, timeout=20)
    assert page.status_code == 200
    assert "<svg" in page.text
    assert school.link in page.text


@pytest.mark.contract("1.removed_device_loses_its_password_at_once", "1.removed_device_loses_its_connection_at_once")
def test_a_removed_device_is_out_at_once_and_the_others_stay(school: School, tablet: Tablet) -> None:
    answer = school.enroll()
    with school.peer(answer) as peer:
        done = school.box.admin("device", "revoke", answer["id"])
        assert done.returncode == 0, done.stderr
        peer.wait_for_end()
    assert school.peer(answer).connect() in FAILED_LOGIN
    document = f"{school.box.url}/documents/{'0' * 64}"
    login = (answer["id"], answer["mqtt"]["password"])
    assert requests.get(document, auth=login, timeout=20).status_code == 401
    assert tablet.peer.is_connected


@pytest.mark.contract("1.too_many_requests_are_429_with_retry_after")
def test_guessing_tokens_is_slowed_down(school: School) -> None:
    """Last in this file: this address is slowed down afterwards."""

    answers = (school.enroll_raw(token="guess") for _ in range(1000))
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert int(refused.headers["Retry-After"]) > 0
