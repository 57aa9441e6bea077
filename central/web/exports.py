"""Lists as files, with the filter of the page they are taken from."""

from collections.abc import Iterator

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.roles import Capability
from central.errors import NotFound
from central.services.exports import ODS_TYPE, Sheet, csv_bytes, ods_bytes
from central.web.access import allows, viewer
from central.web.alerts import filter_of_address as alert_filter
from central.web.devices import wanted_of_address
from central.web.fleet import filter_of_address as fleet_filter
from central.web.marks import N_
from central.web.texts import filled as _

_HEADINGS = {
    "uai": N_("UAI"), "school": N_("École"), "group": N_("Groupe"), "state": N_("État"), "hello_at": N_("A répondu"),
    "software": N_("Version"), "disk": N_("Disque (%)"), "backlog": N_("En attente"), "devices": N_("Appareils"),
    "alerts": N_("Alertes"), "number": N_("Numéro"), "name": N_("Nom"), "kind": N_("Sorte"),
    "manufacturer": N_("Marque"), "model": N_("Modèle"), "serial": N_("Série"), "cart": N_("Classe mobile"),
    "seen_at": N_("Vu (UTC)"), "battery": N_("Batterie (%)"), "by_hand": N_("Ajouté à la main"),
    "id": N_("Identifiant"),
    "device": N_("Appareil"), "began_at": N_("Depuis (UTC)"), "ended_at": N_("Fini (UTC)"),
    "acknowledged_at": N_("Pris en charge (UTC)"), "acknowledged_by": N_("Par"), "remark": N_("Remarque"),
}  # fmt: skip


def make_exports(services: Services) -> Blueprint:
    pages = Blueprint("exports", __name__, url_prefix="/exports")
    exports = services.desk.exports

    @pages.get("/devices.<file>")
    @allows(Capability.EXPORT)
    def devices(file: str) -> ResponseReturnValue:
        return _file("appareils", file, exports.devices(wanted_of_address(), viewer()))

    @pages.get("/schools.<file>")
    @allows(Capability.SEE_FLEET)
    def schools(file: str) -> ResponseReturnValue:
        return _file("ecoles", file, exports.schools(fleet_filter(), services.clock.now()))

    @pages.get("/alerts.<file>")
    @allows(Capability.EXPORT)
    def alerts(file: str) -> ResponseReturnValue:
        return _file("alertes", file, exports.alerts(alert_filter(), viewer()))

    return pages


def _file(name: str, kind: str, sheet: Sheet) -> Response:
    headings = [_(_HEADINGS.get(column, column)) for column in sheet.columns]
    if kind == "csv":
        body: Iterator[bytes] | bytes = b"".join(csv_bytes(headings, sheet.rows))
        response = Response(body, mimetype="text/csv")
    elif kind == "ods":
        response = Response(ods_bytes(name, headings, sheet.rows), mimetype=ODS_TYPE)
    else:
        raise NotFound("not_found")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response
