"""The door over real TLS: who comes in, who is turned away, and what a box is told."""

import secrets
import socket
import sqlite3
import ssl
import time
import urllib.request
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from central.keys.authority import load_authority
from central.keys.folder import KeyFolder
from central.keys.server_certificate import ensure_server_certificate
from central.web.door import network_of
from central.web.slow import HANDSHAKE_SECONDS, PatientWorker
from protocol.uplink import MAX_BODY_BYTES, PREFIX
from protocol.uplink_claim import authority_mark, encode_renewal, parse_claim_answer, read_code
from protocol.uplink_door import (
    encode_certificate_request,
    parse_certificate_answer,
)
from tests.support.central import HOST, Box, Central, new_csr, new_key, running_central, uai_of
from tests.support.city import renewal_of

LONG_AGO = timedelta(days=200)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Central]:
    with running_central(tmp_path_factory.mktemp("city")) as central:
        central.new_school(1)
        yield central


@pytest.fixture(scope="module")
def box(city: Central, tmp_path_factory: pytest.TempPathFactory) -> Box:
    return city.new_box(tmp_path_factory.mktemp("box"), uai_of(1))


def renewing(box: Box) -> requests.Response:
    return box.post("certificate", encode_certificate_request(new_csr(new_key())))


def journal(city: Central, action: str) -> list[tuple[str, str]]:
    """Target and detail of each line."""
    with sqlite3.connect(city.data_path / "city.db") as database:
        return list(database.execute("SELECT target, detail FROM journal WHERE action = ? ORDER BY id", (action,)))


def test_the_authority_that_anybody_may_fetch_is_the_one_that_the_code_names(city: Central) -> None:
    trusting = ssl._create_unverified_context()  # noqa: S323 - as a box does, before it compares
    url = f"{city.url}{PREFIX}/authority"
    with urllib.request.urlopen(url, timeout=10, context=trusting) as answer:  # noqa: S310 - https
        fetched = answer.read().decode()
    code = read_code(city.claim_code(uai_of(1)))
    assert authority_mark(ssl.PEM_cert_to_DER_cert(fetched)) == code.authority
    assert fetched == city.authority_path.read_text()


def test_a_box_that_has_claimed_renews_by_its_certificate(city: Central, box: Box) -> None:
    answer = renewing(box)
    assert answer.status_code == 200, answer.text
    assert parse_certificate_answer(answer.content).authority == box.answer.authority


def test_nobody_comes_in_without_a_certificate_whatever_his_headers_say(city: Central, box: Box) -> None:
    told = {name: box.answer.certificate.replace("\n", "%0A") for name in ("X-SSL-Client-Cert", "X-Client-Cert")}
    told |= {"X-Forwarded-Client-Cert": f"URI=urn:preau:appliance:{box.id}", "X-SSL-Client-Verify": "SUCCESS"}
    for path in ("certificate", "hello", "batch", "snapshot", "reconcile"):
        answer = requests.post(
            f"{city.url}{PREFIX}/{path}", data=b"{}", headers=told, verify=str(city.authority_path), timeout=10
        )
        assert (answer.status_code, answer.json()["error"]) in ((403, "certificate_missing"), (405, "wrong_method"))


def test_a_certificate_of_another_authority_ends_the_handshake(city: Central, box: Box, tmp_path: Path) -> None:
    """The same names, another signature."""
    key, stranger = new_key(), load_authority(KeyFolder(tmp_path / "other"), "Marseille", datetime.now(UTC))  # noqa: TID251 - a real server reads the real clock
    made = stranger.issue_for_appliance(uai_of(1), box.id, key.public_key(), datetime.now(UTC))  # noqa: TID251 - a real server reads the real clock
    foreign = Box(city.url, tmp_path / "foreign", box.answer, key)
    foreign.keep(made.pem)
    with pytest.raises(requests.ConnectionError):
        renewing(foreign)
    assert renewing(box).status_code == 200


