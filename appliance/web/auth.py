"""Signing in and out, and choosing a language. Thin: read the form, call one service, set the cookie.

Wrong passwords are counted per account and address, per address, and per account from browsers that do not know it:
a pupil who guesses on a tablet locks out that tablet, never the teacher's own computer.
"""

from contextlib import AbstractContextManager

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from appliance.bootstrap import Services
from appliance.domain.people import login_name
from appliance.errors import Invalid, NotFound, NotSignedIn, PreauError, TooMany
from appliance.services.known_browsers import Known
from appliance.services.people import Person
from appliance.web.languages import checked_language
from appliance.web.limits import FailureLimit, address_key, attempt
from appliance.web.sessions import Cookies, came_from, local_path, sign_in_required
from appliance.web.texts import text_of

__all__ = ["Door", "make_auth", "sign_in_required"]

_QUARTER = 15 * 60


class Door:
    """What every way in shares: the limits, the known people of this browser, the cookie at the end."""

    def __init__(self, services: Services, cookies: Cookies) -> None:
        self._services = services
        self._cookies = cookies
        self._here = FailureLimit(10, _QUARTER)  # one account from one address
        self._address = FailureLimit(60, _QUARTER)
        self._account = FailureLimit(100, 3600)  # one account from wherever
        self._links = FailureLimit(30, _QUARTER)

    def check_password(self, login: str, password: str) -> Person:
        address, account = address_key(request.remote_addr), _account_key(login)
        limits = [(self._here, (account, address)), (self._address, address)]
        if account not in {known.person.login for known in self.known().values()}:
            limits.append((self._account, account))
        with attempt(*limits):
            return self._services.sign_in.check_password(login, password)

    def check_pin(self, login: str, pin: str) -> Known:
        secret = next((one for one, known in self.known().items() if known.person.login == login), None)
        if secret is None:
            raise NotSignedIn("pin_over")
        with attempt((self._address, address_key(request.remote_addr))):
            return self._services.sign_in.browsers.check_pin(secret, pin)

    def guard_code(self) -> AbstractContextManager[None]:
        """Around a check of the console's code, which has no account."""
        return attempt((self._here, ("setup", address_key(request.remote_addr))), (self._account, "setup"))

    def invited(self, token: str) -> Person:
        address = address_key(request.remote_addr)
        self._links.check(address)
        try:
            return self._services.people.invited(token)
        except NotFound:
            self._links.count(address)
            raise

    def known(self) -> dict[str, Known]:
        if "known" not in g:
            g.known = self._services.sign_in.browsers.known(self._cookies.read_known(request))
        known: dict[str, Known] = g.known
        return known

    def let_in(self, person: Person, target: str, by_pin: bool = False, browser: str | None = None) -> Response:
        """A new session, a new form token, and on to where the person wanted to go."""
        token = self._services.sign_in.sessions.open(
            person, by_pin=by_pin, browser=browser, replaces=self._cookies.read_session(request)
        )
        session.clear()
        response = make_response(redirect(target, 303))
        self._cookies.set_session(response, token)
        return response

    def remember(self, response: Response, secret: str) -> None:
        """`secret` first; people whom the server has forgotten leave the cookie."""
        self._cookies.set_known(response, [secret, *(one for one in self.known() if one != secret)])

    def forget(self, response: Response, login: str) -> None:
        kept = {secret: known for secret, known in self.known().items() if known.person.login != login}
        for secret in set(self.known()) - set(kept):
            self._services.sign_in.browsers.forget(secret)
        self._cookies.set_known(response, list(kept))

    def see_out(self) -> Response:
        session.clear()
        response = make_response(redirect(url_for("auth.sign_in"), 303))
        self._cookies.drop_session(response)
        return response

    def leave(self, everywhere: bool) -> Response:
        if everywhere and g.actor is not None:
            self._services.sign_in.sessions.close_all(g.actor)
        self._services.sign_in.sessions.close(self._cookies.read_session(request))
        return self.see_out()


