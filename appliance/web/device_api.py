"""What devices ask over HTTP: joining, the time, documents (contract, sections 1 and 8). Programs, not pages."""

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from appliance.bootstrap import Services
from appliance.errors import NotFound, NotSignedIn, PreauError, TooLarge
from appliance.web.device_auth import DeviceAuth, challenge
from appliance.web.errors import respond
from appliance.web.files import StoredFile, Transfers, send
from appliance.web.hosts import own_host
from appliance.web.limits import FailureLimit, address_key
from protocol.device import (
    MAX_PAYLOAD_BYTES,
    InvalidEnrollment,
    encode_enrollment_answer,
    format_time,
    parse_enrollment,
)


def make_device_api(services: Services, transfers: Transfers, auth: DeviceAuth) -> Blueprint:
    """Without forms' tokens: a page of another site can neither send JSON here nor know a device's password."""
    api = Blueprint("device_api", __name__)
    _add_joining(api, services, auth.failures)
    _add_time(api, services)
    _add_files(api, services, transfers, auth)
    return api


def _add_joining(api: Blueprint, services: Services, failures: FailureLimit) -> None:
    @api.post("/api/devices")
    def enroll() -> ResponseReturnValue:
        address = address_key(request.remote_addr)
        failures.check(address)
        if request.mimetype != "application/json":
            return jsonify(errors={"body": "not_json"}), 415
        if (request.content_length or 0) > MAX_PAYLOAD_BYTES:
            raise TooLarge("too_large", limit="64 Ko")
        try:
            wanted = parse_enrollment(request.get_data(cache=False))
            answer = services.enrollment.enroll(wanted, own_host(request))
        except InvalidEnrollment as invalid:
            failures.count(address)
            return jsonify(errors=invalid.errors), 422
        except NotSignedIn:
            failures.count(address)
            raise
        return Response(encode_enrollment_answer(answer), 201, mimetype="application/json")

    @api.errorhandler(PreauError)
    def refused(error: PreauError) -> Response:
        """Always JSON; a 401 says how to show credentials where credentials are what is missing."""
        response = respond(error, as_json=True)
        if isinstance(error, NotSignedIn) and request.endpoint != "device_api.enroll":
            response.headers["WWW-Authenticate"] = challenge(request)
        return response


def _add_time(api: Blueprint, services: Services) -> None:
    @api.get("/api/time")
    def time() -> ResponseReturnValue:
        return jsonify(now=format_time(services.clock.now()))


def _add_files(api: Blueprint, services: Services, transfers: Transfers, auth: DeviceAuth) -> None:
    @api.get("/documents/<sha256>")
    def document(sha256: str) -> ResponseReturnValue:
        auth.by_password_or_cookie()
        found = services.documents.get(sha256)
        path = services.documents.path_of(sha256)
        return send(request, StoredFile(path, found.sha256, found.size, found.mime, found.name), transfers)

    @api.get("/packages/<sha256>")
    def package(sha256: str) -> ResponseReturnValue:
        """No package is kept on this version's appliance: every hash is unknown."""
        auth.by_password()
        raise NotFound("no_package")

    @api.after_request
    def stay_out_of_shared_caches(response: Response) -> Response:
        response.headers.setdefault("Vary", "Authorization, Cookie")
        return response
