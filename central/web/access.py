"""Who may call a route: said beside each view, enforced in one place before any view runs.

A view without a declaration is refused to everybody, and a test fails. What may be read inside a page is the
services' matter (`services.scope`); a route that names a school (`uai`) is closed here to those who may not read it.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from flask import Flask, current_app, g, request

from central.domain.roles import Capability, Column, Viewer
from central.errors import Denied, NotFound, NotSignedIn
from central.services.sessions import OpenSession

View = TypeVar("View", bound=Callable[..., object])


class Door(StrEnum):
    """Routes that ask for no capability."""

    PUBLIC = "public"
    HALF_WAY = "half_way"  # somebody whose password was right, perhaps no more


def allows(access: Capability | Door) -> Callable[[View], View]:
    """Beside every view: `@pages.get("/x")` over `@allows(Capability.SEE_SCHOOLS)`."""

    def mark(view: View) -> View:
        view.access = access  # type: ignore[attr-defined]  # read by `access_of`
        return view

    return mark


def access_of(app: Flask, endpoint: str) -> Capability | Door | None:
    if endpoint in ("static", "house"):
        return Door.PUBLIC
    return getattr(app.view_functions.get(endpoint), "access", None)


def enforce(app: Flask) -> None:
    @app.before_request
    def guard() -> None:
        if request.endpoint is None:
            return  # a page that does not exist says so to everybody
        access = access_of(current_app, request.endpoint)
        if access is None:
            raise Denied("undeclared")
        if access is not Door.PUBLIC:
            _check(access)


def _check(access: Capability | Door) -> None:
    found: OpenSession | None = g.session
    if found is None:
        raise g.refusal or NotSignedIn("signed_out")
    if access is Door.HALF_WAY:
        return
    if found.half_way:
        raise NotSignedIn("second_step")
    if not isinstance(access, Capability) or not found.viewer.may(access):
        raise Denied("not_for_your_role")
    uai = (request.view_args or {}).get("uai")
    if uai is not None and not found.viewer.reads_school(str(uai)):
        raise NotFound("unknown_school")


def viewer() -> Viewer:
    """Who is signed in. Only in views that are not public."""
    found: OpenSession = g.session
    return found.viewer


def may(capability: str) -> bool:
    """In templates: `{% if may("order_routine") %}`."""
    found: OpenSession | None = g.get("session")
    return found is not None and not found.half_way and found.viewer.may(Capability(capability))


def sees(column: str) -> bool:
    """In templates: `{% if sees("serial") %}`."""
    found: OpenSession | None = g.get("session")
    return found is not None and not found.half_way and found.viewer.sees(Column(column))
