"""Documents for devices: whole, in ranges, not modified, refused."""

import base64
import hashlib
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask, Response, request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client, TestResponse

from appliance.domain.people import CONSOLE
from appliance.errors import Unavailable
from appliance.store.models import Device
from appliance.web.files import StoredFile, Transfers, send
from tests.support.documents import store_upload
from tests.web.conftest import Site

CONTENT = bytes(range(256)) * 40 + b"end"
TAG = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Client:
    path = tmp_path_factory.mktemp("files") / TAG
    path.write_bytes(CONTENT)
    app, transfers = Flask(__name__), Transfers(1)  # one place: a transfer that kept its own would block the next

    @app.get("/file")
    def file() -> Response:
        return send(request, StoredFile(path, TAG, len(CONTENT), "application/pdf", "été.pdf"), transfers)

    return app.test_client()


def get(client: Client, headers: dict[str, str]) -> TestResponse:
    """`buffered`: read to its end and closed, as a server does."""
    return client.get("/file", headers=headers, buffered=True)


@pytest.mark.contract("8.strong_etag_is_the_hash", "8.content_length_always", "8.cache_control_is_immutable")
def test_the_whole_file_with_everything_that_a_device_needs(client: Client) -> None:
    answer = get(client, {})
    assert (answer.status_code, answer.data) == (200, CONTENT)
    assert answer.headers["ETag"] == f'"{TAG}"'
    assert answer.headers["Content-Length"] == str(len(CONTENT))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "private" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=_t_.pdf; filename*=UTF-8''%C3%A9t")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_head_has_the_length_and_no_body(client: Client) -> None:
    answer = client.head("/file", headers={"Range": "bytes=0-9"})
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(CONTENT))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(CONTENT) - 1), st.integers(0, 2 * len(CONTENT)))
@pytest.mark.contract("8.range_is_honoured")
def test_any_valid_range_is_that_slice(client: Client, start: int, more: int) -> None:
    end = start + more
    answer = get(client, {"Range": f"bytes={start}-{end}"})
    expected = CONTENT[start : end + 1]
    assert (answer.status_code, answer.data) == (206, expected)
    assert answer.headers["Content-Length"] == str(len(expected))
    last = start + len(expected) - 1
    assert answer.headers["Content-Range"] == f"bytes {start}-{last}/{len(CONTENT)}"


@given(st.integers(1, 2 * len(CONTENT)))
def test_any_number_of_last_bytes_is_the_end_of_the_file(client: Client, length: int) -> None:
    answer = get(client, {"Range": f"bytes=-{length}"})
    assert (answer.status_code, answer.data) == (206, CONTENT[-length:])


@given(st.integers(0, len(CONTENT) - 1))
def test_from_any_byte_on_is_the_rest(client: Client, start: int) -> None:
    answer = get(client, {"Range": f"bytes={start}-"})
    assert (answer.status_code, answer.data) == (206, CONTENT[start:])


@pytest.mark.parametrize("wanted", [f"bytes={len(CONTENT)}-", "bytes=99999999999999999999-", "bytes=-0"])
def test_a_range_outside_the_file_is_416_with_its_size(client: Client, wanted: str) -> None:
    answer = get(client, {"Range": wanted})
    assert (answer.status_code, answer.data) == (416, b"")
    assert answer.headers["Content-Range"] == f"bytes */{len(CONTENT)}"


@pytest.mark.parametrize(
    "wanted",
    ["bytes=5-2", "bytes=-", "bytes=", "bytes", "lines=0-5", "bytes=a-b", "bytes=0-5,10-15", "bytes=1-" + "9" * 40, ""],
)
def test_what_is_no_single_range_gets_the_whole_file(client: Client, wanted: str) -> None:
    answer = get(client, {"Range": wanted})
    assert (answer.status_code, answer.data) == (200, CONTENT)


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        (f'"{TAG}"', 206),
        (f'W/"{TAG}"', 200),
        ('"' + "0" * 64 + '"', 200),
        ("Mon, 23 Nov 2026 08:00:00 GMT", 200),
        (TAG, 200),
        ("", 200),
    ],
)
@pytest.mark.contract("8.if_range_is_honoured")
def test_a_download_resumes_only_if_it_is_still_the_same_file(client: Client, condition: str, status: int) -> None:
    answer = get(client, {"Range": "bytes=10-", "If-Range": condition})
    assert answer.status_code == status
    assert answer.data == (CONTENT[10:] if status == 206 else CONTENT)


