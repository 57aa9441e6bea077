"""Every blueprint of the console, in one list."""

from flask import Flask, redirect, url_for
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.roles import Capability
from central.web.about import make_about
from central.web.access import allows, viewer
from central.web.account import make_account
from central.web.accounts import make_accounts
from central.web.alerts import make_alerts
from central.web.cookies import Cookies
from central.web.devices import make_devices
from central.web.entrance import Entrance
from central.web.exports import make_exports
from central.web.fleet import make_fleet
from central.web.interventions import make_interventions
from central.web.journal import make_journal
from central.web.keys import make_keys
from central.web.logs import make_logs, make_parked
from central.web.metrics import make_metrics
from central.web.navigation import entries_for
from central.web.oidc import make_oidc
from central.web.orders import make_orders
from central.web.passkeys import make_passkeys
from central.web.people import make_people
from central.web.schools import make_schools
from central.web.second import make_second
from central.web.settings import make_settings
from central.web.statistics import make_statistics


def register_pages(app: Flask, services: Services, cookies: Cookies) -> None:
    entrance = Entrance(services, cookies)
    for blueprint in (
        make_people(services, entrance),
        make_second(services, entrance),
        make_passkeys(services, entrance),
        make_oidc(app, services, entrance),
        make_account(services, entrance),
        make_fleet(services),
        make_schools(services),
        make_devices(services),
        make_alerts(services),
        make_statistics(services),
        make_exports(services),
        make_interventions(services),
        make_orders(services),
        make_keys(services),
        make_logs(services),
        make_parked(services),
        make_settings(services),
        make_accounts(services),
        make_journal(services),
        make_about(services),
        make_metrics(services),
    ):
        app.register_blueprint(blueprint)
    app.add_url_rule("/", "home", home)


@allows(Capability.OWN_ACCOUNT)
def home() -> ResponseReturnValue:
    """The first page that this role opens."""
    return redirect(url_for(entries_for(viewer())[0].endpoint), 303)
