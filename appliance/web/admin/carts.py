"""Carts: added, renamed, removed when empty."""

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance.bootstrap import Services
from appliance.web.admin.acts import act
from appliance.web.texts import filled as _


def add_carts(pages: Blueprint, services: Services) -> None:
    @pages.get("/carts")
    def carts() -> ResponseReturnValue:
        return render_template("admin/carts.html", carts=services.carts.listed())

    @pages.post("/carts")
    def add_cart() -> ResponseReturnValue:
        name = request.form.get("name")
        return act(lambda: services.carts.add(name, g.actor), _("La classe mobile est ajoutée."), _here())

    @pages.post("/carts/<int:cart_id>/rename")
    def rename_cart(cart_id: int) -> ResponseReturnValue:
        name = request.form.get("name")
        return act(lambda: services.carts.rename(cart_id, name, g.actor), _("Le nom est changé."), _here())

    @pages.post("/carts/<int:cart_id>/remove")
    def remove_cart(cart_id: int) -> ResponseReturnValue:
        said = _("La classe mobile est supprimée.")
        return act(lambda: services.carts.remove(cart_id, g.actor), said, _here())


def _here() -> str:
    return url_for("admin.carts")
