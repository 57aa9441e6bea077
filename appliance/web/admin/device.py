"""One device: what is known of it, what it dropped and why, and everything that can be done with it."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance.bootstrap import Services
from appliance.errors import PreauError
from appliance.web.admin.acts import act, cart_choices, problem_text
from appliance.web.admin.journal import told_lines
from appliance.web.admin.words import CAPABILITIES, DEVICE_KINDS, DROP_REASONS, word
from appliance.web.errors import wants_json
from appliance.web.hosts import is_loopback
from appliance.web.numbers import number_of
from appliance.web.qr import qr_drawing
from appliance.web.texts import filled as _
from appliance.web.times import clock_text
from appliance.web.welcome import join_address


def add_device(pages: Blueprint, services: Services) -> None:
    _add_page(pages, services)
    _add_changes(pages, services)
    _add_code(pages, services)
    _add_ends(pages, services)


def _add_page(pages: Blueprint, services: Services) -> None:
    @pages.get("/devices/<device_id>")
    def device(device_id: str) -> ResponseReturnValue:
        found = services.device_list.page(device_id)
        packages = found.inventory.get("packages")
        return render_template(
            "admin/device.html",
            device=found,
            line=found.line,
            kind=word(DEVICE_KINDS, found.line.kind),
            abilities=[(label, key in found.capabilities) for key, label in _abilities()],
            dropped=[(line, word(DROP_REASONS, line.reason)) for line in found.dropped],
            packages=packages if isinstance(packages, list) else [],
            journal=told_lines(services, found.journal),
            move_choices=[("", _("aucune")), *cart_choices(services)],
            other_choices=[
                (line.id, f"{line.name} · {line.cart}" if line.cart else line.name)
                for line in services.device_list.listed()
                if line.id != device_id
            ],
        )


def _add_changes(pages: Blueprint, services: Services) -> None:
    @pages.post("/devices/<device_id>/rename")
    def rename_device(device_id: str) -> ResponseReturnValue:
        name = request.form.get("name")
        return act(lambda: services.devices.rename(device_id, name, g.actor), _("Le nom est changé."), _here(device_id))

    @pages.post("/devices/<device_id>/renumber")
    def renumber_device(device_id: str) -> ResponseReturnValue:
        number = request.form.get("number")
        said = _("Le numéro est changé.")
        return act(lambda: services.devices.renumber(device_id, number, g.actor), said, _here(device_id))

    @pages.post("/devices/<device_id>/move")
    def move_device(device_id: str) -> ResponseReturnValue:
        cart_id = number_of(request.form.get("cart"))
        said = _("L’appareil est déplacé.")
        return act(lambda: services.devices.move([device_id], cart_id, g.actor), said, _here(device_id))


def _add_code(pages: Blueprint, services: Services) -> None:
    @pages.post("/devices/<device_id>/code")
    def return_code(device_id: str) -> ResponseReturnValue:
        """Answers with the code itself: it is shown now and never again."""
        try:
            found = services.join_codes.new_for_device(g.actor, device_id)
        except PreauError as problem:
            if wants_json():
                raise
            flash(problem_text(problem), "problem")
            return redirect(_here(device_id), 303)
        link = join_address(found.code)
        return render_template(
            "admin/device_code.html",
            device=services.device_list.page(device_id).line.name,
            device_id=device_id,
            code=f"{found.code[:3]} {found.code[3:]}",
            expires_at=found.expires_at,
            clock=clock_text(found.expires_at),
            link=link,
            address=f"{request.host}/join",
            drawing=qr_drawing(link),
            is_local=is_loopback(request),
        )


def _add_ends(pages: Blueprint, services: Services) -> None:
    @pages.post("/devices/<device_id>/replace")
    def replace_device(device_id: str) -> ResponseReturnValue:
        other = request.form.get("by", "")
        said = _("L’appareil est remplacé ; l’ancien est hors service.")
        return act(lambda: services.devices.replace(device_id, other, g.actor), said, _here(device_id))

    @pages.post("/devices/<device_id>/retire")
    def retire_device(device_id: str) -> ResponseReturnValue:
        said = _("L’appareil est hors service.")
        return act(lambda: services.devices.retire(device_id, g.actor), said, _here(device_id))

    @pages.post("/devices/<device_id>/revoke")
    def revoke_device(device_id: str) -> ResponseReturnValue:
        said = _("L’accès est retiré, tout de suite.")
        return act(lambda: services.devices.revoke(device_id, g.actor), said, _here(device_id))


def _here(device_id: str) -> str:
    return url_for("admin.device", device_id=device_id)


def _abilities() -> list[tuple[str, str]]:
    return [(key, word(CAPABILITIES, key)) for key in CAPABILITIES]
