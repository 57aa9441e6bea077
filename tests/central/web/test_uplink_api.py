"""The door's routes with a real server, mutual TLS and PostgreSQL."""

import hashlib
import os
import secrets
import signal
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import requests
from backports import zstd

from protocol.strict_json import write_object
from protocol.uplink import (
    ACCEPTED_VERSIONS,
    MAX_BODY_BYTES,
    PREFIX,
    Batch,
    Record,
    encode_batch,
    is_answer_to,
    parse_batch_answer,
)
from protocol.uplink_chain import FOLDED, Chain, framed
from protocol.uplink_exchange import Exchange, FoldedBatch, encode_exchange, encode_folded_batch
from protocol.uplink_folding import Known, Whose, fold
from protocol.uplink_hello import Hello, HelloAnswer, encode_hello, parse_hello_answer
from protocol.uplink_reconcile import (
    Comparison,
    bucket_digests,
    encode_comparison,
    hash_of,
    parse_comparison_answer,
    whole_digest,
)
from protocol.uplink_words import Lane, Standing, StorageWord
from tests.central.receiving import device
from tests.support.appliance import wait_for
from tests.support.central import HOST, Box, Central, running_central, uai_of
from tests.support.postgres import Postgres

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
UAI = uai_of(1)
PACKED = {"Content-Encoding": "zstd"}


@pytest.fixture(scope="module")
def url(postgres: Postgres) -> str:
    return postgres.new_database("uplink_api")


@pytest.fixture(scope="module")
def central(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Central]:
    with running_central(tmp_path_factory.mktemp("api"), database_url=url) as city:
        assert city.new_school() == UAI
        yield city


@pytest.fixture(scope="module")
def box(central: Central, tmp_path_factory: pytest.TempPathFactory) -> Box:
    """One for all: each test goes on from where the lane is."""
    joined = central.new_box(tmp_path_factory.mktemp("box"), UAI)
    assert say_hello(joined).standing is Standing.ACTIVE
    return joined


def hello_of(appliance: str) -> Hello:
    return Hello(appliance, "e-1", "", secrets.token_hex(16), "hw", AT, "0.1", 3, StorageWord.NORMAL, {})


def say_hello(box: Box) -> HelloAnswer:
    """Always with the first token, as if every answer was lost."""
    hello = hello_of(box.id)
    answer = box.post("hello", encode_hello(hello))
    assert answer.status_code == 200, answer.text
    told = parse_hello_answer(answer.content)
    assert told.nonce == hello.nonce
    return told


def audits(box: Box, count: int, beyond: int = 0) -> Batch:
    """The next ones; or, `beyond` that, with a hole before them."""
    after = say_hello(box).cursors[Lane.RECEIPTS] + beyond
    body = {"action": "device.retire", "actor": "durand"}
    records = tuple(Record(seq, "audit", AT, body) for seq in range(after + 1, after + count + 1))
    return Batch(box.id, "e-1", Lane.RECEIPTS, after, after + count, records)


def count(url: str, box: Box) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM school_audit WHERE appliance = %s", (box.id,)).fetchone()
        return int(row[0]) if row else 0


def test_a_packed_batch_is_acknowledged_to_the_letter(box: Box, url: str) -> None:
    batch, before = audits(box, 200), count(url, box)
    body = encode_batch(batch)

    answer = box.post("batch", zstd.compress(body), headers=PACKED)

    assert is_answer_to(parse_batch_answer(answer.content), batch, body)
    assert count(url, box) == before + 200
    gap = box.post("batch", encode_batch(audits(box, 1, beyond=5)))
    assert (gap.status_code, gap.json()) == (409, {"error": "gap", "cursor": batch.up_to})


CHAINED = {"Content-Encoding": FOLDED}


def on_new_chain(text: bytes) -> bytes:
    dictionary = zstd.ZstdDict(Chain().dictionary(), is_raw=True).as_prefix
    return framed(Chain(), zstd.compress(text, zstd_dict=dictionary))


def folded(box: Box) -> bytes:
    whose = Whose(box.id, "e-1")
    return encode_folded_batch(FoldedBatch(whose, fold(encode_batch(audits(box, 2)), whose, Known()) or {}))


def test_a_batch_on_a_chain_is_taken_once_and_its_answer_is_on_the_chain(box: Box, url: str) -> None:
    before, said = count(url, box), folded(box)

    answers = [box.post("batch", on_new_chain(said), headers=CHAINED) for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 200], "an answer was lost, and it is said again"
    dictionary = zstd.ZstdDict(Chain().dictionary(said), is_raw=True).as_prefix
    first, again = (parse_batch_answer(zstd.decompress(one.content, zstd_dict=dictionary)) for one in answers)
    assert (first.up_to, first.digest) == (again.up_to, again.digest)
    assert count(url, box) == before + 2


def bomb(box: Box) -> bytes:
    return zstd.compress(encode_batch(audits(box, 1)) + b" " * 300 * MAX_BODY_BYTES)


