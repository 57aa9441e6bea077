"""What a school's box fetches at the door: the ring of keys, its configuration, its instructions. Thin."""

from flask import Blueprint, Response, request

from central.bootstrap import Services
from central.errors import NotFound
from central.web.peer import current_appliance
from protocol.uplink import MEDIA_TYPE, PREFIX
from protocol.uplink_orders import encode_instructions, encode_signed


def make_orders_api(services: Services) -> Blueprint:
    api = Blueprint("orders_api", __name__, url_prefix=PREFIX)

    @api.get("/ring")
    def ring() -> Response:
        signed = services.rings.current()
        if signed is None:
            raise NotFound("no_ring")
        return _answer(encode_signed(signed))

    @api.get("/config")
    def config() -> Response:
        have = request.args.get("have", 0, type=int)
        signed = services.configurations.signed_for(current_appliance().uai, have)
        if signed is None:
            raise NotFound("no_configuration")
        return _answer(encode_signed(signed))

    @api.get("/instructions")
    def instructions() -> Response:
        waiting = services.order_delivery.pending(current_appliance().id, services.clock.now())
        return _answer(encode_instructions(waiting))

    return api


def _answer(body: bytes) -> Response:
    return Response(body, mimetype=MEDIA_TYPE, headers={"Cache-Control": "no-store"})
