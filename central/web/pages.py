"""Every blueprint of the console, in one list."""

from flask import Flask, redirect, url_for
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.roles import Capability
from central.web.access import allows, viewer
from central.web.account import make_account
from central.web.cookies import Cookies
from central.web.navigation import entries_for
from central.web.people import make_people


def register_pages(app: Flask, services: Services, cookies: Cookies) -> None:
    for blueprint in (
        make_people(services, cookies),
        make_account(services, cookies),
    ):
        app.register_blueprint(blueprint)
    app.add_url_rule("/", "home", home)


@allows(Capability.OWN_ACCOUNT)
def home() -> ResponseReturnValue:
    """The first page that this role opens."""
    return redirect(url_for(entries_for(viewer())[0].endpoint), 303)
