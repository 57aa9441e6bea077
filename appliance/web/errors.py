"""Errors become answers, here only: JSON for programs, a page for people. A traceback goes to the log once."""

import logging
import secrets
from typing import Any

from flask import Flask, Response, g, jsonify, make_response, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from appliance.errors import Denied, NotFound, NotSignedIn, PreauError, TooLarge, TooMany
from appliance.store.trouble import read_trouble
from appliance.web.sessions import came_from
from appliance.web.texts import field_texts, text_of, title
from appliance.web.texts import filled as _

_log = logging.getLogger("web")
_RETRY_SECONDS = 2


def register_errors(app: Flask) -> None:
    @app.errorhandler(PreauError)
    def known(error: PreauError) -> Response:
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
    """Not the path: invitations and enrollment links are secrets in it."""
    return request.url_rule.rule if request.url_rule else "-"


def wants_json() -> bool:
    if request.path.startswith("/api/") or request.is_json or request.path.endswith(".json"):
        return True
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]


def respond(error: PreauError, as_json: bool = False) -> Response:
    response = make_response(_as_json(error) if as_json or wants_json() else _as_page(error))
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    elif error.retry:
        response.headers["Retry-After"] = str(_RETRY_SECONDS)
    return response


class _Failure(PreauError):
    """A defect of ours."""


class _OfHttp(PreauError):
    """What Flask itself refuses, with its own status."""

    def __init__(self, code: str, http_status: int) -> None:
        super().__init__(code)
        self.http_status = http_status


def _of_http(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None and status < 400:
        return make_response(error.get_response())
    if status == 413:
        limit = request.max_content_length or 0
        return respond(TooLarge("too_large", limit=_size(limit)))
    if status == 404:
        return respond(NotFound("not_found"))
    response = respond(_OfHttp("wrong_method" if status == 405 else "bad_request", status))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After", "WWW-Authenticate"):
            response.headers[name] = value
    return response


def _status(error: PreauError) -> int:
    return error.http_status if isinstance(error, _OfHttp) else error.status


def _as_json(error: PreauError) -> tuple[Response, int]:
    body: dict[str, Any] = {"code": error.code, "text": text_of(error)}
    if fields := field_texts(error):
        body["fields"] = fields
    return jsonify(error=body), _status(error)


def _as_page(error: PreauError) -> Response | tuple[str, int]:
    if isinstance(error, NotSignedIn):
        return _to("auth.sign_in")
    if isinstance(error, Denied) and error.code == "password_needed":
        return _to("auth.confirm")
    page = render_template(
        "error.html",
        status=_status(error),
        title=title(_status(error)),
        text=" ".join([text_of(error), *sorted(set(field_texts(error).values()))]),
        safe=None,
        action=_way_on(),
    )
    return page, _status(error)


def _to(endpoint: str) -> Response:
    """And back afterwards: to the page that was asked for, or the one on which the button was pressed."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else came_from()
    return make_response(redirect(url_for(endpoint, next=wanted if wanted != "/" else None), 303))


def _way_on() -> dict[str, str]:
    if request.method != "GET" and came_from() != "/":
        return {"href": came_from(), "label": _("Revenir à la page")}
    if g.get("session") is None:
        return {"href": url_for("auth.sign_in"), "label": _("Se connecter")}
    return {"href": "/", "label": _("Aller à l’accueil")}


def _size(limit: int) -> str:
    if limit >= 1_000_000:
        return _("%(size)s Mo", size=limit // 1_000_000)
    return _("%(size)s Ko", size=limit // 1000)
