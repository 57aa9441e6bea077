"""Frames, as they arrive from a broker and as a page sends them."""

import pytest

from tests.bench.over_websocket import BINARY, Frames, frame

_MASK = 0x80


def from_server(payload: bytes) -> bytes:
    """The same frame without its mask."""
    sent = bytearray(frame(BINARY, payload))
    start = len(sent) - len(payload)
    sent[1] &= ~_MASK
    return bytes(sent[: start - 4]) + payload


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536])
def test_a_frame_of_any_size_is_read_however_the_stream_is_cut(size: int) -> None:
    payload = bytes(range(256)) * (size // 256) + bytes(size % 256)
    stream = from_server(payload) + from_server(b"the next one")
    for cut in (1, 3, 9, len(stream) - 1):
        frames = Frames()
        read = [one for part in (stream[:cut], stream[cut:]) for one in frames.feed(part)]
        assert read == [(BINARY, payload), (BINARY, b"the next one")]


def test_what_a_page_sends_says_that_it_is_masked() -> None:
    assert frame(BINARY, b"ab") == bytes([0x82, 0x82, 0, 0, 0, 0]) + b"ab"
