"""Administration: for the school's administrator, who comes five minutes a week and wants what is wrong first."""

from flask import Blueprint, request
from markupsafe import Markup

from appliance.bootstrap import Services
from appliance.domain.people import Role
from appliance.web.admin.agent_tablet import make_agent_tablet
from appliance.web.admin.agents import add_agents
from appliance.web.admin.backups import add_backups
from appliance.web.admin.carts import add_carts
from appliance.web.admin.city import add_city
from appliance.web.admin.classrooms import add_classrooms
from appliance.web.admin.device import add_device
from appliance.web.admin.devices import add_devices
from appliance.web.admin.journal import add_journal
from appliance.web.admin.links import add_links
from appliance.web.admin.overview import add_overview
from appliance.web.admin.people import add_people
from appliance.web.admin.roster_import import add_roster_upload
from appliance.web.admin.school import add_school
from appliance.web.sessions import sign_in_required
from appliance.web.texts import N_
from appliance.web.texts import filled as _

__all__ = ("make_admin", "make_agent_tablet", "make_roster_upload")

_SECTIONS = (
    ("/admin", "house", N_("Vue d’ensemble")),
    ("/admin/devices", "tablet", N_("Appareils")),
    ("/admin/carts", "layout-grid", N_("Classes mobiles")),
    ("/admin/links", "qr-code", N_("Inscrire")),
    ("/admin/agents", "lock", N_("Tablettes kiosque")),
    ("/admin/classrooms", "users", N_("Classes")),
    ("/admin/people", "user", N_("Personnes")),
    ("/admin/health", "heart-pulse", N_("Santé")),
    ("/admin/journal", "history", N_("Journal")),
    ("/admin/backups", "save", N_("Sauvegardes")),
    ("/admin/school", "school", N_("École")),
    ("/admin/city", "map-pin", N_("Ville")),
)


def make_admin(services: Services) -> Blueprint:
    pages = Blueprint("admin", __name__, url_prefix="/admin")
    pages.before_request(sign_in_required(Role.ADMINISTRATOR))
    pages.context_processor(lambda: {"sections": _sections()})
    for add in (
        add_overview, add_people, add_carts, add_classrooms, add_devices, add_device, add_links, add_agents,
        add_journal, add_backups, add_school, add_city,
    ):  # fmt: skip
        add(pages, services)
    return pages


def make_roster_upload(services: Services) -> Blueprint:
    """Apart, because it checks the form's token by itself (see `web.uploads`)."""
    pages = Blueprint("roster_upload", __name__, url_prefix="/admin")
    pages.before_request(sign_in_required(Role.ADMINISTRATOR))
    pages.context_processor(lambda: {"sections": _sections()})
    add_roster_upload(pages, services)
    return pages


def _sections() -> list[dict[str, object]]:
    return [
        {"href": href, "icon": drawing, "label": Markup.escape(_(label)), "current": _is_here(href)}
        for href, drawing, label in _SECTIONS
    ]


def _is_here(href: str) -> bool:
    if href == "/admin":
        return request.path == href
    return request.path == href or request.path.startswith(f"{href}/")