HOSTILE = {
    "a bomb": (bomb, PACKED, 413, "too_large"),
    "not packed": (lambda box: b"\x28\xb5\x2f\xfdrubbish", PACKED, 422, "not_packed"),
    "an unknown packing": (lambda box: b"{}", {"Content-Encoding": "br"}, 422, "unknown_encoding"),
    "not JSON": (lambda box: b"<html>", {}, 400, "malformed"),
    "a version to come": (lambda box: write_object({"v": 2, "shape": "unknown"}), {}, 426, "wrong_version"),
    "out of order": (
        lambda box: encode_batch(audits(box, 2)).replace(b'"seq":', b'"seq":9', 1),
        {},
        400,
        "malformed",
    ),
    "no chain": (lambda box: b"short", CHAINED, 400, "malformed"),
    "a chain nobody knows": (lambda box: b"x" * 16 + on_new_chain(folded(box))[16:], CHAINED, 409, "unknown_chain"),
    "rubbish on a chain": (lambda box: bytes(16) + b"rubbish", CHAINED, 422, "not_packed"),
    "a bomb on a chain": (lambda box: on_new_chain(b" " * 300 * MAX_BODY_BYTES), CHAINED, 413, "too_large"),
    "nothing folded": (lambda box: on_new_chain(b'{"v":1}'), CHAINED, 400, "malformed"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_batch_is_refused_whole_with_a_word(box: Box, url: str, what: str) -> None:
    make, headers, status, word = HOSTILE[what]
    before = count(url, box)

    answer = box.post("batch", make(box), headers=headers)

    assert (answer.status_code, answer.json()["error"]) == (status, word)
    assert answer.json().get("versions") == (list(ACCEPTED_VERSIONS) if status == 426 else None)
    assert count(url, box) == before


def test_a_body_that_says_it_is_too_large_is_not_taken(box: Box) -> None:
    """Refused before it is read: whoever still sends sees a word, or the line cut."""
    try:
        answer = box.post("batch", b" " * (MAX_BODY_BYTES + 1))
    except requests.ConnectionError:
        return
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


def test_a_batch_in_anothers_name_is_refused_and_in_the_journal(
    box: Box, central: Central, url: str, tmp_path: Path
) -> None:
    before = count(url, box)
    stolen: Box = central.new_box(tmp_path / "stolen", central.new_school(77))
    for path, body, headers in (
        ("batch", encode_batch(audits(box, 3)), {}),
        ("batch", on_new_chain(folded(box)), CHAINED),
        ("exchange", on_new_chain(encode_exchange(Exchange(hello_of(box.id)))), CHAINED),
        ("hello", encode_hello(hello_of(box.id)), {}),
        ("reconcile", encode_comparison(Comparison(box.id, "e-1", 0, "0" * 64)), {}),
    ):
        answer = stolen.post(path, body, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (403, "foreign_appliance")

    assert count(url, box) == before
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT action, detail FROM journal WHERE detail LIKE %s", ("%foreign_app%",)
        ).fetchall()
    assert [row[0] for row in rows] == ["door.refuse"]


def test_a_server_killed_between_commit_and_answer_has_applied_the_batch_once(
    box: Box, central: Central, url: str
) -> None:
    batch, before = audits(box, 50), count(url, box)
    body = encode_batch(batch)
    context = ssl.create_default_context(cafile=str(box.folder / "authority.pem"))
    context.load_cert_chain(box.folder / "box.pem", box.folder / "box.key")
    with context.wrap_socket(socket.create_connection((HOST, central.uplink_port)), server_hostname=HOST) as line:
        head = f"POST {PREFIX}/batch HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(body)}\r\n\r\n"
        line.sendall(head.encode() + body)
        wait_for(lambda: count(url, box) == before + 50, 20, "it is committed")
        assert central.process is not None
        for pid in [central.process.pid, *central.pids().values()]:
            os.kill(pid, signal.SIGKILL)
        central.process.wait(30)
    central.start()

    assert is_answer_to(parse_batch_answer(box.post("batch", body).content), batch, body)
    assert count(url, box) == before + 50
    assert say_hello(box).cursors[Lane.RECEIPTS] == batch.up_to


def test_the_daily_comparison_and_a_snapshot_for_the_box_that_takes_the_place(
    box: Box, central: Central, tmp_path: Path
) -> None:
    state = device(1)
    box.post("batch", encode_batch(Batch(box.id, "e-1", Lane.STATE, 0, 1, (state,))))
    whole = whole_digest(bucket_digests({"device:d-1": hash_of(state.body or {})}))
    asked = encode_comparison(Comparison(box.id, "e-1", 1, whole))
    assert parse_comparison_answer(box.post("reconcile", asked).content).same

    plain = b"PK\x03\x04" + os.urandom(3 * MAX_BODY_BYTES)
    told = {"X-Preau-SHA256": hashlib.sha256(plain).hexdigest()}
    put = box.session.put(f"{box.url}{PREFIX}/snapshot", data=plain, headers=told, timeout=30)
    assert put.status_code == 204, put.text
    altered = box.session.put(f"{box.url}{PREFIX}/snapshot", data=plain[:-1], headers=told, timeout=30)
    assert (altered.status_code, altered.json()["error"]) == (422, "snapshot_altered")
    new = central.new_box(tmp_path / "new", UAI, replaces=box.id)
    got = new.get("snapshot")
    assert (got.content == plain, got.headers["X-Preau-SHA256"]) == (True, told["X-Preau-SHA256"])
    assert box.get("snapshot").status_code == 403
