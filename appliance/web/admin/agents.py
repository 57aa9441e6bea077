"""Tablets in kiosk mode: their door and its risk, one tablet's set-up on one page, what to check, new secrets."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance.bootstrap import Services
from appliance.domain.channels import Profile
from appliance.domain.webview_kiosk_setup import APK_ADDRESS, SOURCE_ADDRESS, Wifi, as_text, provisioning
from appliance.errors import NotFound, PreauError
from appliance.services.agent_links import Linked
from appliance.services.agent_setup import Place, Sheet, Wish
from appliance.services.settings import read_setting
from appliance.web.admin.acts import act, cart_choices, problem_text
from appliance.web.admin.agent_words import (
    ALARMS,
    CHECKS,
    DEFAULT_ZONE,
    PRESENCES,
    PROFILES,
    ROTATIONS,
    locale_of_tablets,
    settings_text,
)
from appliance.web.admin.words import word
from appliance.web.errors import wants_json
from appliance.web.hosts import base_url, is_loopback, own_host
from appliance.web.numbers import number_of
from appliance.web.qr import qr_drawing
from appliance.web.texts import filled as _

_WIFI_LETTERS, _APK_LETTERS = 64, 300


def add_agents(pages: Blueprint, services: Services) -> None:
    _add_list(pages, services)
    _add_setup(pages, services)
    _add_one(pages, services)
    _add_acts(pages, services)


def _add_list(pages: Blueprint, services: Services) -> None:
    @pages.get("/agents")
    def agents() -> ResponseReturnValue:
        return render_template(
            "admin/agents.html",
            door=services.agent_links.door(),
            port=services.agent_links.port,
            tablets=[_told(linked) for linked in services.agent_links.listing()],
            cart_options=[("", _("aucune en particulier")), *cart_choices(services)],
            tablet_options=[("", _("une nouvelle tablette")), *services.agent_setup.without_agent()],
            apk=APK_ADDRESS,
            source=SOURCE_ADDRESS,
        )

    @pages.post("/agents/door")
    def agents_door() -> ResponseReturnValue:
        links = services.agent_links
        if request.form.get("open") == "1":
            said = _("La porte est ouverte : les tablettes en mode kiosque peuvent se connecter.")
            return act(lambda: links.enable(g.actor), said, url_for("admin.agents"))
        said = _("La porte est fermée : aucune tablette en mode kiosque n’est plus connectée.")
        return act(lambda: links.disable(g.actor), said, url_for("admin.agents"))


def _add_setup(pages: Blueprint, services: Services) -> None:
    @pages.post("/agents")
    def new_agent() -> ResponseReturnValue:
        """Answers with the sheet itself: its secrets are known now and never again."""
        wish = Wish(
            profile=_profile(request.form.get("profile")),
            device_id=request.form.get("device") or None,
            cart_id=number_of(request.form.get("cart")),
            with_apps=request.form.get("apps") == "1",
        )
        return _made(services, wish, url_for("admin.agents"))

    @pages.post("/agents/<device_id>/renew")
    def renew_agent(device_id: str) -> ResponseReturnValue:
        linked = _linked(services, device_id)
        wish = Wish(linked.profile, device_id, with_apps=request.form.get("apps") == "1")
        return _made(services, wish, url_for("admin.agent", device_id=device_id))


def _add_one(pages: Blueprint, services: Services) -> None:
    @pages.get("/agents/<device_id>")
    def agent(device_id: str) -> ResponseReturnValue:
        linked = _linked(services, device_id)
        return render_template(
            "admin/agent.html",
            tablet=_told(linked),
            checks=_checks(services, linked),
            apk=APK_ADDRESS,
            rotation=word(ROTATIONS, linked.rotation.get("state")) if linked.rotation else "",
            is_reinstalled="reinstalled" in linked.memory.alarms,
        )

    @pages.get("/agents/<device_id>/checks")
    def agent_checks(device_id: str) -> ResponseReturnValue:
        return {"checks": _checks(services, _linked(services, device_id))}


def _add_acts(pages: Blueprint, services: Services) -> None:
    links = services.agent_links

    @pages.post("/agents/<device_id>/rotate")
    def rotate_agent(device_id: str) -> ResponseReturnValue:
        said = _("Un nouveau mot de passe sera donné à la tablette dès qu’elle répond.")
        return act(lambda: links.rotate(g.actor, device_id), said, _here(device_id))

    @pages.post("/agents/<device_id>/accept")
    def accept_agent(device_id: str) -> ResponseReturnValue:
        return act(lambda: links.accept(g.actor, device_id), _("C’est noté."), _here(device_id))

    @pages.post("/agents/<device_id>/unlink")
    def unlink_agent(device_id: str) -> ResponseReturnValue:
        said = _("La tablette n’est plus en mode kiosque pour le boîtier.")
        return act(lambda: services.agent_setup.remove(g.actor, device_id), said, url_for("admin.agents"))


def _made(services: Services, wish: Wish, back: str) -> ResponseReturnValue:
    try:
        sheet = services.agent_setup.add(g.actor, wish, _place())
    except PreauError as problem:
        if wants_json():
            raise
        flash(problem_text(problem), "problem")
        return redirect(back, 303)
    return _sheet_page(services, sheet)


def _sheet_page(services: Services, sheet: Sheet) -> str:
    linked = _linked(services, sheet.device_id)
    return render_template(
        "admin/agent_sheet.html",
        sheet=sheet,
        exit_code=sheet.account.exit_code,
        tablet_link=f"{base_url(request)}/kiosk/{sheet.code}",
        settings=settings_text(sheet),
        is_owner=sheet.profile is Profile.OWNER,
        drawing=_android_code() if sheet.profile is Profile.OWNER else "",
        checks=_checks(services, linked),
        is_open=services.agent_links.is_enabled(),
        is_local=is_loopback(request),
        source=SOURCE_ADDRESS,
    )


def _android_code() -> str:
    """The Wi-Fi's password is in the drawing and nowhere else."""
    form = request.form
    wifi = Wifi(form.get("wifi", "")[:_WIFI_LETTERS].strip(), form.get("wifi_password", "")[:_WIFI_LETTERS])
    apk = form.get("apk", "")[:_APK_LETTERS].strip() or APK_ADDRESS
    return qr_drawing(as_text(provisioning(apk, locale_of_tablets(), read_setting("time_zone", DEFAULT_ZONE), wifi)))


