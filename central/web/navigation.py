"""The pages of the console in the order of the day, each shown to those who may open it.

A page that its blueprint has not registered is not shown: `endpoint` is looked up.
"""

from typing import NamedTuple

from flask import current_app, request, url_for

from central.domain.roles import Capability, Viewer
from central.web.marks import N_
from central.web.texts import filled as _


class Entry(NamedTuple):
    endpoint: str
    icon: str
    label: str
    capability: Capability


ENTRIES: tuple[Entry, ...] = (
    Entry("fleet.overview", "layout-grid", N_("Parc"), Capability.SEE_FLEET),
    Entry("schools.own", "school", N_("Mon école"), Capability.SEE_SCHOOLS),
    Entry("devices.listing", "tablet", N_("Appareils"), Capability.SEE_SCHOOLS),
    Entry("alerts.listing", "bell-ring", N_("Alertes"), Capability.SEE_SCHOOLS),
    Entry("orders.listing", "send", N_("Interventions"), Capability.ORDER_ROUTINE),
    Entry("statistics.overview", "chart-column", N_("Statistiques"), Capability.SEE_STATISTICS),
    Entry("journal.city", "history", N_("Journal"), Capability.SEE_JOURNAL),
    Entry("journal.schools", "history", N_("Journal"), Capability.SEE_SCHOOL_JOURNAL),
    Entry("settings.overview", "settings", N_("Réglages"), Capability.MANAGE_CONFIGURATION),
    Entry("accounts.listing", "users", N_("Comptes"), Capability.MANAGE_ACCOUNTS),
    Entry("account.own", "user", N_("Mon compte"), Capability.OWN_ACCOUNT),
)


_HOMES = {"keys": ("orders",), "schools": ("schools", "fleet")}  # a school of one's own, or one of the fleet


def entries_for(viewer: Viewer) -> list[Entry]:
    """One of each name: the first that this viewer may open."""
    found: dict[str, Entry] = {}
    for entry in ENTRIES:
        if entry.endpoint == "schools.own" and viewer.school is None:
            continue
        if viewer.may(entry.capability) and entry.endpoint in current_app.view_functions:
            found.setdefault(entry.label, entry)
    return list(found.values())


def navigation(viewer: Viewer) -> list[dict[str, object]]:
    return [
        {"href": url_for(one.endpoint), "icon": one.icon, "label": _(one.label), "current": _is_here(one.endpoint)}
        for one in entries_for(viewer)
    ]


def _is_here(endpoint: str) -> bool:
    """Pages of one blueprint belong to one entry; the keys to the orders that they sign."""
    here = (request.endpoint or "").partition(".")[0]
    return endpoint.partition(".")[0] in _HOMES.get(here, (here,))
