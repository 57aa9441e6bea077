"""What a tablet itself opens while it is set up: its settings to copy, behind a short code that lives half an hour."""

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from appliance.bootstrap import Services
from appliance.domain.channels import Profile
from appliance.errors import NotFound
from appliance.services.agent_setup import Sheet
from appliance.web.admin.agent_words import settings_text
from appliance.web.limits import FailureLimit, address_key

_TRIES, _SECONDS = 30, 60.0


def make_agent_tablet(services: Services) -> Blueprint:
    """Nobody signs in on a tablet: the code is the key. Wrong ones are counted by address."""
    pages = Blueprint("agent_tablet", __name__, url_prefix="/kiosk")
    failures = FailureLimit(_TRIES, _SECONDS)

    def sheet_of(code: str) -> Sheet | None:
        address = address_key(request.remote_addr)
        failures.check(address)
        try:
            return services.agent_setup.shown(code)
        except NotFound:
            failures.count(address)
            return None

    @pages.get("/<code>")
    def tablet(code: str) -> ResponseReturnValue:
        sheet = sheet_of(code)
        if sheet is None:
            return render_template("admin/agent_over.html"), 404
        return render_template(
            "admin/agent_tablet.html",
            name=sheet.name,
            code=code,
            settings=settings_text(sheet),
            is_owner=sheet.profile is Profile.OWNER,
            with_apps=sheet.with_apps,
        )

    @pages.get("/<code>/settings.json")
    def settings(code: str) -> ResponseReturnValue:
        sheet = sheet_of(code)
        if sheet is None:
            return render_template("admin/agent_over.html"), 404
        headers = {"Content-Disposition": f'attachment; filename="{sheet.account.username}.json"'}
        return Response(settings_text(sheet), mimetype="application/json", headers=headers)

    return pages
