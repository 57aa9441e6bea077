"""Who may sign in: listed, invited, changed, turned off. For administrators."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.roles import Capability, Role
from central.domain.sign_in import INVITATION_LIFE
from central.errors import CityError, Conflict, Invalid
from central.services.accounts import NewAccount
from central.services.scope import visible_schools
from central.web.access import allows, viewer
from central.web.entrance import answer
from central.web.qr import qr_drawing
from central.web.role_words import role_choices, role_name
from central.web.texts import field_texts, text_of

_MANAGE = allows(Capability.MANAGE_ACCOUNTS)


def make_accounts(services: Services) -> Blueprint:
    pages = Blueprint("accounts", __name__, url_prefix="/accounts")
    _add_listing(pages, services)
    _add_one(pages, services)
    _add_acts(pages, services)
    return pages


def _add_listing(pages: Blueprint, services: Services) -> None:
    @pages.get("")
    @_MANAGE
    def listing() -> ResponseReturnValue:
        return render_template("people/accounts.html", accounts=services.accounts.all(), role_name=role_name)

    @pages.get("/new")
    @_MANAGE
    def new() -> ResponseReturnValue:
        return _new_page(NewAccount("", "", Role.DIRECTOR))

    @pages.post("/new")
    @_MANAGE
    def add() -> ResponseReturnValue:
        typed = _typed(request.form.get("login", ""))
        try:
            account_id = services.accounts.add(viewer(), typed)
        except (Invalid, Conflict) as problem:
            return _new_page(typed, problem)
        return _link_page(services, account_id, services.accounts.invite(viewer(), account_id))


def _add_one(pages: Blueprint, services: Services) -> None:
    @pages.get("/<int:account_id>")
    @_MANAGE
    def one(account_id: int) -> ResponseReturnValue:
        return _one_page(services, account_id)

    @pages.post("/<int:account_id>")
    @_MANAGE
    def change(account_id: int) -> ResponseReturnValue:
        try:
            services.accounts.change(viewer(), account_id, _typed(""))
        except (Invalid, Conflict) as problem:
            return _one_page(services, account_id, problem)
        return redirect(url_for("accounts.listing"), 303)


def _add_acts(pages: Blueprint, services: Services) -> None:
    @pages.post("/<int:account_id>/invite")
    @_MANAGE
    def invite(account_id: int) -> ResponseReturnValue:
        """`forget`: for a lost telephone, a forgotten password: every way in ends, the link opens a new one."""
        forget = request.form.get("forget") == "1"
        return _link_page(services, account_id, services.accounts.invite(viewer(), account_id, forget))

    @pages.post("/<int:account_id>/active")
    @_MANAGE
    def active(account_id: int) -> ResponseReturnValue:
        services.accounts.set_active(viewer(), account_id, request.form.get("active") == "1")
        return redirect(url_for("accounts.listing"), 303)

    @pages.post("/<int:account_id>/sign-out")
    @_MANAGE
    def sign_out(account_id: int) -> ResponseReturnValue:
        services.sessions.close_all(viewer(), services.accounts.get(account_id).id)
        return redirect(url_for("accounts.one", account_id=account_id), 303)


def _typed(login: str) -> NewAccount:
    form = request.form
    return NewAccount(login, form.get("name", ""), form.get("role", ""), form.get("school", ""), form.get("email", ""))


def _schools() -> list[tuple[str, str]]:
    return [("", "–"), *((row.uai, f"{row.name} ({row.uai})") for row in visible_schools(viewer()))]


def _new_page(typed: NewAccount, problem: CityError | None = None) -> Response:
    page = render_template(
        "people/account_new.html",
        typed=typed,
        roles=role_choices(),
        schools=_schools(),
        errors=field_texts(problem),
        error=None if problem is None else text_of(problem),
    )
    return answer(page, problem)


def _one_page(services: Services, account_id: int, problem: CityError | None = None) -> Response:
    page = render_template(
        "people/account_one.html",
        account=services.accounts.get(account_id),
        roles=role_choices(),
        schools=_schools(),
        errors=field_texts(problem),
        error=None if problem is None else text_of(problem),
    )
    return answer(page, problem)


def _link_page(services: Services, account_id: int, token: str) -> str:
    """Shown this once. The address is the canonical one, never the request's."""
    link = f"{services.config.console_url}/invitation/{token}"
    account = services.accounts.get(account_id)
    days = INVITATION_LIFE.days
    return render_template("people/link.html", account=account, link=link, drawing=qr_drawing(link), days=days)
