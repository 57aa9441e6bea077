"""What a school's box says and asks at the door: hello, batches, the daily comparison, snapshots. Thin.

Who calls is proven before (`central.web.peer`). Owns how many of these it lets in at once.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from random import randint

from flask import Blueprint, Response, request

from central.bootstrap import Services
from central.errors import TooMany, WrongVersion
from central.services.ingest import Received
from central.services.snapshots import MAX_BYTES
from central.web.bodies import read_body, spooled
from central.web.peer import current_appliance
from protocol.strict_json import read_object
from protocol.uplink import (
    ACCEPTED_VERSIONS,
    MAX_BODY_BYTES,
    MEDIA_TYPE,
    PREFIX,
    digest_of,
    encode_batch_answer,
    parse_batch,
)
from protocol.uplink_hello import encode_hello_answer, parse_hello
from protocol.uplink_reconcile import encode_comparison_answer, parse_comparison

DIGEST = "X-Preau-SHA256"
_BATCHES_AT_ONCE = 4  # of one process: more would only wait for each other
_WAIT_SECONDS = 3.0
_RETRY_SECONDS = (10, 60)


def make_uplink_api(services: Services) -> Blueprint:
    api = Blueprint("uplink", __name__, url_prefix=PREFIX)
    receiving = services.receiving
    batches, snapshots = _Gate(_BATCHES_AT_ONCE), _Gate(1)

    @api.post("/hello")
    def hello() -> Response:
        body = _spoken(read_body(request))
        answer = receiving.hellos.hear(current_appliance(), parse_hello(body), request.remote_addr or "")
        return _answer(encode_hello_answer(answer))

    @api.post("/batch")
    def batch() -> Response:
        body = _spoken(read_body(request))  # over a poor line this takes minutes: it holds no place
        with batches.entered():
            received = Received(parse_batch(body), digest_of(body), request.content_length or len(body))
            return _answer(encode_batch_answer(receiving.ingest.take(current_appliance(), received)))

    @api.post("/reconcile")
    def reconcile() -> Response:
        asked = parse_comparison(_spoken(read_body(request)))
        return _answer(encode_comparison_answer(receiving.reconcile.compare(current_appliance(), asked)))

    @api.put("/snapshot")
    def put_snapshot() -> Response:
        request.max_content_length = MAX_BYTES
        told = request.headers.get(DIGEST, "").lower()
        with spooled(request, MAX_BYTES) as file, snapshots.entered():
            receiving.snapshots.keep(current_appliance(), file.read(), told)
        return Response(status=204)

    @api.get("/snapshot")
    def get_snapshot() -> Response:
        with snapshots.entered():
            found = receiving.snapshots.latest_for(current_appliance())
        response = Response(found.plain, mimetype="application/octet-stream")
        response.headers[DIGEST] = found.sha256
        return response

    return api


class _Gate:
    """A few at once; who would wait too long is told when to come back, each another moment."""

    def __init__(self, most: int) -> None:
        self._places = threading.BoundedSemaphore(most)

    @contextmanager
    def entered(self) -> Iterator[None]:
        if not self._places.acquire(timeout=_WAIT_SECONDS):
            raise TooMany("busy", randint(*_RETRY_SECONDS))  # noqa: S311 - spreads returns, protects nothing
        try:
            yield
        finally:
            self._places.release()


def _spoken(body: bytes) -> bytes:
    """A version that we do not speak is refused as such, whatever else has changed in it."""
    if not body.startswith((b'{"v":1,', b'{"v":1}')):
        told = read_object(body, MAX_BODY_BYTES).get("v")
        if isinstance(told, int) and told not in ACCEPTED_VERSIONS:
            raise WrongVersion("wrong_version", versions=list(ACCEPTED_VERSIONS))
    return body


def _answer(body: bytes) -> Response:
    return Response(body, mimetype=MEDIA_TYPE)
