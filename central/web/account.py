"""My account: the ways in, the open sessions, leaving everywhere."""

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.roles import Capability
from central.web.access import allows, viewer
from central.web.cookies import Cookies


def make_account(services: Services, cookies: Cookies) -> Blueprint:
    pages = Blueprint("account", __name__)

    @pages.get("/account")
    @allows(Capability.OWN_ACCOUNT)
    def own() -> ResponseReturnValue:
        return render_template(
            "people/account.html",
            account=services.accounts.get(viewer().account_id),
            sessions=services.sessions.all_of(viewer(), g.session.id_hash),
        )

    return pages
