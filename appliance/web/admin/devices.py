"""All devices: a list that filters and sorts with its state in the address, moves in bulk, and leaves as a file."""

from urllib.parse import urlencode

from flask import Blueprint, Response, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import to_user_timezone

from appliance.bootstrap import Services
from appliance.domain.devices import DeviceStatus
from appliance.services.device_list import SORTS, DeviceLine, Filters
from appliance.web.admin.acts import act, back_or, cart_choices
from appliance.web.admin.tables import as_csv
from appliance.web.admin.words import DEVICE_KINDS, word
from appliance.web.numbers import number_of
from appliance.web.texts import N_
from appliance.web.texts import filled as _
from appliance.web.texts import translate_number as ngettext

_STATUSES = (
    (DeviceStatus.ACTIVE, N_("En service")),
    (DeviceStatus.RETIRED, N_("Hors service")),
    (DeviceStatus.REMOVED, N_("Retirés")),
)
_PAGE = 150  # a large school's page stays light; a usual one has a single page that sorts and filters by itself
_LABELS = {
    "number": N_("Numéro"), "name": N_("Nom"), "cart": N_("Classe mobile"), "kind": N_("Sorte"), "model": N_("Modèle"),
    "seen": N_("Vue"), "battery": N_("Batterie"), "dropped": N_("Messages écartés"),
}  # fmt: skip


def add_devices(pages: Blueprint, services: Services) -> None:
    @pages.get("/devices")
    def devices() -> ResponseReturnValue:
        filters = filters_of_address()
        found = services.device_list.listed(filters)
        page = min(max(1, number_of(request.args.get("page")) or 1), -(-len(found) // _PAGE) or 1)
        return render_template(
            "admin/devices.html",
            devices=found[(page - 1) * _PAGE : page * _PAGE],
            total=len(found),
            pages=[(number, _page_address(number), number == page) for number in range(1, -(-len(found) // _PAGE) + 1)],
            filters=filters,
            cart_choices=[("", _("Toutes")), ("0", _("Aucune classe mobile")), *cart_choices(services)],
            move_choices=[("", _("aucune classe mobile")), *cart_choices(services)],
            statuses=[("", _("Tous")), *((status.value, _(label)) for status, label in _STATUSES)],
            sorts=[(key, _(_LABELS[key])) for key in SORTS],
            kind=lambda key: word(DEVICE_KINDS, key),
            here=request.full_path.rstrip("?"),
        )

    @pages.get("/devices.csv")
    def devices_file() -> ResponseReturnValue:
        return _file(services.device_list.listed(filters_of_address()))

    @pages.post("/devices/move")
    def move_devices() -> ResponseReturnValue:
        ids, cart_id = request.form.getlist("devices"), number_of(request.form.get("to"))
        said = ngettext("%(num)s appareil déplacé.", "%(num)s appareils déplacés.", len(ids)) % {"num": len(ids)}
        back = back_or(url_for("admin.devices"))
        return act(lambda: services.devices.move(ids, cart_id, g.actor), said, back)


def _page_address(number: int) -> str:
    return f"{request.path}?{urlencode({**request.args.to_dict(), 'page': number})}"


def filters_of_address() -> Filters:
    """What cannot be read filters nothing."""
    wanted = request.args
    status = wanted.get("status", DeviceStatus.ACTIVE.value)
    known = [one.value for one in DeviceStatus]
    return Filters(
        status=DeviceStatus(status) if status in known else None,
        cart_id=number_of(wanted.get("cart")),
        text=wanted.get("q", "")[:100],
        sort=wanted.get("sort", "number"),
        descending=wanted.get("dir") == "desc",
    )


def _file(lines: list[DeviceLine]) -> Response:
    heading = [
        _("Numéro"), _("Nom"), _("Classe mobile"), _("Sorte"), _("Modèle"), _("Numéro de série"), _("Identifiant"),
        _("État"), _("Inscrit le"),
    ]  # fmt: skip
    statuses = {status.value: _(label) for status, label in _STATUSES}
    rows = (
        [
            line.number, line.name, line.cart, word(DEVICE_KINDS, line.kind), line.model, line.serial, line.id,
            statuses.get(line.status, ""), to_user_timezone(line.enrolled_at).date().isoformat(),
        ]
        for line in lines
    )  # fmt: skip
    return as_csv("appareils.csv", heading, rows)
