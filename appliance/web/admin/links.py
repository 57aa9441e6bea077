"""Enrollment links: made, shown once as a sheet to print, listed, revoked."""

from datetime import timedelta

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance.bootstrap import Services
from appliance.errors import PreauError
from appliance.web.admin.acts import act, cart_choices, problem_text
from appliance.web.errors import wants_json
from appliance.web.hosts import base_url, is_loopback
from appliance.web.numbers import number_of
from appliance.web.qr import qr_drawing
from appliance.web.texts import N_
from appliance.web.texts import filled as _

_LIVES = ((1, N_("1 heure")), (24, N_("1 jour")), (24 * 7, N_("1 semaine")), (24 * 30, N_("30 jours")))
_USUAL_USES, _USUAL_HOURS = 30, 24


def add_links(pages: Blueprint, services: Services) -> None:
    @pages.get("/links")
    def links() -> ResponseReturnValue:
        return render_template(
            "admin/links.html",
            tokens=services.tokens.listed(),
            cart_options=[("", _("aucune en particulier")), *cart_choices(services)],
            lives=[(hours, _(label)) for hours, label in _LIVES],
            uses=_USUAL_USES,
            hours=_USUAL_HOURS,
            selected=request.args.get("cart", ""),
        )

    @pages.post("/links")
    def new_link() -> ResponseReturnValue:
        """Answers with the sheet itself: the link is known now and never again."""
        form = request.form
        uses, hours = number_of(form.get("uses")) or 0, number_of(form.get("hours")) or 0
        try:
            token = services.tokens.new(g.actor, uses, timedelta(hours=hours), number_of(form.get("cart")))
        except PreauError as problem:
            if wants_json():
                raise
            flash(problem_text(problem), "problem")
            return redirect(url_for("admin.links"), 303)
        link = base_url(request) + token.path
        return render_template(
            "admin/link_sheet.html", token=token, link=link, drawing=qr_drawing(link), is_local=is_loopback(request)
        )

    @pages.post("/links/<int:token_id>/revoke")
    def revoke_link(token_id: int) -> ResponseReturnValue:
        said = _("Le lien est révoqué : il n’inscrit plus personne.")
        return act(lambda: services.tokens.revoke(token_id, g.actor), said, url_for("admin.links"))
