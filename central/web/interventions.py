"""An order from a page: on a device, a selection, a box, a school. Signing and confirming are the orders' own pages."""

from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.orders import Wish
from central.domain.roles import Capability
from central.errors import Denied, Invalid
from central.web.access import allows, viewer
from central.web.devices import device_page
from central.web.paths import came_from
from central.web.texts import filled as _
from protocol.uplink_words import CLASS_OF, InstructionKind, OrderClass

_NEEDS = {
    OrderClass.ROUTINE: Capability.ORDER_ROUTINE,
    OrderClass.SENSITIVE: Capability.ORDER_SENSITIVE,
    OrderClass.DESTRUCTIVE: Capability.ORDER_DESTRUCTIVE,
}
# What a kind takes of a form: a bar of several buttons sends the fields of all.
_ARGS = {
    InstructionKind.RENAME: ("name",),
    InstructionKind.MOVE: ("cart",),
    InstructionKind.FETCH_LOGS: ("hours",),
}
_MOST = 1000


def make_interventions(services: Services) -> Blueprint:
    pages = Blueprint("interventions", __name__)

    @pages.post("/interventions")
    @allows(Capability.ORDER_ROUTINE)
    def create() -> ResponseReturnValue:
        kind = request.form.get("kind", "")
        if kind not in set(InstructionKind):
            raise Invalid("bad_order", {"kind": "unknown_value"})
        wish = _wish(InstructionKind(kind))
        if not viewer().may(_NEEDS[CLASS_OF[wish.kind]]):
            raise Denied("not_for_your_role")
        try:
            order_id = services.orders.create(viewer(), wish)
        except Invalid as problem:
            if wish.kind is not InstructionKind.RENAME or "name" not in problem.fields or len(wish.devices) != 1:
                raise
            return device_page(services, wish.devices[0], problem)  # what was typed stays, and why beside it
        if CLASS_OF[wish.kind] is not OrderClass.ROUTINE and "orders.one" in current_app.view_functions:
            return redirect(url_for("orders.one", order_id=order_id), 303)
        flash(_("C’est demandé. Chaque boîtier dira ce qu’il en a fait."), "good")
        return redirect(came_from(), 303)

    return pages


def _wish(kind: InstructionKind) -> Wish:
    form = request.form
    args: dict[str, object] = {name: form[name] for name in _ARGS.get(kind, ()) if name in form}
    if "hours" in args:
        hours = str(args["hours"])
        args["hours"] = int(hours) if hours.isascii() and hours.isdecimal() else 24
    return Wish(kind, args, devices=_named("devices"), schools=_named("schools"), appliances=_named("appliances"))


def _named(field: str) -> tuple[str, ...]:
    named = tuple(request.form.getlist(field))
    if len(named) > _MOST:
        raise Invalid("too_many_chosen")  # never a part of them: nobody would see which
    return named