@pytest.mark.parametrize("condition", [f'"{TAG}"', f'W/"{TAG}"', "*", f'"x", "{TAG}"'])
def test_who_has_the_file_gets_304(client: Client, condition: str) -> None:
    answer = get(client, {"If-None-Match": condition, "Range": "bytes=0-5"})
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == f'"{TAG}"'


def test_who_has_another_file_gets_this_one(client: Client) -> None:
    assert get(client, {"If-None-Match": '"x"'}).data == CONTENT


def test_only_so_many_files_are_on_their_way_at_once(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x")
    transfers = Transfers(2)
    first, _second = transfers.open(path), transfers.open(path)
    with pytest.raises(Unavailable, match="busy_files"):
        transfers.open(path)
    first.close()
    first.close()
    third = transfers.open(path)
    with pytest.raises(Unavailable):
        transfers.open(path)
    third.close()


def test_a_file_that_vanished_takes_no_place(tmp_path: Path) -> None:
    transfers = Transfers(1)
    for _ in range(3):
        with pytest.raises(Exception, match="document_missing"):
            transfers.open(tmp_path / "gone")


# Through the device's door


@pytest.fixture
def device(site: Site) -> Iterator[tuple[str, str]]:
    """A user name and a password, as enrollment gives them."""
    token = site.services.tokens.new(CONSOLE, 1, timedelta(days=1)).token.reveal()
    answer = site.browser().client.post("/api/devices", json=enrollment(token))
    assert answer.status_code == 201, answer.text
    assert answer.json is not None
    yield answer.json["mqtt"]["username"], answer.json["mqtt"]["password"]


def enrollment(token: str, serial: str = "R52T90ABCDE") -> dict[str, object]:
    return {
        "token": token, "serial": serial, "manufacturer": "samsung", "model": "SM-X200", "kind": "tablet",
        "os": "Android 14", "agent": "preau-sim/1.0", "capabilities": ["lock", "sound"],
    }  # fmt: skip


def basic(username: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()}


def test_an_enrolled_device_reads_a_document(site: Site, device: tuple[str, str]) -> None:
    stored = store_upload(site.services.documents, io.BytesIO(b"Bonjour les enfants"), "mot.txt", CONSOLE)
    answer = site.browser().client.get(f"/documents/{stored.sha256}", headers=basic(*device))
    assert (answer.status_code, answer.data) == (200, b"Bonjour les enfants")
    assert answer.headers["ETag"] == f'"{stored.sha256}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Vary"] == "Authorization, Cookie"


@pytest.mark.parametrize("kind", ["documents", "packages"])
@pytest.mark.contract("8.unknown_hash_is_404", "8.packages_are_served_as_documents_are")
def test_an_unknown_hash_is_404_for_a_device(site: Site, device: tuple[str, str], kind: str) -> None:
    for sha256 in ("0" * 64, "x", "..%2f..%2fstore.db", "%00", "0" * 10_000):
        answer = site.browser().client.get(f"/{kind}/{sha256}", headers=basic(*device))
        assert answer.status_code == 404, sha256


@pytest.mark.parametrize("kind", ["documents", "packages"])
@pytest.mark.contract("8.only_enrolled_devices_read")
def test_nobody_else_learns_whether_a_hash_is_known(site: Site, device: tuple[str, str], kind: str) -> None:
    stored = store_upload(site.services.documents, io.BytesIO(b"Bonjour"), "mot.txt", CONSOLE)
    username, password = device
    wrong: list[dict[str, str]] = [
        {},
        basic(username, "wrong"),
        basic("d-unknown2", password),
        basic("", ""),
        {"Authorization": f"Bearer {password}"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe:\x00").decode()},
        basic(username, "x" * 10_000),
    ]
    for sha256 in (stored.sha256, "0" * 64):
        for headers in wrong:
            answer = site.browser().client.get(f"/{kind}/{sha256}", headers=headers)
            assert answer.status_code == 401, headers
            assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_a_revoked_device_is_refused_at_once(site: Site, device: tuple[str, str]) -> None:
    stored = store_upload(site.services.documents, io.BytesIO(b"Bonjour"), "mot.txt", CONSOLE)
    client = site.browser().client
    assert client.get(f"/documents/{stored.sha256}", headers=basic(*device)).status_code == 200
    Device.update(status="revoked").where(Device.id == device[0]).execute()
    assert client.get(f"/documents/{stored.sha256}", headers=basic(*device)).status_code == 401


def test_a_teachers_session_is_no_devices_password(site: Site, device: tuple[str, str]) -> None:
    site.add("durand")
    browser = site.browser()
    browser.sign_in("durand")
    assert browser.get("/documents/" + "0" * 64).status_code == 401
