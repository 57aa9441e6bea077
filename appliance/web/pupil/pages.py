"""The pages that a pupil's browser opens: the link, the page, the short code. They ask and show; no rule is here."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from appliance.bootstrap import Services
from appliance.errors import NotSignedIn
from appliance.services.enrollment import school_code
from appliance.store.models import Device, EnrollmentToken
from appliance.web.hosts import base_url
from appliance.web.limits import FailureLimit, address_key
from appliance.web.pupil.installing import shell_version
from appliance.web.qr import qr_drawing


def add_pages(pages: Blueprint, services: Services) -> None:
    failures = FailureLimit(60, 60)

    @pages.get("/t/<token>")
    def link(token: str) -> ResponseReturnValue:
        """What a person sees who opens an enrollment link."""
        address = address_key(request.remote_addr)
        failures.check(address)
        try:
            opened = services.enrollment.token_opens(token)
        except NotSignedIn:
            failures.count(address)
            return render_template("pupil/over.html"), 404
        return _join_page(token, opened, services.enrollment.device_of(opened))

    @pages.get("/pupil")
    def page() -> ResponseReturnValue:
        return render_template("pupil/page.html", version=shell_version())

    @pages.get("/join")
    def code() -> ResponseReturnValue:
        return render_template("pupil/code.html")


def _join_page(token: str, opened: EnrollmentToken, device: Device | None) -> str:
    address_of_link = f"{base_url(request)}/t/{token}"
    return render_template(
        "pupil/join.html",
        token=token,
        device=None if device is None else {"id": device.id, "name": device.name, "kind": device.kind},
        guest=opened.lesson_id is not None,
        school=school_code(),
        cart=None if opened.cart is None else opened.cart.name,
        left=opened.uses - opened.used,
        expires_at=opened.expires_at,
        link=address_of_link,
        drawing=qr_drawing(address_of_link),
    )