def test_an_expired_certificate_is_told_so_and_renews_by_its_old_key(city: Central, box: Box, tmp_path: Path) -> None:
    then = datetime.now(UTC) - LONG_AGO  # noqa: TID251 - a real server reads the real clock
    authority = load_authority(KeyFolder(city.data_path / "secrets"), "Marseille", then)
    made = authority.issue_for_appliance(uai_of(1), box.id, box.key.public_key(), then)
    with sqlite3.connect(city.data_path / "city.db", timeout=10) as database:
        database.execute(
            "INSERT INTO certificate (serial, appliance_id, not_before, not_after) VALUES (?, ?, ?, ?)",
            (made.serial, box.id, int(made.not_before.timestamp() * 1000), int(made.not_after.timestamp() * 1000)),
        )
    old = Box(city.url, tmp_path / "old", box.answer, box.key)
    old.keep(made.pem)
    refused = renewing(old)
    assert (refused.status_code, refused.json()) == (403, {"error": "certificate_expired"})
    key = new_key()
    renewed = city.post("renew", encode_renewal(renewal_of(made.pem, box.key, key)))
    assert renewed.status_code == 200, renewed.text
    fresh = Box(city.url, tmp_path / "fresh", box.answer, key)
    fresh.keep(parse_certificate_answer(renewed.content).certificate)
    assert renewing(fresh).status_code == 200
    thief = city.post("renew", encode_renewal(renewal_of(made.pem, new_key(), key)))
    assert (thief.status_code, thief.json()) == (403, {"error": "bad_signature"})


def test_a_box_that_is_revoked_is_out_at_once_even_on_an_open_connection(city: Central, tmp_path: Path) -> None:
    lost = city.new_box(tmp_path, uai_of(1))
    session, body = lost.session, encode_certificate_request(new_csr(new_key()))
    url = f"{city.url}{PREFIX}/certificate"
    assert session.post(url, data=body, timeout=10).status_code == 200
    city.done("appliance", "revoke", lost.id)
    for _ in range(5):
        refused = session.post(url, data=body, timeout=10)
        assert (refused.status_code, refused.json()) == (403, {"error": "appliance_revoked"})
    lines = [line for line in journal(city, "door.refuse") if line[0] == f"appliance:{lost.id}"]
    assert lines == [(f"appliance:{lost.id}", '{"reason":"appliance_revoked"}')]


def test_the_box_that_was_replaced_is_told_so(city: Central, tmp_path: Path) -> None:
    old = city.new_box(tmp_path / "old", uai_of(1))
    new = city.new_box(tmp_path / "new", uai_of(1), replaces=old.id)
    assert new.answer.replaces
    assert renewing(old).json() == {"error": "appliance_replaced"}
    assert renewing(new).status_code == 200


def test_a_lost_answer_is_given_again_and_a_used_code_to_nobody_else(city: Central) -> None:
    code, key = city.claim_code(uai_of(1)), new_key()
    first, again = city.claim(code, key), city.claim(code, key)
    assert parse_claim_answer(first.content).appliance == parse_claim_answer(again.content).appliance
    other = city.claim(code, new_key())
    assert (other.status_code, other.json()) == (409, {"error": "code_used"})
    assert code not in city.log()


def test_wrong_codes_are_slowed_down(city: Central) -> None:
    wrong = "0000-0000-0000-0000-0000-0000-0000-0000-0000-0000"
    csr = new_csr(new_key())
    answers = [city.claim(wrong, new_key(), csr) for _ in range(25)]
    assert answers[0].json() == {"error": "code_unknown"}
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 60
    assert city.claim(city.claim_code(uai_of(1)), new_key()).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        ("claim", b"{", 400, "malformed"),
        ("claim", b'{"v":99}', 400, "malformed"),
        ("renew", b"[" * 40_000, 400, "malformed"),
        ("claim", b" " * 200_000, 413, "malformed"),
        ("claim", b" " * (MAX_BODY_BYTES + 1), 413, "too_large"),
        ("nowhere", b"", 404, "not_found"),
        ("authority", b"", 405, "wrong_method"),
    ],
)
def test_nonsense_is_answered_with_a_word(city: Central, path: str, body: bytes, status: int, error: str) -> None:
    answer = city.post(path, body)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_who_is_refused_before_his_long_body_is_read_still_hears_why(city: Central, box: Box) -> None:
    for path, word in (("batch", "certificate_missing"), ("claim", "too_large")):
        answer = city.post(path, bytes(8 * MAX_BODY_BYTES))
        assert answer.json()["error"] == word


