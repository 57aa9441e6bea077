"""The city: joining it, how the link is, what left the school to the letter, and what the city ordered.

Joining and sending are the uplink's; this page asks for it and shows what came of it.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from flask import Blueprint, Response, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance.bootstrap import Services
from appliance.errors import NotFound, PreauError
from appliance.services.city import LinkStatus
from appliance.services.city_wishes import present_wishes
from appliance.services.exchange_log import ExchangeLine, readable
from appliance.store.city_models import Instruction
from appliance.web.admin.acts import act, problem_text
from appliance.web.admin.city_words import (
    EXCHANGES,
    LANES,
    NOT_TAKEN_OVER,
    NOTES,
    ORDER_STATES,
    ORDERS,
    OTHER_CHOSEN,
    REFUSALS,
    STANDINGS,
    STORAGE,
    how_long,
    outcome_words,
    trouble_words,
)
from appliance.web.admin.wishes_words import wish_lines
from appliance.web.admin.words import word
from appliance.web.errors import wants_json
from appliance.web.texts import field_texts
from appliance.web.texts import filled as _
from protocol.uplink_words import Standing

_CATCHING_UP = 500  # records that wait, from which it is worth a progress bar
_SHOWN_BYTES = 256 * 1024
_WAITED_TOO_LONG = timedelta(hours=1)
_ASKED_FOR = timedelta(seconds=45)  # as long as the page looks for the answer by itself


def add_city(pages: Blueprint, services: Services) -> None:
    _add_joining(pages, services)
    _add_link(pages, services)
    _add_sent(pages, services)


def _add_joining(pages: Blueprint, services: Services) -> None:
    @pages.get("/city")
    def city() -> ResponseReturnValue:
        return _page(services)

    @pages.post("/city/claim")
    def claim_city() -> ResponseReturnValue:
        """By the code and the address, or by the file that holds both."""
        file = request.files.get("file")
        try:
            if file is not None and file.filename:
                services.city.request_claim_file(file.read(), g.actor)
            else:
                services.city.request_claim(request.form.get("code"), request.form.get("address"), g.actor)
        except PreauError as problem:
            if wants_json():
                raise
            flash(problem_text(problem), "problem")
            return make_response(_page(services, problem), problem.status)
        flash(_("La demande est partie. Cette page dit ce qu’il en advient."), "good")
        return redirect(_here(), 303)

    @pages.post("/city/withdraw")
    def withdraw_claim() -> ResponseReturnValue:
        return act(lambda: services.city.withdraw_claim(g.actor), _("La demande est retirée."), _here())


def _add_link(pages: Blueprint, services: Services) -> None:
    @pages.post("/city/ask")
    def ask_city() -> ResponseReturnValue:
        """Now, not at the next look: somebody waits in front of this page."""
        return act(services.city.ask_now, _("La ville est appelée : sa réponse apparaît ici."), _here())

    @pages.post("/city/leave")
    def leave_city() -> ResponseReturnValue:
        said = _("L’école a quitté la ville : plus rien ne part.")
        return act(lambda: services.city.leave(g.actor), said, _here())


def _add_sent(pages: Blueprint, services: Services) -> None:
    @pages.get("/city/sent")
    def city_sent() -> ResponseReturnValue:
        lines = [_exchange(line) for line in services.exchanges.listed()]
        return render_template("admin/city_sent.html", lines=lines, is_joined=services.city.status() is not None)

    @pages.get("/city/sent/<int:number>")
    def city_exchange(number: int) -> ResponseReturnValue:
        line, body = _found(services, number)
        shown = readable(body[:_SHOWN_BYTES]) if len(body) > _SHOWN_BYTES else readable(body)
        page = {"line": _exchange(line), "shown": shown, "is_cut": len(body) > _SHOWN_BYTES}
        return render_template("admin/city_exchange.html", **page)

    @pages.get("/city/sent/<int:number>.json")
    def city_body(number: int) -> ResponseReturnValue:
        line, body = _found(services, number)
        response = Response(body, mimetype="application/json")
        response.headers["Content-Disposition"] = f'attachment; filename="{line.kind}-{number}.json"'
        return response


def _page(services: Services, problem: PreauError | None = None) -> str:
    status = services.city.status()
    common = {"status": status, "claim": _claim(services), "errors": field_texts(problem), "form": request.form}
    if status is None:
        return render_template("admin/city_join.html", **common)
    now = services.clock.now()
    return render_template(
        "admin/city.html",
        **common,
        standing=_standing(status),
        is_asking=status.is_asking and now - (status.asked_at or now) < _ASKED_FOR,
        notes=_notes(services, status),
        trouble=_trouble(status.trouble, status.trouble_detail, status.trouble_at, now),
        is_late=status.hello_at is None or now - status.hello_at > _WAITED_TOO_LONG,
        waiting=_waiting(services, status, now),
        orders=_orders(services),
        fixed=_fixed(services),
    )


def _notes(services: Services, status: LinkStatus) -> list[str]:
    """What was not taken over is of no interest any more once the school has enrolled its devices anew."""
    notes = [NOTES[one] for one in (status.snapshot_trouble,) if one in NOTES]
    if status.takeover_trouble and not services.device_list.names():
        notes.append(NOTES.get(status.takeover_trouble, NOT_TAKEN_OVER))
    return [_(note) for note in notes]


def _here() -> str:
    return url_for("admin.city")


def _claim(services: Services) -> Mapping[str, object] | None:
    asked = services.city.pending_claim()
    if asked is None:
        return None
    return {
        "address": asked.address,
        "asked_at": datetime.fromisoformat(asked.asked_at),
        "what": trouble_words(asked.trouble) if asked.trouble else "",
        "detail": asked.trouble_detail,
        "is_final": asked.is_final,
    }


def _standing(status: LinkStatus) -> tuple[str, str] | None:
    is_left_out = status.other_chosen and status.standing is Standing.FENCED
    words = OTHER_CHOSEN if is_left_out else STANDINGS.get(status.standing)
    return None if words is None else (_(words[0]), _(words[1]))


def _trouble(code: str, detail: str, since: datetime | None, now: datetime) -> Mapping[str, object] | None:
    if not code or code in STANDINGS:
        return None  # a standing is told above all else
    lasting = "" if since is None else how_long((now - since).total_seconds())
    return {"what": trouble_words(code), "detail": detail, "since": since, "lasting": lasting}


def _waiting(services: Services, status: LinkStatus, now: datetime) -> Mapping[str, object]:
    """How long it will take is guessed only while the city takes something."""
    backlog = services.outbox.backlog()
    lanes = [
        {"label": _(LANES[int(lane)]), "records": one.records, "bytes": one.bytes, "oldest_at": one.oldest_at}
        for lane, one in sorted(backlog.items())
    ]
    records, size = sum(one.records for one in backlog.values()), sum(one.bytes for one in backlog.values())
    is_flowing = status.standing is Standing.ACTIVE and not status.trouble
    pace = services.exchanges.pace(now) if is_flowing else None
    return {
        "lanes": lanes,
        "records": records,
        "bytes": size,
        "left": services.outbox.left_since(now - timedelta(days=1)),
        "is_flowing": is_flowing,
        "is_catching_up": records >= _CATCHING_UP,
        "estimate": how_long(size / pace) if pace else "",
        "parked": services.outbox.parked(),
        "storage": _(STORAGE[services.health.storage()]),
    }


def _fixed(services: Services) -> Mapping[str, object]:
    """What the city's configuration says something about; the rest is left to the school."""
    people = sum(one.is_of_the_city and one.is_active for one in services.people.all())
    return {
        "lines": wish_lines(present_wishes(), people),
        "refused": services.city_configuration.trouble(),
    }


