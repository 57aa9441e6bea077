"""Classrooms and their pupils: by hand, one by one. Lists from files are `roster_import`'s."""

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance.bootstrap import Services
from appliance.errors import NotFound
from appliance.services.classrooms import PupilLine
from appliance.services.device_list import Filters
from appliance.web.admin.acts import act, cart_choices
from appliance.web.numbers import number_of
from appliance.web.texts import filled as _


def add_classrooms(pages: Blueprint, services: Services) -> None:
    _add_list(pages, services)
    _add_one(pages, services)
    _add_pupils(pages, services)


def _add_list(pages: Blueprint, services: Services) -> None:
    @pages.get("/classrooms")
    def classrooms() -> ResponseReturnValue:
        listed = services.rosters.listed()
        return render_template(
            "admin/classrooms.html",
            classrooms=listed,
            pupils=sum(line.pupils for line in listed),
            are_outdated=services.rosters.has_outdated_pupils(),
        )

    @pages.post("/classrooms")
    def add_classroom() -> ResponseReturnValue:
        name, level = request.form.get("name"), request.form.get("level", "").strip()
        said = _("La classe est ajoutée.")
        return act(lambda: services.rosters.add(name, g.actor, level), said, url_for("admin.classrooms"))

    @pages.post("/classrooms/clear")
    def clear_pupils() -> ResponseReturnValue:
        said = _("Tous les noms d’élèves sont effacés. Les classes restent.")
        return act(lambda: services.rosters.clear_pupils(g.actor), said, url_for("admin.classrooms"))


def _add_one(pages: Blueprint, services: Services) -> None:
    @pages.get("/classrooms/<int:classroom_id>")
    def classroom(classroom_id: int) -> ResponseReturnValue:
        pupils, carts = services.rosters.pupils(classroom_id), cart_choices(services)
        cart_id = _cart_of(services, pupils, carts)
        return render_template(
            "admin/classroom.html",
            classroom=services.rosters.get(classroom_id),
            pupils=pupils,
            devices=services.device_list.listed(Filters(cart_id=cart_id)),
            names=services.device_list.names(),
            cart_options=carts,
            cart_id=cart_id,
        )

    @pages.post("/classrooms/<int:classroom_id>/rename")
    def rename_classroom(classroom_id: int) -> ResponseReturnValue:
        name = request.form.get("name")
        said = _("Le nom est changé.")
        return act(lambda: services.rosters.rename(classroom_id, name, g.actor), said, _page(classroom_id))

    @pages.post("/classrooms/<int:classroom_id>/remove")
    def remove_classroom(classroom_id: int) -> ResponseReturnValue:
        said = _("La classe et ses noms d’élèves sont supprimés.")
        return act(lambda: services.rosters.remove(classroom_id, g.actor), said, url_for("admin.classrooms"))

    @pages.post("/classrooms/<int:classroom_id>/assign")
    def assign_in_order(classroom_id: int) -> ResponseReturnValue:
        cart_id = number_of(request.form.get("cart"))
        if cart_id is None:
            raise NotFound("no_cart")
        said = _("Les tablettes sont réparties dans l’ordre des prénoms.")
        return act(lambda: services.rosters.assign_in_order(classroom_id, cart_id, g.actor), said, _page(classroom_id))


def _add_pupils(pages: Blueprint, services: Services) -> None:
    @pages.post("/classrooms/<int:classroom_id>/pupils")
    def add_pupil(classroom_id: int) -> ResponseReturnValue:
        form = request.form
        first_name, initial = form.get("first_name", ""), form.get("initial", "")
        said = _("L’élève est ajouté.")
        return act(
            lambda: services.rosters.add_pupil(classroom_id, first_name, initial, g.actor), said, _page(classroom_id)
        )

    @pages.post("/classrooms/<int:classroom_id>/pupils/<int:pupil_id>/remove")
    def remove_pupil(classroom_id: int, pupil_id: int) -> ResponseReturnValue:
        said = _("L’élève est retiré de la liste.")
        return act(lambda: services.rosters.remove_pupil(pupil_id, g.actor), said, _page(classroom_id))

    @pages.post("/classrooms/<int:classroom_id>/pupils/<int:pupil_id>/device")
    def assign_device(classroom_id: int, pupil_id: int) -> ResponseReturnValue:
        device_id = request.form.get("device") or None
        said = _("C’est noté.")
        return act(lambda: services.rosters.assign(pupil_id, device_id, g.actor), said, _page(classroom_id))


def _cart_of(services: Services, pupils: list[PupilLine], carts: list[tuple[str, str]]) -> int | None:
    """Whose tablets are offered: the cart asked for, else the one that the class uses, else the first."""
    asked = number_of(request.args.get("cart"))
    if asked is not None:
        return asked
    given = next((pupil.device_id for pupil in pupils if pupil.device_id), None)
    if given is not None:
        return next((line.cart_id or 0 for line in services.device_list.listed() if line.id == given), None)
    return int(carts[0][0]) if carts else None


def _page(classroom_id: int) -> str:
    return url_for("admin.classroom", classroom_id=classroom_id)
