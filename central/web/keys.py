"""Keys that sign orders: who may, until when, and the ring that the offline root signs. For administrators."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.roles import Capability
from central.errors import Invalid
from central.web.access import allows, viewer
from central.web.marks import N_
from central.web.texts import filled as _
from protocol.strict_json import Malformed
from protocol.uplink_orders import parse_signed
from protocol.uplink_words import OrderClass

CLASSES: dict[str, str] = {
    OrderClass.ROUTINE: N_("courantes"),
    OrderClass.SENSITIVE: N_("sensibles"),
    OrderClass.DESTRUCTIVE: N_("qui effacent"),
}
_MOST_FILE = 1024 * 1024
_MANAGE = allows(Capability.MANAGE_KEYS)


def make_keys(services: Services) -> Blueprint:
    pages = Blueprint("keys", __name__, url_prefix="/orders/keys")
    _add_keys(pages, services)
    _add_ring(pages, services)
    return pages


def _add_keys(pages: Blueprint, services: Services) -> None:
    @pages.get("")
    @_MANAGE
    def overview() -> ResponseReturnValue:
        return render_template(
            "orders/keys.html",
            keys=services.rings.listed(),
            class_names=lambda names: ", ".join(_(CLASSES[name]) for name in names),
            version=services.rings.version(),
            is_waiting=services.rings.is_waiting(),
            candidates=services.rings.candidates(),
        )

    @pages.post("/passkey")
    @_MANAGE
    def add_passkey() -> ResponseReturnValue:
        services.rings.add_passkey(request.form.get("passkey", ""), (OrderClass.SENSITIVE,), viewer())
        return _back(_("Ajoutée. Elle pourra signer dès que la clé racine aura signé le trousseau."))

    @pages.post("/revoke")
    @_MANAGE
    def revoke() -> ResponseReturnValue:
        services.rings.revoke_key(request.form.get("key", ""), viewer())
        return _back(_("Retirée ici. Les boîtiers la refuseront avec le prochain trousseau signé."))


def _add_ring(pages: Blueprint, services: Services) -> None:
    @pages.get("/ring")
    @_MANAGE
    def draft() -> ResponseReturnValue:
        name = f"trousseau-{services.rings.version() + 1}.preau.json"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(services.rings.draft(), mimetype="application/json", headers=headers)

    @pages.post("/ring")
    @_MANAGE
    def accept() -> ResponseReturnValue:
        given = request.files.get("file")
        try:
            signed = parse_signed(b"" if given is None else given.stream.read(_MOST_FILE))
        except Malformed:
            raise Invalid("bad_ring", {"file": "wrong_type"}) from None
        version = services.rings.accept(signed, viewer())
        return _back(_("Trousseau n° %(n)s en vigueur : les boîtiers le prennent à leur prochain appel.", n=version))


def _back(said: str) -> ResponseReturnValue:
    flash(said, "good")
    return redirect(url_for("keys.overview"), 303)
