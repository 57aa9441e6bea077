"""What the pupil's page asks beside MQTT: a cookie for documents, who is present, whether a site may be framed, out.

Programs, not pages: JSON, the device's password, no form's token. `/join` is the exception: who types a code has no
password yet, so it carries the token of its page.
"""

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from appliance.bootstrap import Services
from appliance.errors import Invalid, NotSignedIn, PreauError
from appliance.web.device_auth import DeviceAuth, challenge
from appliance.web.errors import respond
from appliance.web.limits import FailureLimit, address_key, attempt
from protocol.device import Malformed, read_object

_MOST_URL = 2048

# Failures, and in how many seconds. A few codes of a million are open at a time: whoever guesses at this rate from many
# machines, all day, finds one in three hundred days, and stands on a teacher's board then.
_PER_ADDRESS = (6, 600)
_OF_ALL = (120, 3600)


def add_device_questions(api: Blueprint, services: Services, auth: DeviceAuth) -> None:
    @api.post("/pupil/session")
    def session() -> ResponseReturnValue:
        device_id = auth.by_password()
        response = Response(status=204)
        auth.give_cookie(response, device_id)
        return response

    @api.post("/pupil/leave")
    def leave() -> ResponseReturnValue:
        """A guest goes, and is forgotten."""
        services.guests.leave(auth.by_password())
        response = Response(status=204)
        auth.take_cookie(response)
        return response

    @api.get("/pupil/lesson")
    def lesson() -> ResponseReturnValue:
        return jsonify(services.displays.who_is_there(auth.by_password()))

    @api.get("/pupil/frame")
    def frame() -> ResponseReturnValue:
        device_id = auth.by_password()
        url = request.args.get("url", "")
        if len(url) > _MOST_URL:
            raise Invalid("bad_link", {"url": "too_long"})
        return jsonify(frame=services.frames.ask(device_id, url, request.is_secure))

    _answer_in_json(api)


def add_joining(pages: Blueprint, services: Services) -> None:
    per_address, of_all = FailureLimit(*_PER_ADDRESS), FailureLimit(*_OF_ALL)

    @pages.post("/join")
    def join() -> ResponseReturnValue:
        """`{"code"}`. Each answer to a code that opens nothing is the same."""
        try:
            body = read_object(request.get_data(cache=False))
        except Malformed as error:
            raise Invalid("bad_code", {"body": "not_json"}) from error
        with attempt((per_address, address_key(request.remote_addr)), (of_all, "all")):
            joined = services.join_codes.exchange(body.get("code"))
        return jsonify(token=joined.token.reveal(), guest=joined.guest, kind=joined.kind)


def _answer_in_json(api: Blueprint) -> None:
    @api.errorhandler(PreauError)
    def refused(error: PreauError) -> Response:
        response = respond(error, as_json=True)
        if isinstance(error, NotSignedIn):
            response.headers["WWW-Authenticate"] = challenge(request)
        return response
