"""Lists as files, with the filter of the page they are taken from."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.roles import Capability
from central.errors import NotFound
from central.services.exports import ODS_TYPE, Sheet, csv_bytes, ods_bytes
from central.web.access import allows, viewer
from central.web.alerts import filter_of_address as alert_filter
from central.web.desk_words import ALERTS, DEVICE_KINDS, STATES, Word, word_of
from central.web.devices import wanted_of_address
from central.web.fleet import filter_of_address as fleet_filter
from central.web.marks import N_
from central.web.texts import filled as _
from central.web.times import in_zone, sortable_text

_HEADINGS = {
    "uai": N_("UAI"), "school": N_("École"), "group": N_("Groupe"), "state": N_("État"), "hello_at": N_("A répondu"),
    "software": N_("Version"), "disk": N_("Disque (%)"), "backlog": N_("En attente"), "devices": N_("Appareils"),
    "alerts": N_("Alertes"), "number": N_("Numéro"), "name": N_("Nom"), "kind": N_("Sorte"),
    "manufacturer": N_("Marque"), "model": N_("Modèle"), "serial": N_("Série"), "cart": N_("Classe mobile"),
    "seen_at": N_("Vu"), "battery": N_("Batterie (%)"), "by_hand": N_("Ajouté à la main"),
    "id": N_("Identifiant"),
    "device": N_("Appareil"), "began_at": N_("Depuis"), "ended_at": N_("Fini"),
    "acknowledged_at": N_("Pris en charge"), "acknowledged_by": N_("Par"), "remark": N_("Remarque"),
}  # fmt: skip

_Teller = Callable[[Any], object]


def _kind_of(table: Mapping[str, Word]) -> _Teller:
    return lambda key: word_of(table, str(key)).label


def make_exports(services: Services) -> Blueprint:
    pages = Blueprint("exports", __name__, url_prefix="/exports")
    exports = services.desk.exports

    @pages.get("/devices.<file>")
    @allows(Capability.EXPORT)
    def devices(file: str) -> ResponseReturnValue:
        return _file(
            "appareils", file, exports.devices(wanted_of_address(), viewer()), {"kind": _kind_of(DEVICE_KINDS)}
        )

    @pages.get("/schools.<file>")
    @allows(Capability.SEE_FLEET)
    def schools(file: str) -> ResponseReturnValue:
        sheet = exports.schools(fleet_filter(), services.clock.now())
        return _file("ecoles", file, sheet, {"state": _kind_of(STATES)})

    @pages.get("/alerts.<file>")
    @allows(Capability.EXPORT)
    def alerts(file: str) -> ResponseReturnValue:
        return _file("alertes", file, exports.alerts(alert_filter(), viewer()), {"kind": _kind_of(ALERTS)})

    return pages


def _file(name: str, kind: str, sheet: Sheet, words: Mapping[str, _Teller]) -> Response:
    """`words`: what turns a column's codes into words. Moments are the pages' own; their headings say so."""
    headings = [_heading(column) for column in sheet.columns]
    tellers = [words.get(column, _told) for column in sheet.columns]
    rows = ([teller(cell) for teller, cell in zip(tellers, row, strict=True)] for row in sheet.rows)
    if kind == "csv":
        body: Iterator[bytes] | bytes = b"".join(csv_bytes(headings, rows))
        response = Response(body, mimetype="text/csv")
    elif kind == "ods":
        response = Response(ods_bytes(name, headings, rows), mimetype=ODS_TYPE)
    else:
        raise NotFound("not_found")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


def _heading(column: str) -> str:
    text = _(_HEADINGS[column])
    return in_zone(text) if column.endswith("_at") else text


def _told(cell: object) -> object:
    """Empty is empty: what nobody knows is no word."""
    if isinstance(cell, datetime):
        return sortable_text(cell)
    if isinstance(cell, bool):
        return _("oui") if cell else _("non")
    return "" if cell is None else cell
