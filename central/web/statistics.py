"""Sums for those who decide: what is used, when, and which schools want a visit. Never a device, never a small cell."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.roles import Capability
from central.services.statistics import WEEKS, Picture, Wanted
from central.web import plots
from central.web.access import allows, viewer
from central.web.desk_words import HELPS
from central.web.lists import number_asked, sliced
from central.web.texts import filled as _


def make_statistics(services: Services) -> Blueprint:
    pages = Blueprint("statistics", __name__)

    @pages.get("/statistics")
    @allows(Capability.SEE_STATISTICS)
    def overview() -> ResponseReturnValue:
        weeks = number_asked("weeks")
        wanted = Wanted(weeks if weeks in WEEKS else WEEKS[0], number_asked("group"))
        picture = services.desk.statistics.picture(wanted, viewer(), services.clock.now())
        most = max((one.device_days for one in picture.apps), default=0)
        return render_template(
            "desk/statistics.html",
            picture=picture,
            wanted=wanted,
            weeks=WEEKS,
            groups=sorted(services.desk.fleet.groups().items(), key=lambda pair: pair[1]),
            bar=lambda one: plots.amount_bar(one.device_days, most, ""),
            lessons=plots.columns(
                [(_day(one.period), one.lessons) for one in picture.days], _("Séances par jour, toutes les écoles")
            ),
            heat=_heat(picture),
            helps={key: _(label) for key, label in HELPS.items()},
            shown=sliced(picture.schools, 50),
        )

    return pages


def _day(period: str) -> str:
    return period if "W" in period else f"{period[8:]}/{period[5:7]}"


def _heat(picture: Picture) -> dict[tuple[str, str], int]:
    """(level, app) -> 0 to 4: a shade, beside the number."""
    most = max(picture.grid.values(), default=0) or 1
    return {key: min(4, 1 + 4 * count // (most + 1)) for key, count in picture.grid.items()}