def _orders(services: Services) -> list[Mapping[str, object]]:
    names = services.device_list.names()
    return [_order(row, names) for row in services.instructions.listed()]


def _order(row: Instruction, names: Mapping[str, str]) -> Mapping[str, object]:
    label, drawing, kind = ORDER_STATES.get(row.state, (row.state, "circle-help", "quiet"))
    target = (json.loads(row.envelope["order"]).get("args") or {}) if "order" in row.envelope else {}
    return {
        "at": row.received_at,
        "who": row.by,
        "what": word(ORDERS, row.kind),
        "device": str(target.get("device", "")),
        "device_name": names.get(str(target.get("device", "")), str(target.get("device", ""))),
        "state": _(label),
        "icon": drawing,
        "badge": kind,
        "why": word(REFUSALS, row.refusal) if row.refusal else outcome_words(row.detail),
        "finished_at": row.finished_at,
    }


def _exchange(line: ExchangeLine) -> Mapping[str, object]:
    is_taken = line.outcome.startswith("2")
    return {
        "id": line.id,
        "at": line.at,
        "kind": word(EXCHANGES, line.kind),
        "lane": "" if line.lane is None else _(LANES.get(line.lane, "")),
        "size": line.size,
        "wire": line.wire,
        "has_body": line.has_body,
        "is_taken": is_taken,
        "outcome": "" if is_taken else _outcome(line.outcome),
    }


def _outcome(outcome: str) -> str:
    if not outcome:
        return _("pas encore de réponse")
    if outcome.isdecimal():
        return _("refusé (%(code)s)", code=outcome)
    return trouble_words(outcome)


def _found(services: Services, number: int) -> tuple[ExchangeLine, bytes]:
    line, body = services.exchanges.line(number), services.exchanges.body(number)
    if line is None or body is None:
        raise NotFound("no_exchange")
    return line, body
