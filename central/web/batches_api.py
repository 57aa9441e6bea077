"""Batches at the door: alone, or brought by a hello. Thin; owns how many are taken in at once."""

from flask import Blueprint, Response, request

from central.bootstrap import Services
from central.errors import Invalid
from central.services.ingest import Received
from central.web.bodies import read_body, spoken
from central.web.chained import answer, hear, is_chained
from central.web.gate import Gate
from central.web.peer import current_appliance
from protocol.uplink import MEDIA_TYPE, PREFIX, digest_of, encode_batch_answer, parse_batch
from protocol.uplink_exchange import encode_exchange_answer, parse_exchange, parse_folded_batch
from protocol.uplink_folding import known_after, unfold
from protocol.uplink_hello import HELLO_MARK

_AT_ONCE = 4  # of one process: more would only wait for each other


def make_batches_api(services: Services) -> Blueprint:
    api = Blueprint("batches", __name__, url_prefix=PREFIX)
    receiving, gate = services.receiving, Gate(_AT_ONCE)

    def applied(body: bytes) -> bytes:
        with gate.entered():
            size, mark = request.content_length or len(body), request.headers.get(HELLO_MARK, "")
            received = Received(parse_batch(body), digest_of(body), size, mark)
            return encode_batch_answer(receiving.ingest.take(current_appliance(), received))

    @api.post("/batch")
    def batch() -> Response:
        if not is_chained(request):
            body = spoken(read_body(request))  # over a poor line this takes minutes: it holds no place
            return Response(applied(body), mimetype=MEDIA_TYPE)
        said = hear(request, receiving.chains, current_appliance().id)
        folded = parse_folded_batch(spoken(said.text))
        body = unfold(folded.batch, folded.whose, said.chain.known)
        told = applied(body)
        return answer(said, told, receiving.chains, known_after(said.chain.known, body))

    @api.post("/exchange")
    def exchange() -> Response:
        if not is_chained(request):
            raise Invalid("unknown_encoding", {"Content-Encoding": "unknown_value"})
        said = hear(request, receiving.chains, current_appliance().id)
        asked = parse_exchange(spoken(said.text))
        size = request.content_length or 0
        heard = receiving.exchanges.take(current_appliance(), asked, said.chain.known, size, gate.entered)
        return answer(said, encode_exchange_answer(heard.answer), receiving.chains, heard.known)

    return api
