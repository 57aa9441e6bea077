"""The first page of the city's IT: what is wrong this morning, then all schools, in a table and at their places."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.fleet import RANK, ApplianceState
from central.domain.morning import Verdict, verdict_of
from central.domain.roles import Capability
from central.services.fleet import FleetFilter, Morning, SchoolLine, Shares
from central.web import plots
from central.web.access import allows
from central.web.desk_words import ALERTS, STATES, trouble_title, word_of
from central.web.lists import asked, files, headings, number_asked, ordered, sliced
from central.web.morning_words import morning_sentence, standstill_title
from central.web.texts import filled as _

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_HOURS = 48
_PAGE = 50
_A_SCHOOL = "0000000A"
_SORTS: dict[str, Callable[[SchoolLine], Any]] = {
    "state": lambda one: (RANK[one.state], -sum(one.alerts.values())),
    "name": lambda one: one.name,
    "group": lambda one: (one.group, one.name),
    "hello": lambda one: (one.box.hello_at if one.box else None) or _LONG_AGO,
    "disk": lambda one: -((one.box.disk if one.box else None) or 0),
    "software": lambda one: one.box.software if one.box else "",
    "backlog": lambda one: -(one.box.backlog_records if one.box else 0),
    "devices": lambda one: -one.devices,
    "alerts": lambda one: -sum(one.alerts.values()),
}


def make_fleet(services: Services) -> Blueprint:
    pages = Blueprint("fleet", __name__)
    fleet, clock = services.desk.fleet, services.clock

    @pages.get("/fleet")
    @allows(Capability.SEE_FLEET)
    def overview() -> ResponseReturnValue:
        now = clock.now()
        lines = fleet.lines(now)
        wanted = filter_of_address()
        kept = [line for line in lines if wanted.keeps(line)]
        shown = sliced(ordered(kept, _SORTS, "state"), _PAGE)
        links = fleet.links([line.box for line in shown.lines if line.box], now, _HOURS)
        morning = fleet.morning(lines)
        return render_template(
            "desk/fleet.html",
            files=files("exports.schools"),
            morning=morning,
            sentence=morning_sentence(morning.counts),
            troubles=[(one, word_of(ALERTS, one.kind), trouble_title(one.kind, one.count)) for one in morning.troubles],
            standstills=[(one, word_of(STATES, one.states[0]), standstill_title(one)) for one in morning.standstills],
            is_well=verdict_of(morning.counts) is Verdict.WELL,
            states=[(state, morning.states.get(state, 0), word_of(STATES, state)) for state in ApplianceState],
            states_bar=_states_bar(morning),
            map=_map(kept),
            shown=shown,
            strips={uai: plots.line_strip(shares, _line_text(shares)) for uai, shares in links.items()},
            disk=lambda share: plots.share_bar(share, _("Disque rempli à %(n)s %%", n=round(100 * share))),
            heads=headings(_columns(), tuple(_SORTS), "state"),
            state_word={state: word_of(STATES, state) for state in ApplianceState}.__getitem__,
            groups=sorted(fleet.groups().items(), key=lambda pair: pair[1]),
            wanted=wanted,
        )

    return pages


def filter_of_address() -> FleetFilter:
    """What cannot be read filters nothing."""
    known = {state.value for state in ApplianceState}
    states = tuple(ApplianceState(one) for one in asked("state").split(",") if one in known)
    return FleetFilter(asked("q"), number_asked("group"), states, asked("alerts") == "1")


def _columns() -> list[tuple[str, str, bool]]:
    return [
        ("state", _("Boîtier"), False), ("name", _("École"), False), ("group", _("Groupe"), False),
        ("hello", _("A répondu"), False), ("line", _("Ligne, 48 h"), False), ("disk", _("Disque"), False),
        ("software", _("Version"), False), ("backlog", _("En attente"), True), ("devices", _("Appareils"), True),
        ("alerts", _("Alertes"), True),
    ]  # fmt: skip


def _states_bar(morning: Morning) -> str:
    counts = [(state, morning.states.get(state, 0)) for state in ApplianceState]
    told = ", ".join(f"{word_of(STATES, state).label} : {count}" for state, count in counts if count)
    return plots.states_bar(counts, told)


def _map(lines: Sequence[SchoolLine]) -> str:
    before, _sep, after = url_for("schools.one", uai=_A_SCHOOL).partition(_A_SCHOOL)
    return plots.overview(
        lines,
        _("Les écoles et l’état de leur boîtier"),
        lambda uai: f"{before}{uai}{after}",  # a UAI is digits and a letter; an address made a thousand times is slow
        lambda state: word_of(STATES, state).label,
    )


def _line_text(shares: Shares) -> str:
    """What the strip says, in words. Hours of which nothing can be said do not count."""
    known = [share for share in shares if share is not None]
    if not known:
        return _("Ligne : pas encore de quoi la juger")
    heard = sum(share > 0 for share in known)
    mean = round(100 * sum(known) / len(known))
    return _(
        "Qualité de la ligne : %(mean)s %%, entendu %(heard)s heures sur %(all)s",
        mean=mean,
        heard=heard,
        all=len(known),
    )
