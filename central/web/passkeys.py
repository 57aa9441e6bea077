"""Passkeys over JSON, for `passkey.js`: a question, then its answer. What ties them is in the form’s cookie."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, g, jsonify, request, session
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.errors import Invalid, NotSignedIn
from central.services.passkeys import Question
from central.store.database import writing
from central.web.access import Door, allows, viewer
from central.web.entrance import Entrance
from central.web.paths import local_path

_TOKEN = "passkey"  # noqa: S105 - the name of a place


def make_passkeys(services: Services, entrance: Entrance) -> Blueprint:
    pages = Blueprint("passkeys", __name__)
    _add_sign_in(pages, services, entrance)
    _add_making(pages, services, entrance)
    _add_invitation(pages, services, entrance)
    return pages


def _add_sign_in(pages: Blueprint, services: Services, entrance: Entrance) -> None:
    @pages.post("/sign-in/passkey/question")
    @allows(Door.PUBLIC)
    def ask() -> ResponseReturnValue:
        return _told(services.passkeys.ask())

    @pages.post("/sign-in/passkey")
    @allows(Door.PUBLIC)
    def use() -> ResponseReturnValue:
        body = _body()
        person = services.passkeys.sign_in(_token(), _credential(body))
        return entrance.let_in_script(person, local_path(str(body.get("next") or "/")))


def _add_making(pages: Blueprint, services: Services, entrance: Entrance) -> None:
    @pages.post("/account/passkeys/question")
    @allows(Door.HALF_WAY)
    def ask_new() -> ResponseReturnValue:
        require_open_way()
        return _told(services.passkeys.ask_new(viewer()))

    @pages.post("/account/passkeys")
    @allows(Door.HALF_WAY)
    def make() -> ResponseReturnValue:
        """The first one completes a sign-in that was half way."""
        require_open_way()
        body = _body()
        services.passkeys.add(viewer(), _token(), _credential(body), body.get("name"))
        return entrance.renewed(jsonify(next="/" if g.session.half_way else "/account"))


def _add_invitation(pages: Blueprint, services: Services, entrance: Entrance) -> None:
    @pages.post("/invitation/<token>/passkey/question")
    @allows(Door.PUBLIC)
    def ask_invited(token: str) -> ResponseReturnValue:
        return _told(services.passkeys.ask_new(entrance.invited(token)))

    @pages.post("/invitation/<token>/passkey")
    @allows(Door.PUBLIC)
    def make_invited(token: str) -> ResponseReturnValue:
        """The passkey and the end of the link are one act."""
        person, body = entrance.invited(token), _body()
        with writing(f"account:{person.account_id}"):
            services.accounts.use_invitation(token)
            services.passkeys.add(person, _token(), _credential(body), body.get("name"))
        return entrance.let_in_script(person, "/")


def require_open_way() -> None:
    """Whoever has a second factor shows it before making another: a stolen password alone adds nothing."""
    if g.session.half_way and g.session.has_factor:
        raise NotSignedIn("second_step")


def _told(question: Question) -> Response:
    session[_TOKEN] = question.token
    return jsonify(question.options)


def _token() -> str:
    return str(session.pop(_TOKEN, ""))


def _body() -> Mapping[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Invalid("bad_request")
    return body


def _credential(body: Mapping[str, Any]) -> Mapping[str, Any]:
    found = body.get("credential")
    if not isinstance(found, dict):
        raise Invalid("bad_request")
    return found