def test_what_speaks_no_tls_disturbs_nobody(city: Central, box: Box) -> None:
    said = len(city.log())
    for noise in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", secrets.token_bytes(400), b"\x16\x03\x01\x02\x00" + bytes(40)):
        with socket.create_connection((HOST, city.uplink_port), timeout=5) as peer:
            peer.sendall(noise)
    assert renewing(box).status_code == 200
    assert "Traceback" not in city.log()[said:]


def test_many_silent_callers_do_not_keep_a_box_waiting(city: Central, box: Box) -> None:
    """Three times the threads of the one worker: those who say nothing hold none."""
    silent = [socket.create_connection((HOST, city.uplink_port), timeout=5) for _ in range(72)]
    try:
        assert renewing(box).elapsed.total_seconds() < 4
    finally:
        for one in silent:
            one.close()


@contextmanager
def on_one_connection(city: Central, certificate: Path | None = None) -> Iterator[ssl.SSLSocket]:
    """To the door; read with patience."""
    trusting = ssl._create_unverified_context()  # noqa: S323 - as a box does, before it compares
    if certificate is not None:
        trusting.load_cert_chain(certificate / "box.pem", certificate / "box.key")
    with (
        socket.create_connection((HOST, city.uplink_port), timeout=15) as plain,
        trusting.wrap_socket(plain) as peer,
    ):
        yield peer


def ask_for_authority(peer: ssl.SSLSocket) -> None:
    """Until its answer has come whole; fails when the connection ends before."""
    peer.sendall(f"GET {PREFIX}/authority HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    answer = b""
    while b"-----END CERTIFICATE-----\n" not in answer:
        more = peer.recv(9000)
        assert more, "it was hung up"
        answer += more


def test_a_box_keeps_its_connection_and_a_stranger_none(city: Central, box: Box) -> None:
    with on_one_connection(city) as stranger:
        ask_for_authority(stranger)
        assert stranger.recv(100) == b""
    with on_one_connection(city, box.folder) as known:
        ask_for_authority(known)
        ask_for_authority(known)


def test_strangers_who_were_answered_and_do_not_hang_up_keep_no_box_waiting(city: Central, box: Box) -> None:
    with ExitStack() as held:
        strangers = [held.enter_context(on_one_connection(city)) for _ in range(6)]
        for stranger in strangers:
            stranger.sendall(f"GET {PREFIX}/authority HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert strangers[0].recv(100)
        assert renewing(box).elapsed.total_seconds() < 4


def test_gunicorn_waits_for_a_first_word_no_longer_than_for_a_handshake() -> None:
    class Waits:
        timeout = time.monotonic() + 180

    worker = PatientWorker.__new__(PatientWorker)
    worker.pending_conns = deque([Waits()])
    worker.murder_pending()
    assert worker.pending_conns[0].timeout <= time.monotonic() + HANDSHAKE_SECONDS


def test_a_new_certificate_of_the_server_is_shown_without_a_restart(city: Central, box: Box) -> None:
    before = ssl.get_server_certificate((HOST, city.uplink_port), timeout=10)
    folder = KeyFolder(city.data_path / "secrets")
    in_two_months = datetime.now(UTC) + timedelta(days=70)  # noqa: TID251 - a real server reads the real clock
    authority = load_authority(folder, "Marseille", in_two_months)
    ensure_server_certificate(folder, authority, HOST, in_two_months)
    assert ssl.get_server_certificate((HOST, city.uplink_port), timeout=10) != before
    folder.path_of("server.pem").unlink()
    ensure_server_certificate(folder, authority, HOST, datetime.now(UTC))  # noqa: TID251 - a real server reads the real clock
    assert renewing(box).status_code == 200


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:10.1.2.3", "::ffff:10.1.2.3"),
        ("-", "-"),
    ],
)
def test_a_caller_counts_as_one_however_many_addresses_he_has(address: str, source: str) -> None:
    assert network_of(address) == source