def _place() -> Place:
    """As the administrator reached the appliance: so will the tablet."""
    return Place(base_url(request), own_host(request))


def _profile(given: str | None) -> Profile:
    return Profile.MANAGED if given == Profile.MANAGED else Profile.OWNER


def _linked(services: Services, device_id: str) -> Linked:
    linked = services.agent_links.of(device_id)
    if linked is None:
        raise NotFound("no_agent_link")
    return linked


def _told(linked: Linked) -> dict[str, object]:
    presence, kind = PRESENCES[linked.presence]
    return {
        "id": linked.device_id,
        "number": linked.number,
        "name": linked.name,
        "username": linked.username,
        "exit_code": linked.exit_code,
        "profile": word(PROFILES, linked.profile),
        "is_owner": linked.profile is Profile.OWNER,
        "presence": _(presence),
        "presence_kind": kind,
        "version": linked.memory.version,
        "model": linked.memory.model,
        "seen_at": linked.seen_at,
        "alarms": [(_(title), _(text)) for title, text in (ALARMS[alarm] for alarm in sorted(linked.memory.alarms))],
        "fixed": sorted(linked.memory.fixed),
    }


def _checks(services: Services, linked: Linked) -> list[dict[str, str]]:
    states = services.agent_setup.checks(linked)
    return [
        {"name": name, "state": state, "label": _(CHECKS[name][0]), "text": _(CHECKS[name][1][state])}
        for name, state in states.items()
    ]


def _here(device_id: str) -> str:
    return url_for("admin.agent", device_id=device_id)
