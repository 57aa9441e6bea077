"""Orders in the console: the list, one order and what stands before its release; signing, confirming, canceling."""

import json
from base64 import urlsafe_b64encode
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.orders import Phase
from central.domain.roles import Capability
from central.errors import Conflict, Denied, Invalid
from central.services.naming import cart_names, people_names
from central.services.order_reader import InstructionLine, OrderLine, Wanted
from central.services.order_signatures import MAX_FILE_BYTES, ToSign
from central.services.rings import relying_party
from central.web.access import allows, viewer
from central.web.desk_words import INSTRUCTIONS, ORDERS, Word, word_of
from central.web.marks import N_
from central.web.morning_words import waiting_text
from central.web.order_words import NOT_HEARD, argument_lines, outcome_text
from central.web.security import FORM_BYTES, body_limit
from central.web.texts import filled as _
from protocol.uplink_words import OrderClass

PHASES: dict[str, Word] = {
    Phase.SIGNATURE: Word(N_("attend une signature"), "fingerprint", "notice"),
    Phase.SECOND_PERSON: Word(N_("attend une deuxième personne"), "users", "notice"),
    Phase.RELEASED: Word(N_("en route"), "send"),
    Phase.CANCELED: Word(N_("annulé"), "x", "quiet"),
    Phase.EXPIRED: Word(N_("trop tard"), "clock", "notice"),
    Phase.FINISHED: Word(N_("terminé"), "circle-check", "good"),
}


def make_orders(services: Services) -> Blueprint:
    pages = Blueprint("orders", __name__, url_prefix="/orders")
    _add_reading(pages, services)
    _add_passkey(pages, services)
    _add_file(pages, services)
    _add_decisions(pages, services)
    return pages


def _add_reading(pages: Blueprint, services: Services) -> None:
    @pages.get("")
    @allows(Capability.ORDER_ROUTINE)
    def listing() -> ResponseReturnValue:
        page, is_open = request.args.get("page", 1, type=int), "open" in request.args
        lines, has_more = services.order_reader.listed(viewer(), Wanted(open_only=is_open, page=page))
        return render_template(
            "orders/list.html",
            lines=[_told(line) for line in lines],
            people=people_names({line.account for line in lines}),
            number=page,
            has_more=has_more,
            is_open=is_open,
        )

    @pages.get("/<order_id>")
    @allows(Capability.ORDER_ROUTINE)
    def one(order_id: str) -> ResponseReturnValue:
        line, page = services.order_reader.order(viewer(), order_id), request.args.get("page", 1, type=int)
        instructions, has_more = services.order_reader.instructions(viewer(), order_id, page)
        return render_template(
            "orders/one.html",
            told=_told(line),
            instructions=_told_instructions(services, line, instructions),
            arguments=_arguments(line, instructions),
            people=people_names({line.account, line.second}),
            number=page,
            has_more=has_more,
            wanted=services.order_signatures.wanted(order_id),
            may_sign=_may_sign(services, line),
            is_by_passkey=line.order_class is OrderClass.SENSITIVE,
            may_confirm=line.phase is Phase.SECOND_PERSON and line.account != viewer().login,
            may_cancel=line.phase in (Phase.SIGNATURE, Phase.SECOND_PERSON, Phase.RELEASED),
        )


def _told(line: OrderLine) -> tuple[OrderLine, Word, Word, list[tuple[Word, int]]]:
    states = [(word_of(INSTRUCTIONS, state), count) for state, count in sorted(line.states.items())]
    return line, word_of(ORDERS, line.kind), PHASES[line.phase], states


def _told_instructions(
    services: Services, order: OrderLine, lines: list[InstructionLine]
) -> list[tuple[InstructionLine, Word, str]]:
    """What has not left says why, unless a signature is what it waits for."""
    now, is_released = services.clock.now(), order.phase is Phase.RELEASED
    unheard = {one.school for one in lines if is_released and one.state in NOT_HEARD}
    stops = services.desk.fleet.standstills(unheard, now) if unheard else {}
    return [
        (
            one,
            word_of(INSTRUCTIONS, one.state),
            outcome_text(one.refusal or one.detail)
            or (waiting_text(stops.get(one.school), now) if one.state in NOT_HEARD else ""),
        )
        for one in lines
    ]


