"""What a school's box says and asks at the door: hello, the daily comparison, snapshots. Thin.

Who calls is proven before (`central.web.peer`). Batches are `batches_api`'s.
"""

from flask import Blueprint, Response, request

from central.bootstrap import Services
from central.services.snapshots import MAX_BYTES
from central.web.bodies import read_body, spoken, spooled
from central.web.gate import Gate
from central.web.peer import current_appliance
from protocol.uplink import MEDIA_TYPE, PREFIX
from protocol.uplink_hello import encode_hello_answer, parse_hello
from protocol.uplink_reconcile import encode_comparison_answer, parse_comparison

DIGEST = "X-Preau-SHA256"


def make_uplink_api(services: Services) -> Blueprint:
    api = Blueprint("uplink", __name__, url_prefix=PREFIX)
    receiving = services.receiving
    snapshots = Gate(1)

    @api.post("/hello")
    def hello() -> Response:
        body = spoken(read_body(request))
        return _answer(encode_hello_answer(receiving.hellos.hear(current_appliance(), parse_hello(body))))

    @api.post("/reconcile")
    def reconcile() -> Response:
        asked = parse_comparison(spoken(read_body(request)))
        return _answer(encode_comparison_answer(receiving.reconcile.compare(current_appliance(), asked)))

    @api.put("/snapshot")
    def put_snapshot() -> Response:
        request.max_content_length = MAX_BYTES
        told = request.headers.get(DIGEST, "").lower()
        caller = current_appliance()
        with receiving.snapshots.coming(caller), spooled(request, MAX_BYTES) as file, snapshots.entered():
            receiving.snapshots.keep(caller, file.read(), told)
        return Response(status=204)

    @api.get("/snapshot")
    def get_snapshot() -> Response:
        with snapshots.entered():
            found = receiving.snapshots.latest_for(current_appliance())
        response = Response(found.plain, mimetype="application/octet-stream")
        response.headers[DIGEST] = found.sha256
        return response

    return api


def _answer(body: bytes) -> Response:
    return Response(body, mimetype=MEDIA_TYPE)
