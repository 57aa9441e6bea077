"""One school: its box, line, devices, what is wrong, what was ordered and done. Its administration: `school_admin`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from flask import Blueprint, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.roles import Capability, Column, Viewer
from central.errors import NotFound
from central.services.naming import DeviceName, device_names, people_names
from central.services.school_view import LINK_HOURS, AlertLine, JournalLine, OrderLine, SchoolView
from central.web import plots
from central.web.access import allows, viewer
from central.web.desk_words import (
    ALERTS,
    DEVICE_KINDS,
    INSTRUCTIONS,
    ORDERS,
    STATES,
    STORAGE,
    Word,
    alert_detail,
    kind_count,
    text_of,
    word_of,
)
from central.web.finding_words import told_findings
from central.web.journal_words import Told, told_lines
from central.web.morning_words import waiting_text
from central.web.order_words import NOT_HEARD, outcome_text
from central.web.school_admin import add_administration
from central.web.texts import filled as _
from central.web.times import zone_of


def make_schools(services: Services) -> Blueprint:
    pages = Blueprint("schools", __name__)
    _add_one(pages, services)
    _add_live(pages, services)
    add_administration(pages, services)
    return pages


def _add_one(pages: Blueprint, services: Services) -> None:
    desk, clock = services.desk, services.clock

    @pages.get("/school")
    @allows(Capability.SEE_SCHOOLS)
    def own() -> ResponseReturnValue:
        """A director's own; whoever has none looks at the fleet."""
        if viewer().school is None:
            raise NotFound("unknown_school")
        return redirect(url_for("schools.one", uai=viewer().school), 303)

    @pages.get("/schools/<uai>")
    @allows(Capability.SEE_SCHOOLS)
    def one(uai: str) -> ResponseReturnValue:
        view = desk.schools.view(uai, viewer(), clock.now())
        contest = services.receiving.fences.contest(view.box.id) if view.box else None
        return render_template(
            "desk/school.html",
            school=view,
            state=word_of(STATES, view.state),
            storage=text_of(STORAGE, view.box.storage if view.box else ""),
            kinds=[
                (word_of(DEVICE_KINDS, kind), kind_count(kind, count)) for kind, count in sorted(view.kinds.items())
            ],
            week=_week(view, services) if viewer().sees(Column.BOX) else "",
            disk=lambda share: plots.share_bar(share, _("Disque rempli à %(n)s %%", n=round(100 * share))),
            alerts=told_alerts(desk.schools.alerts(uai)),
            orders=told_orders(desk.schools.orders(uai), waiting_at(services, uai)),
            journal=told_journal(desk.schools.journal(uai)),
            logs=desk.logs.of(view.box.id) if view.box and viewer().may(Capability.READ_LOGS) else [],
            findings=told_findings(view.findings),
            contest=contest,
            people=people_names([contest.chosen_by] if contest else []),
            tickets=_tickets(services, uai, viewer()),
        )


def _tickets(services: Services, uai: str, who: Viewer) -> Sequence[object]:
    return [one for one in services.claims.tickets(uai) if one.is_open] if who.may(Capability.MANAGE_SCHOOLS) else []


def _week(view: SchoolView, services: Services) -> str:
    """Seven days of the line, in the school's own hours."""
    now = services.clock.now().astimezone(zone_of(view.zone))
    last = now.replace(minute=0, second=0, microsecond=0)
    pad = 23 - last.hour
    shares = view.link[pad:]
    first = last - timedelta(hours=len(shares) - 1)
    days = [(first + timedelta(days=row)).strftime("%d/%m") for row in range(-(-LINK_HOURS // 24))]
    known = [share for share in shares if share is not None]
    mean = round(100 * sum(known) / max(1, len(known)))
    return plots.line_week(
        shares,
        days,
        _("Qualité de la ligne sur sept jours, heure par heure : %(mean)s %% en moyenne", mean=mean),
        lambda place: _hour_text(first + timedelta(hours=place), shares[place]),
    )


def _hour_text(hour: datetime, share: float | None) -> str:
    told = _("rien à en dire") if share is None else f"{round(100 * share)} %"
    return f"{hour:%d/%m %H} h : {told}"


def _add_live(pages: Blueprint, services: Services) -> None:
    @pages.post("/schools/<uai>/live.json")
    @allows(Capability.WATCH_LIVE)
    def live(uai: str) -> ResponseReturnValue:
        """Asked every few seconds while an officer looks: the school shows itself for as long."""
        found = services.desk.live.look(uai)
        return jsonify(
            at=None if found.at is None else found.at.isoformat(), fresh=found.is_fresh, picture=dict(found.picture)
        )


def told_alerts(lines: Sequence[AlertLine]) -> list[tuple[AlertLine, Word, str, str]]:
    """With who took it on, by name."""
    people = people_names(line.acknowledged_by for line in lines)
    return [
        (line, word_of(ALERTS, line.kind), alert_detail(line), people.get(line.acknowledged_by, line.acknowledged_by))
        for line in lines
    ]


class OrderTold(NamedTuple):
    """`device`: its number and name; empty for the box."""

    line: OrderLine
    kind: Word
    state: Word
    device: str
    who: str
    why: str


def waiting_at(services: Services, uai: str) -> str:
    """Why orders of this school do not leave now; empty when they do."""
    now = services.clock.now()
    return waiting_text(services.desk.fleet.standstills([uai], now).get(uai), now)


def told_orders(lines: Sequence[OrderLine], waiting: str = "") -> list[OrderTold]:
    """`waiting`: why what has not left yet does not leave."""
    devices = device_names(line.device for line in lines)
    people = people_names(line.account for line in lines)
    return [
        OrderTold(
            line,
            word_of(ORDERS, line.kind),
            word_of(INSTRUCTIONS, line.state),
            _device(line.device, devices),
            people.get(line.account, line.account),
            outcome_text(line.refusal or line.detail) or (waiting if line.state in NOT_HEARD else ""),
        )
        for line in lines
    ]


def _device(device_id: str, names: Mapping[str, DeviceName]) -> str:
    if not device_id:
        return ""
    found = names.get(device_id)
    return _("un appareil parti depuis") if found is None else found.name


def told_journal(lines: Sequence[JournalLine]) -> list[tuple[JournalLine, Told]]:
    return list(zip(lines, told_lines(lines, viewer()), strict=True))