def _arguments(line: OrderLine, instructions: list[InstructionLine]) -> list[tuple[str, str]]:
    """A cart's id is the school's own: one order to move goes to one school."""
    cart = str(line.args.get("cart") or "")
    names = cart_names({instructions[0].school}) if cart and instructions else {}
    return argument_lines(line.args, names.get((instructions[0].school, cart), "") if names else "")


def _may_sign(services: Services, line: OrderLine) -> bool:
    """By a passkey of this officer that the signed ring knows."""
    is_wanted = line.phase is Phase.SIGNATURE and line.order_class is OrderClass.SENSITIVE
    return is_wanted and bool(services.order_signatures.passkeys(viewer()))


def _add_passkey(pages: Blueprint, services: Services) -> None:
    """For `passkey.js`: the challenge is the hash of the bytes, and the answer is the signature."""

    @pages.post("/<order_id>/sign/question")
    @allows(Capability.ORDER_SENSITIVE)
    def question(order_id: str) -> ResponseReturnValue:
        allowed = [
            {"type": "public-key", "id": key.id}
            for key in services.passkeys.of(viewer())
            if services.order_signatures.may_sign(key.id)
        ]
        challenge = urlsafe_b64encode(_next(services, order_id).challenge).rstrip(b"=").decode()
        return jsonify(
            challenge=challenge,
            rpId=relying_party(services.config),
            allowCredentials=allowed,
            timeout=120_000,
            userVerification="required",
        )

    @pages.post("/<order_id>/sign")
    @allows(Capability.ORDER_SENSITIVE)
    def sign(order_id: str) -> ResponseReturnValue:
        body: Any = request.get_json(silent=True)
        credential = body.get("credential") if isinstance(body, dict) else None
        if not isinstance(credential, dict):
            raise Invalid("bad_assertion", {"assertion": "missing"})
        services.order_signatures.sign_by_passkey(
            viewer(), _next(services, order_id).id, str(credential.get("id")), json.dumps(credential)
        )
        return jsonify(next=url_for("orders.one", order_id=order_id))


def _next(services: Services, order_id: str) -> ToSign:
    """A large order has several signatures; the page comes back for each."""
    services.order_reader.order(viewer(), order_id)
    wanted = services.order_signatures.wanted(order_id)
    if not wanted:
        raise Conflict("already_signed")
    return wanted[0]


def _add_file(pages: Blueprint, services: Services) -> None:
    """To where the offline key is, and back."""

    @pages.get("/<order_id>/file")
    @allows(Capability.ORDER_SENSITIVE)
    def file(order_id: str) -> ResponseReturnValue:
        services.order_reader.order(viewer(), order_id)
        name = f"ordre-{order_id[:13]}.preau.json"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(services.order_signatures.export(order_id), mimetype="application/json", headers=headers)

    @pages.post("/<order_id>/file")
    @allows(Capability.ORDER_SENSITIVE)
    @body_limit(MAX_FILE_BYTES + FORM_BYTES)
    def upload(order_id: str) -> ResponseReturnValue:
        line = services.order_reader.order(viewer(), order_id)
        if line.order_class is OrderClass.DESTRUCTIVE and not viewer().may(Capability.ORDER_DESTRUCTIVE):
            raise Denied("not_for_your_role")
        given = request.files.get("file")
        if given is None:
            raise Invalid("bad_signature_file", {"file": "missing"})
        services.order_signatures.upload(viewer(), order_id, given.stream.read())
        return _back(order_id, _("La signature est bonne."))


def _add_decisions(pages: Blueprint, services: Services) -> None:
    @pages.post("/<order_id>/confirm")
    @allows(Capability.CONFIRM_ORDER)
    def confirm(order_id: str) -> ResponseReturnValue:
        services.order_signatures.confirm(viewer(), order_id)
        return _back(order_id, _("L’intervention est confirmée. Chaque boîtier dira ce qu’il en a fait."))

    @pages.post("/<order_id>/cancel")
    @allows(Capability.ORDER_ROUTINE)
    def cancel(order_id: str) -> ResponseReturnValue:
        services.order_reader.order(viewer(), order_id)
        services.orders.cancel(viewer(), order_id)
        return _back(order_id, _("C’est annulé. Ce qui était déjà parti est rappelé, si le boîtier n’a rien commencé."))


def _back(order_id: str, said: str) -> ResponseReturnValue:
    flash(said, "good")
    return redirect(url_for("orders.one", order_id=order_id), 303)
