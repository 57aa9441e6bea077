"""Equipment that no agent reports: added by hand, or by a list that is shown before it is taken."""

from collections.abc import Mapping

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.equipment_files import MAX_BYTES, Equipment, EquipmentKind, Fault
from central.domain.roles import Capability
from central.errors import CityError, Conflict, Invalid
from central.services.inventory import Change, Preview
from central.web.access import allows, viewer
from central.web.desk_words import DEVICE_KINDS, STATUSES, word_of
from central.web.desk_words import text_of as status_text
from central.web.marks import N_
from central.web.security import FORM_BYTES, body_limit
from central.web.texts import field_texts, text_of
from central.web.texts import filled as _
from central.web.texts import translate_number as ngettext

FAULTS = {
    Fault.BAD_UAI: N_("Cet UAI n’est pas juste (sept chiffres et leur lettre)"),
    Fault.UNKNOWN_SCHOOL: N_("Cette école n’est pas dans la ville"),
    Fault.MISSING_SERIAL: N_("Il manque le numéro de série"),
    Fault.SERIAL_TWICE: N_("Ce numéro de série est deux fois dans la liste"),
    Fault.UNKNOWN_KIND: N_("Cette sorte d’appareil n’est pas connue"),
    Fault.TOO_LONG: N_("Un texte est trop long"),
    Fault.MANAGED: N_("Un boîtier s’occupe déjà de cet appareil"),
}

COLUMNS = {
    "uai": N_("UAI"), "serial": N_("Numéro de série"), "kind": N_("Type"), "name": N_("Nom"),
    "manufacturer": N_("Marque"), "model": N_("Modèle"), "remark": N_("Remarque"), "status": N_("État"),
}  # fmt: skip


def add_inventory(pages: Blueprint, services: Services) -> None:
    _add_by_hand(pages, services)
    _add_lists(pages, services)


def _typed() -> Equipment:
    form = request.form
    kind = form.get("kind", "")
    if kind not in set(EquipmentKind):
        raise Invalid("bad_equipment", {"kind": "unknown_value"})
    texts = {name: " ".join(form.get(name, "").split()) for name in ("serial", "name", "manufacturer", "model")}
    return Equipment(form.get("uai", "").strip().upper(), kind=EquipmentKind(kind), **texts)


def _page(problem: CityError | None = None, device_id: str = "", typed: Mapping[str, object] | None = None) -> Response:
    page = render_template(
        "desk/equipment_new.html",
        kinds=[(kind.value, word_of(DEVICE_KINDS, kind.value).label) for kind in EquipmentKind],
        problem=text_of(problem) if problem else "",
        errors=field_texts(problem),
        typed=typed or request.form or request.args,
        changed=device_id,
    )
    return make_response(page, problem.status if problem else 200)


def _add_by_hand(pages: Blueprint, services: Services) -> None:
    @pages.get("/inventory/new")
    @allows(Capability.EDIT_INVENTORY)
    def new() -> ResponseReturnValue:
        return _page()

    @pages.post("/inventory")
    @allows(Capability.EDIT_INVENTORY)
    def add() -> ResponseReturnValue:
        try:
            device_id = services.desk.inventory.add(_typed(), viewer(), services.clock.now())
        except CityError as error:
            return _page(error)
        flash(_("L’appareil est dans l’inventaire."), "good")
        return redirect(url_for("devices.one", device_id=device_id), 303)

    @pages.get("/inventory/<device_id>")
    @allows(Capability.EDIT_INVENTORY)
    def edit(device_id: str) -> ResponseReturnValue:
        return _page(device_id=device_id, typed=services.desk.inventory.of(device_id))

    @pages.post("/inventory/<device_id>")
    @allows(Capability.EDIT_INVENTORY)
    def change(device_id: str) -> ResponseReturnValue:
        """Also to another school: what no box reports is where the city says that it is."""
        try:
            services.desk.inventory.change(device_id, _typed(), viewer(), services.clock.now())
        except (Invalid, Conflict) as error:
            return _page(error, device_id)
        flash(_("C’est enregistré."), "good")
        return redirect(url_for("devices.one", device_id=device_id), 303)

    @pages.post("/inventory/<device_id>/retire")
    @allows(Capability.EDIT_INVENTORY)
    def retire(device_id: str) -> ResponseReturnValue:
        services.desk.inventory.retire(device_id, viewer(), services.clock.now())
        flash(_("L’appareil est hors service."), "good")
        return redirect(url_for("devices.one", device_id=device_id), 303)


def _add_lists(pages: Blueprint, services: Services) -> None:
    @pages.get("/inventory/import")
    @allows(Capability.EDIT_INVENTORY)
    def upload() -> ResponseReturnValue:
        return _list_page()

    @pages.post("/inventory/import")
    @allows(Capability.EDIT_INVENTORY)
    @body_limit(MAX_BYTES + FORM_BYTES)
    def preview() -> ResponseReturnValue:
        file = request.files.get("list")
        raw = file.read() if file else request.form.get("text", "").encode()
        name = (file.filename if file else "") or ""
        try:
            found = services.desk.inventory.preview(name, raw, viewer(), services.clock.now())
        except CityError as error:
            return _list_page(error)
        return _list_page(found=found)

    @pages.post("/inventory/import/<preview_id>")
    @allows(Capability.EDIT_INVENTORY)
    def take(preview_id: str) -> ResponseReturnValue:
        count = services.desk.inventory.take(preview_id, viewer(), services.clock.now())
        text = ngettext("%(num)s appareil enregistré.", "%(num)s appareils enregistrés.", count)
        flash(text % {"num": count}, "good")
        return redirect(url_for("devices.listing"), 303)


def _list_page(problem: CityError | None = None, found: Preview | None = None) -> Response:
    page = render_template(
        "desk/equipment_import.html",
        problem=_problem_text(problem) if problem else "",
        found=found,
        change_text=_change_text,
        fault_text=lambda fault: _(FAULTS[fault]),
        kind_word=lambda kind: word_of(DEVICE_KINDS, kind),
    )
    return make_response(page, problem.status if problem else 200)


def _problem_text(problem: CityError) -> str:
    """Which columns are missing is said by their French names."""
    missing = problem.params.get("missing")
    if isinstance(missing, list):
        problem = Invalid(problem.code, missing=", ".join(f"« {_(COLUMNS[one])} »" for one in missing))
    return text_of(problem)


def _change_text(change: Change) -> str:
    """« Modèle : AP9 → vide »."""
    before, after = (_value(change.field, value) for value in (change.before, change.after))
    return _("%(what)s : %(before)s → %(after)s", what=_(COLUMNS[change.field]), before=before, after=after)


def _value(field: str, value: str) -> str:
    if field == "kind":
        return word_of(DEVICE_KINDS, value).label
    if field == "status":
        return status_text(STATUSES, value)
    return value or _("vide")
