"""Errors become answers, here only: JSON for programs, a page for people. A traceback goes to the log once."""

import logging
import secrets
from typing import Any

from flask import Flask, Response, g, jsonify, make_response, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from central.errors import CityError, Denied, NotFound, NotSignedIn, TooLarge, TooMany
from central.store.trouble import read_trouble
from central.web.paths import came_from
from central.web.texts import field_texts, text_of, title
from central.web.texts import filled as _

_log = logging.getLogger("web")
_RETRY_SECONDS = 2
_HTTP_CODES = {405: "wrong_method", 414: "address_too_long"}


def register_errors(app: Flask) -> None:
    @app.errorhandler(CityError)
    def known(error: CityError) -> Response:
        return respond(error)

    @app.errorhandler(CSRFError)
    def stale(_error: CSRFError) -> Response:
        return respond(Denied("csrf"))

    @app.errorhandler(HTTPException)
    def of_http(error: HTTPException) -> Response:
        return _of_http(error)

    @app.errorhandler(Exception)
    def unknown(error: Exception) -> Response:
        trouble = read_trouble(error)
        if trouble is not None:
            _log.warning("store_trouble code=%s route=%s", trouble.code, _route())
            return respond(trouble)
        reference = secrets.token_hex(4)
        _log.exception("request_failed reference=%s method=%s route=%s", reference, request.method, _route())
        return respond(_Failure("failure", reference=reference))


def _route() -> str:
    """Not the path: invitations are secrets in it."""
    return request.url_rule.rule if request.url_rule else "-"


def wants_json() -> bool:
    if request.is_json or request.path.endswith(".json"):
        return True
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]


def respond(error: CityError) -> Response:
    response = make_response(_as_json(error) if wants_json() else _as_page(error))
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    elif error.retry:
        response.headers["Retry-After"] = str(_RETRY_SECONDS)
    return response


class _Failure(CityError):
    """A defect of ours."""


class _OfHttp(CityError):
    """What Flask itself refuses, with its own status."""

    def __init__(self, code: str, http_status: int) -> None:
        super().__init__(code)
        self.http_status = http_status


def _of_http(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None and status < 400:
        return make_response(error.get_response())
    if status == 413:
        return respond(TooLarge("too_large", limit=_size(request.max_content_length or 0)))
    if status == 404:
        return respond(NotFound("not_found"))
    response = respond(_OfHttp(_HTTP_CODES.get(status, "bad_request"), status))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _status(error: CityError) -> int:
    return error.http_status if isinstance(error, _OfHttp) else error.status


def _as_json(error: CityError) -> tuple[Response, int]:
    body: dict[str, Any] = {"code": error.code, "text": text_of(error)}
    if fields := field_texts(error):
        body["fields"] = fields
    return jsonify(error=body), _status(error)


def _as_page(error: CityError) -> Response | tuple[str, int]:
    if isinstance(error, NotSignedIn):
        return _to("second.ask" if error.code == "second_step" else "people.sign_in")
    page = render_template(
        "error.html",
        status=_status(error),
        title=title(_status(error), error.code),
        text=" ".join([text_of(error), *sorted(set(field_texts(error).values()))]),
        action=_way_on(),
    )
    return page, _status(error)


def _to(endpoint: str) -> Response:
    """And back afterwards: to the page that was asked for, or the one on which the button was pressed."""
    asked = request.full_path.rstrip("?") if request.method == "GET" else came_from()
    return make_response(redirect(url_for(endpoint, next=asked if asked != "/" else None), 303))


def _way_on() -> dict[str, str]:
    if request.method != "GET" and came_from() != "/":
        return {"href": came_from(), "label": _("Revenir à la page")}
    if g.get("session") is None:
        return {"href": url_for("people.sign_in"), "label": _("Se connecter")}
    return {"href": "/", "label": _("Aller à l’accueil")}


def _size(limit: int) -> str:
    if limit >= 1_000_000:
        return _("%(size)s Mo", size=limit // 1_000_000)
    return _("%(size)s Ko", size=limit // 1000)
