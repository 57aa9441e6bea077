"""Cookies: which session a request belongs to, and which people this browser knows. Writes no row itself."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Request, Response, current_app, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature

from appliance.bootstrap import Services
from appliance.config import Config
from appliance.domain.people import Role
from appliance.errors import Denied, NotSignedIn
from appliance.services.sessions import OpenSession

MAX_KNOWN = 8  # people that one browser shows
_A_YEAR = 365 * 24 * 3600
_CONFIG_KEY = "PREAU_COOKIES"


@dataclass(frozen=True, slots=True)
class Cookies:
    """Names carry the port: cookies do not know ports, and two appliances may run on one machine."""

    session: str
    browser: str
    form: str
    secure: bool

    def set_session(self, response: Response, token: str) -> None:
        """Without an age: it leaves with the browser; the server ends it earlier."""
        response.set_cookie(self.session, token, secure=self.secure, httponly=True, samesite="Lax", path="/")

    def drop_session(self, response: Response) -> None:
        response.delete_cookie(self.session, secure=self.secure, httponly=True, samesite="Lax", path="/")

    def set_known(self, response: Response, secrets: list[str]) -> None:
        value = ".".join(secrets[:MAX_KNOWN])
        response.set_cookie(self.browser, value, _A_YEAR, secure=self.secure, httponly=True, samesite="Lax", path="/")

    def read_session(self, request: Request) -> str:
        return request.cookies.get(self.session, "")

    def read_known(self, request: Request) -> list[str]:
        return [part for part in request.cookies.get(self.browser, "").split(".") if part][:MAX_KNOWN]


class FormSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, which carries the forms' token and the language of who is not signed in.

    Read without its date: a wall clock that goes back must not make a teacher's next gesture fail.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        serializer = self.get_signing_serializer(app)
        value = request.cookies.get(self.get_cookie_name(app))
        if serializer is None or not value:
            return self.session_class()
        try:
            return self.session_class(serializer.loads(value))
        except BadSignature:
            return self.session_class()


def cookies_of(config: Config) -> Cookies:
    prefix = "__Host-" if config.tls else ""
    port = config.http_port
    return Cookies(f"{prefix}preau-{port}", f"{prefix}preau-{port}-browser", f"{prefix}preau-{port}-form", config.tls)


def load_sessions(app: Flask, services: Services, cookies: Cookies) -> None:
    """`g.session`: the OpenSession of each request that has one, else None; `g.actor` likewise."""
    app.config[_CONFIG_KEY] = cookies
    app.config["SESSION_COOKIE_NAME"] = cookies.form
    app.session_interface = FormSessions()

    @app.before_request
    def load() -> None:
        g.session = g.actor = g.refusal = None
        if request.endpoint != "static" and cookies.read_session(request):
            try:
                g.session = services.sign_in.sessions.find(cookies.read_session(request))
                g.actor = g.session.actor
            except NotSignedIn as refusal:
                g.refusal = refusal


def signed_in(services: Services, request: Request) -> OpenSession | None:
    """For Socket.IO, whose requests pass no `before_request`. Needs a connection to the store."""
    cookies: Cookies = current_app.config[_CONFIG_KEY]
    try:
        return services.sign_in.sessions.find(cookies.read_session(request))
    except NotSignedIn:
        return None


class SignInRequired:
    """A guard for a whole blueprint (`pages.before_request(sign_in_required())`) or, as a decorator, for one view.

    Administrators may all that teachers may. What is theirs alone asks for the password where a PIN was enough so far.
    """

    def __init__(self, role: Role | None = None) -> None:
        self._role = role

    def __call__(self, view: Callable[..., Any] | None = None) -> Any:
        if view is None:
            return self._check()

        @wraps(view)
        def guarded(*args: object, **kwargs: object) -> object:
            self._check()
            return view(*args, **kwargs)

        return guarded

    def _check(self) -> None:
        found: OpenSession | None = g.session
        if found is None:
            raise g.refusal or NotSignedIn("signed_out")
        if self._role is not Role.ADMINISTRATOR:
            return
        if not found.actor.is_administrator:
            raise Denied("administrators_only")
        if found.by_pin:
            raise Denied("password_needed")


def sign_in_required(role: Role | None = None) -> SignInRequired:
    return SignInRequired(role)


def local_path(value: str | None) -> str:
    """Where to go on: a path of this site, or the start page for anything else."""
    if not value or not value.startswith("/") or value.startswith(("//", "/\\")) or len(value) > 2000:
        return "/"
    parts = urlsplit(value)
    if parts.scheme or parts.netloc or not value.isprintable() or "\\" in value:
        return "/"
    return value


def came_from() -> str:
    """The page of this site on which a button was pressed."""
    referrer = urlsplit(request.referrer or "")
    if referrer.netloc != request.host:
        return "/"
    return local_path(referrer.path + (f"?{referrer.query}" if referrer.query else ""))
