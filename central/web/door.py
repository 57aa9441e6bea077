"""The door of the schools: claims and certificates; what else a box says is `central.web.uplink_api`'s.

Owns who comes in and how errors are told ({"error": word}). It decides nothing.
"""

import contextlib
import ipaddress
import logging
import secrets

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException

from central.bootstrap import Services
from central.errors import CityError, Denied, TooMany
from central.services.refusals import Refusals
from central.store.database import connected, give_back
from central.store.trouble import STORE_ERRORS, read_trouble
from central.web.batches_api import make_batches_api
from central.web.orders_api import make_orders_api
from central.web.peer import current_appliance, identify
from central.web.uplink_api import make_uplink_api
from protocol.strict_json import Malformed, Reason, write_object
from protocol.uplink import MAX_BODY_BYTES, MEDIA_TYPE, PREFIX
from protocol.uplink_claim import encode_claim_answer, parse_claim, parse_renewal
from protocol.uplink_door import PEM_MEDIA_TYPE, encode_certificate_answer, parse_certificate_request

_log = logging.getLogger("door")
_RETRY_SECONDS = 5
_HEARD_BYTES = 16 * MAX_BODY_BYTES  # of a body that is refused
_CHUNK = 64 * 1024
_TOLD = ("cursor", "standing", "epoch", "versions")  # of an error's parameters, those that a box needs
_OPEN = frozenset({"door.health", "door.authority", "door.claim", "door.renew"})


def create_door(services: Services) -> Flask:
    """Needs the database bound (`bootstrap.open_databases`)."""
    app = Flask("central.door", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    _guard(app, services)
    _answer_errors(app, Refusals(services.clock))
    app.register_blueprint(_blueprint(services))
    app.register_blueprint(make_orders_api(services))
    app.register_blueprint(make_uplink_api(services))
    app.register_blueprint(make_batches_api(services))
    return app


def _guard(app: Flask, services: Services) -> None:
    """A connection to the database opens itself at the first query of a request, and is given back with it."""

    @app.before_request
    def identify_caller() -> None:
        if request.endpoint is not None and request.endpoint not in _OPEN:
            identify(services.certificates)

    @app.teardown_request
    def close_connection(_error: BaseException | None) -> None:
        give_back()


def _blueprint(services: Services) -> Blueprint:
    door = Blueprint("door", __name__)
    claims, certificates, keys = services.claims, services.certificates, services.keys

    @door.get("/health")
    def health() -> Response:
        with connected():
            services.rings.root_public()  # work done: the database answers
        return _answer(b'{"status":"ok"}')

    @door.get(f"{PREFIX}/authority")
    def authority() -> Response:
        return Response(keys.authority.pem, mimetype=PEM_MEDIA_TYPE)

    @door.post(f"{PREFIX}/claim")
    def claim() -> Response:
        return _answer(encode_claim_answer(claims.claim(parse_claim(request.get_data()), _source())))

    @door.post(f"{PREFIX}/renew")
    def renew() -> Response:
        renewed = certificates.renew_expired(parse_renewal(request.get_data()))
        return _answer(encode_certificate_answer(renewed))

    @door.post(f"{PREFIX}/certificate")
    def certificate() -> Response:
        renewed = certificates.renew(current_appliance(), parse_certificate_request(request.get_data()))
        return _answer(encode_certificate_answer(renewed))

    return door


def _answer_errors(app: Flask, refusals: Refusals) -> None:
    @app.errorhandler(Denied)
    def denied(error: Denied) -> Response:
        try:
            refusals.note(error, _source())
        except STORE_ERRORS:
            _log.warning("refusal_not_journaled code=%s", error.code)
        return _refusal(error)

    @app.errorhandler(CityError)
    def known(error: CityError) -> Response:
        return _refusal(error)

    @app.errorhandler(Malformed)
    def malformed(error: Malformed) -> Response:
        status = 413 if error.reason is Reason.TOO_LARGE else 400
        return _error("malformed", status, reason=error.reason.value, detail=error.detail)

    @app.errorhandler(HTTPException)
    def of_http(error: HTTPException) -> Response:
        words = {404: "not_found", 405: "wrong_method", 413: "too_large"}
        return _error(words.get(error.code or 500, "bad_request"), error.code or 500)

    @app.errorhandler(Exception)
    def unknown(error: Exception) -> Response:
        trouble = read_trouble(error)
        if trouble is not None:
            _log.warning("store_trouble code=%s route=%s", trouble.code, request.endpoint)
            return _refusal(trouble)
        reference = secrets.token_hex(4)
        _log.exception("request_failed reference=%s route=%s", reference, request.endpoint)
        return _error("failure", 500, reference=reference)


def _hear_out() -> None:
    """One who is cut off while he still speaks does not hear why."""
    left, source = _HEARD_BYTES, request.environ["wsgi.input"]
    with contextlib.suppress(OSError):
        while left > 0 and (heard := source.read(min(left, _CHUNK))):
            left -= len(heard)


def _refusal(error: CityError) -> Response:
    told = {name: error.params[name] for name in _TOLD if name in error.params}
    response = _error(error.code, error.status, **told)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    elif error.retry:
        response.headers["Retry-After"] = str(_RETRY_SECONDS)
    return response


def _error(word: str, status: int, **told: object) -> Response:
    _hear_out()
    return _answer(write_object({"error": str(word), **told}), status)


def _answer(body: bytes, status: int = 200) -> Response:
    return Response(body, status=status, mimetype=MEDIA_TYPE, headers={"Cache-Control": "no-store"})


def _source() -> str:
    return network_of(request.remote_addr or "-")


def network_of(address: str) -> str:
    """Of IPv6 the network: one caller has as many addresses as he likes."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address) or known.ipv4_mapped is not None:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False))
