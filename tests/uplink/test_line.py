"""How a city is spoken with goes by what it says that it can, as of its last word: it may be another one tomorrow."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from protocol.uplink import MEDIA_TYPE, Batch
from protocol.uplink_chain import FOLDED
from protocol.uplink_hello import Hello, HelloAnswer, encode_hello_answer
from protocol.uplink_words import Lane, Standing, StorageWord
from tests.support.bad_proxy import LyingServer, answer_of, lying_server
from tests.support.city_tls import Authority
from tests.support.store import HandClock, opened_store
from uplink.exchanging import rider_of
from uplink.keys import Keys
from uplink.line import Line, Link
from uplink.trouble import Trouble

HELLO = Hello("a-1", "e-1", "", "n" * 16, "hw", HandClock().now(), "0.1", 3, StorageWord.NORMAL, {})
EARLIER = HelloAnswer("a-1", "e-1", HELLO.nonce, "t", HELLO.at, "s", Standing.ACTIVE, {Lane.RECEIPTS: 0}, 0, 0, 0)
TODAY = replace(EARLIER, capabilities=("central/0.1.0", FOLDED))
NOTHING = rider_of(Batch("a-1", "e-1", Lane.RECEIPTS, 3, 9, ()))


@dataclass
class Joined:
    line: Line
    server: LyingServer

    def says(self, status: int, body: bytes) -> None:
        self.server.answers.append(answer_of(status, body, MEDIA_TYPE))

    def hears_hello(self, answer: HelloAnswer) -> None:
        self.says(200, encode_hello_answer(answer))
        self.line.hello(HELLO, ())

    def heard(self) -> str:
        """What the city was asked last: the path, and the body's coding."""
        head = self.server.heard[-1].partition(b"\r\n\r\n")[0].decode().lower()
        codings = [line.partition(": ")[2] for line in head.split("\r\n") if line.startswith("content-encoding")]
        return " ".join((head.split(" ")[1].rpartition("/")[2], *codings))


@pytest.fixture
def joined(tmp_path: Path) -> Iterator[Joined]:
    authority, keys = Authority(tmp_path), Keys(tmp_path)
    certificate, key = authority.give("box")
    shutil.copy(certificate, keys.certificate_path)
    shutil.copy(key, keys.key_path)
    with opened_store(tmp_path), lying_server(*authority.give("city")) as server:
        link = Link(f"localhost:{server.port}", "a-1", "", Standing.ACTIVE, 0, 0, "")
        line = Line(link, keys, HandClock(), lambda: None)
        yield Joined(line, server)
        line.close()


def test_a_city_that_was_put_back_to_an_earlier_version_is_spoken_with_plainly(joined: Joined) -> None:
    joined.hears_hello(TODAY)
    joined.says(404, b'{"error":{"code":"not_found","text":""}}')
    with pytest.raises(Trouble):
        joined.line.hello(HELLO, ())
    assert joined.heard() == f"exchange {FOLDED}"
    joined.hears_hello(EARLIER)
    assert joined.heard() == "hello"
    joined.says(200, b"{}")
    joined.line.batch(NOTHING)
    assert joined.heard() == "batch zstd"
    joined.hears_hello(TODAY)
    joined.says(200, b"")
    with pytest.raises(Trouble):
        joined.line.batch(NOTHING)
    assert joined.heard() == f"batch {FOLDED}", "it was put forward again"


def test_a_batch_that_meets_the_earlier_version_first_goes_plainly_the_next_time(joined: Joined) -> None:
    """It would be put aside for what is no fault of its own."""
    joined.hears_hello(TODAY)
    joined.says(422, b'{"error":{"code":"malformed","text":""}}')
    with pytest.raises(Trouble):
        joined.line.batch(NOTHING)
    assert joined.line.folds, "that is the batch's own fault"
    joined.says(422, b'{"error":{"code":"unknown_encoding","text":""}}')
    with pytest.raises(Trouble):
        joined.line.batch(NOTHING)
    joined.says(200, b"{}")
    joined.line.batch(NOTHING)
    assert joined.heard() == "batch zstd"
