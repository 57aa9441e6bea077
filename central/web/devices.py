"""All devices of the city, found by words; and one of them. Equipment that no agent reports: `inventory`."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.roles import Capability, Column
from central.errors import CityError
from central.services.device_search import Wanted
from central.services.device_view import DeviceView
from central.web import plots
from central.web.access import allows, viewer
from central.web.desk_words import BATTERY_TROUBLES, DEVICE_KINDS, HELD, STATUSES, text_of, word_of
from central.web.inventory import add_inventory
from central.web.lists import address, asked, files, headings, number_asked
from central.web.schools import told_alerts, told_journal, told_orders, waiting_at
from central.web.texts import field_texts
from central.web.texts import filled as _
from central.web.texts import translate_number as ngettext
from central.web.times import day_text

_SORTABLE = ("school", "name", "seen", "battery")


def make_devices(services: Services) -> Blueprint:
    pages = Blueprint("devices", __name__)
    _add_listing(pages, services)
    _add_one(pages, services)
    add_inventory(pages, services)
    return pages


def wanted_of_address() -> Wanted:
    """What cannot be read filters nothing."""
    status = asked("status", "active")
    return Wanted(
        text=asked("q"),
        school=asked("school"),
        group=number_asked("group"),
        kind=asked("kind"),
        status="" if status == "all" else status,
        sort=asked("sort", "school"),
        after=request.args.get("after", "")[:2000],
    )


def _add_listing(pages: Blueprint, services: Services) -> None:
    @pages.get("/devices")
    @allows(Capability.SEE_SCHOOLS)
    def listing() -> ResponseReturnValue:
        wanted = wanted_of_address()
        found = services.desk.search.found(wanted, viewer())
        who = viewer()
        return render_template(
            "desk/devices.html",
            files=files("exports.devices"),
            found=found,
            wanted=wanted,
            following=address(after=found.next) if found.next else "",
            first=address(after=None) if wanted.after else "",
            heads=headings(_columns(), _SORTABLE, "school"),
            carts=services.desk.devices.carts_of_school(wanted.school) if who.reads_school(wanted.school) else [],
            kind_word=lambda kind: word_of(DEVICE_KINDS, kind),
            kinds=[(key, _(word.label)) for key, word in DEVICE_KINDS.items()],
            statuses=[("active", _("En service")), ("retired", _("Hors service")), ("all", _("Tous"))],
            groups=sorted(services.desk.fleet.groups().items(), key=lambda pair: pair[1]) if not who.school else [],
            battery=lambda level: plots.share_bar(level / 100, _("Batterie à %(n)s %%", n=level), (2.0, 3.0)),
        )


def _columns() -> list[tuple[str, str, bool]]:
    return [
        ("school", _("École"), False),
        ("name", _("Appareil"), False),
        ("kind", _("Sorte"), False),
        ("model", _("Modèle"), False),
        *((("serial", _("Série"), False),) if viewer().sees(Column.SERIAL) else ()),
        ("seen", _("Vu"), False),
        ("battery", _("Batterie"), False),
    ]


def _add_one(pages: Blueprint, services: Services) -> None:
    desk = services.desk

    @pages.get("/devices/<device_id>")
    @allows(Capability.SEE_SCHOOLS)
    def one(device_id: str) -> ResponseReturnValue:
        return device_page(services, device_id)

    @pages.post("/devices/<device_id>/remark")
    @allows(Capability.EDIT_INVENTORY)
    def remark(device_id: str) -> ResponseReturnValue:
        desk.inventory.remark(device_id, request.form.get("remark", ""), viewer(), services.clock.now())
        flash(_("C’est enregistré."), "good")
        return redirect(url_for("devices.one", device_id=device_id), 303)


def device_page(services: Services, device_id: str, problem: CityError | None = None) -> Response:
    """With what was typed and why it was refused, when a new name was."""
    desk = services.desk
    view = desk.devices.view(device_id, viewer())
    lowest = min((day.lowest for day in view.battery_days), default=0)
    page = render_template(
        "desk/device.html",
        device=view,
        errors=field_texts(problem),
        typed_name=request.form.get("name", view.name),
        kind=word_of(DEVICE_KINDS, view.kind),
        status=text_of(STATUSES, view.status),
        battery_plot=plots.battery_days(
            view.battery_days,
            _battery_text(len(view.battery_days), lowest),
        ),
        lesson=_lesson_text(view),
        carts=[("", _("aucune")), *desk.devices.carts(view.appliance)],
        battery_word=text_of(BATTERY_TROUBLES, view.battery_trouble) if view.battery_trouble else "",
        alerts=told_alerts(desk.devices.alerts(device_id)),
        orders=told_orders(desk.devices.orders(view), waiting_at(services, view.uai)),
        journal=told_journal(desk.devices.journal(view)),
    )
    return make_response(page, problem.status if problem else 200)


def _lesson_text(view: DeviceView) -> str:
    """As its box told it last: what a lesson holds back, never what somebody does with it."""
    held = ", ".join(text_of(HELD, word) or _("une restriction") for word in view.held) or _("rien de bloqué")
    if view.in_lesson:
        return _("en séance, au dernier point : %(held)s", held=held)
    if view.lesson_day is None:
        return _("libre ; aucune séance connue")
    return _("libre ; la dernière était le %(day)s, à la fin : %(held)s", day=day_text(view.lesson_day), held=held)


def _battery_text(days: int, lowest: int) -> str:
    """What the plot says, in words."""
    text = ngettext(
        "Batterie sur %(num)s jour, au plus bas %(low)s %%", "Batterie sur %(num)s jours, au plus bas %(low)s %%", days
    )
    return text % {"num": days, "low": lowest}