def make_auth(services: Services, door: Door) -> Blueprint:
    pages = Blueprint("auth", __name__)
    _add_sign_in(pages, services, door)
    _add_checks(pages, door)
    _add_confirm(pages, door)
    _add_leaving(pages, services, door)
    return pages


def _add_sign_in(pages: Blueprint, services: Services, door: Door) -> None:
    @pages.get("/sign-in")
    def sign_in() -> ResponseReturnValue:
        if services.sign_in.is_empty():
            return redirect(url_for("setup.set_up"), 303)
        if g.session is not None:
            return redirect(_target(), 303)
        return _sign_in_page(door)


def _add_checks(pages: Blueprint, door: Door) -> None:
    @pages.post("/sign-in")
    def check() -> ResponseReturnValue:
        """With a PIN where this browser knows the person, with a password everywhere."""
        login, by_pin = request.form.get("login", ""), "pin" in request.form
        try:
            if by_pin:
                known = door.check_pin(login, request.form["pin"])
                return door.let_in(known.person, _target(), by_pin=True, browser=known.browser)
            person = door.check_password(login, request.form.get("password", ""))
        except (NotSignedIn, TooMany, Invalid) as problem:
            g.pop("known", None)  # the fifth wrong PIN has just ended one
            return _sign_in_page(door, problem, login)
        if request.form.get("choose_pin") == "1":
            return door.let_in(person, url_for("account.choose_pin", next=_target()))
        return door.let_in(person, _target())

    @pages.post("/sign-in/forget")
    def forget() -> ResponseReturnValue:
        response = make_response(redirect(url_for("auth.sign_in", next=_target()), 303))
        door.forget(response, request.form.get("login", ""))
        return response


def _add_confirm(pages: Blueprint, door: Door) -> None:
    @pages.get("/confirm")
    @sign_in_required()
    def confirm() -> ResponseReturnValue:
        return _confirm_page()

    @pages.post("/confirm")
    @sign_in_required()
    def check_again() -> ResponseReturnValue:
        """The password, where a PIN had been enough: from here on the session is one of a password."""
        try:
            person = door.check_password(g.session.person.login, request.form.get("password", ""))
        except (NotSignedIn, TooMany) as problem:
            return _confirm_page(problem)
        return door.let_in(person, _target(), browser=g.session.browser)


def _add_leaving(pages: Blueprint, services: Services, door: Door) -> None:
    @pages.post("/sign-out")
    def sign_out() -> ResponseReturnValue:
        return door.leave(everywhere=request.form.get("everywhere") == "1")

    @pages.post("/language")
    def language() -> ResponseReturnValue:
        wanted = checked_language(request.form.get("lang", ""))
        session["lang"] = str(wanted)
        if g.actor is not None:
            services.people.choose_language(g.actor, wanted)
        return redirect(came_from(), 303)


def _sign_in_page(door: Door, problem: PreauError | None = None, login: str = "") -> ResponseReturnValue:
    page = render_template(
        "auth/sign_in.html",
        known=[{"login": known.person.login, "name": known.person.name} for known in door.known().values()],
        login=login,
        next=_target(),
        error=None if problem is None else text_of(problem),
    )
    return answer(page, problem)


def _confirm_page(problem: PreauError | None = None) -> ResponseReturnValue:
    text = None if problem is None else text_of(problem)
    return answer(render_template("auth/confirm.html", next=_target(), problem=text), problem)


def answer(page: str, problem: PreauError | None) -> Response:
    """The page again, with the status of what went wrong."""
    response = make_response(page, 200 if problem is None else problem.status)
    if isinstance(problem, TooMany):
        response.headers["Retry-After"] = str(problem.retry_after)
    return response


def _target() -> str:
    return local_path(request.values.get("next"))


def _account_key(login: str) -> str:
    try:
        return login_name(login)
    except Invalid:
        return ""  # no account has such a name; all of them share one count
