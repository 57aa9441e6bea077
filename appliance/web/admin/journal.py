"""The journal, for people: names instead of ids, words instead of codes; filtered, paged, and as a file."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import to_user_timezone, to_utc

from appliance.bootstrap import Services
from appliance.services.join_codes import CODE
from appliance.services.journal import Entry, Wanted
from appliance.web.admin.agent_words import ALARMS
from appliance.web.admin.city_words import ORDERS, REFUSALS, outcome_words
from appliance.web.admin.tables import as_csv
from appliance.web.admin.words import DEEDS, ROLES, SUBJECTS, WAYS_IN, word
from appliance.web.numbers import number_of
from appliance.web.texts import N_
from appliance.web.texts import filled as _

_PAGE = 100
_DETAILS = (
    ("kind", "%(value)s"),
    ("devices", N_("appareils : %(value)s")),
    ("pupils", N_("élèves : %(value)s")),
    ("number", N_("numéro %(value)s")),
    ("uses", N_("utilisations : %(value)s")),
    ("minutes", N_("%(value)s min")),
    ("role", "%(value)s"),
    ("serial", N_("série %(value)s")),
    ("by", N_("par %(value)s")),
    ("lesson", N_("séance %(value)s")),
    ("refusal", "%(value)s"),
    ("detail", "%(value)s"),
    ("alarm", "%(value)s"),
)
_OF_ORDERS = ("kind", "refusal", "detail")
_TABLES: dict[str, Mapping[str, str]] = {
    "role": ROLES,
    "by": WAYS_IN,
    "kind": ORDERS,
    "refusal": REFUSALS,
    "alarm": {alarm.value: title for alarm, (title, _text) in ALARMS.items()},
}
_FILE_PAGES = 50
_FILE_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """`on` is what it was done to; `href` leads there."""

    at: datetime
    who: str
    what: str
    detail: str
    on: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class _Names:
    people: Mapping[str, str]
    devices: Mapping[str, str]
    carts: Mapping[str, str]
    classrooms: Mapping[str, str]
    lessons: Mapping[str, str]


def add_journal(pages: Blueprint, services: Services) -> None:
    @pages.get("/journal")
    def journal() -> ResponseReturnValue:
        wanted = _wanted()
        entries = services.journal.page(replace(wanted, limit=_PAGE + 1))
        asked = {name: request.args.get(name, "") for name in ("who", "what", "from", "to", "on")}
        older = None
        if len(entries) > _PAGE:
            older = _address("admin.journal", {**asked, "before": str(entries[_PAGE - 1].id)})
        return render_template(
            "admin/journal.html",
            lines=told_lines(services, entries[:_PAGE]),
            asked=asked,
            older=older,
            is_first=wanted.before is None,
            people=[("", _("Tout le monde")), *_actors(services)],
            subjects=[(key, _(label)) for key, label in SUBJECTS],
            file=_address("admin.journal_file", asked),
        )

    @pages.get("/journal.csv")
    def journal_file() -> ResponseReturnValue:
        rows = ([_hour(line.at), line.who, line.what, line.on, line.detail] for line in _all(services, _wanted()))
        heading = [_("Quand (heure de l’école)"), _("Qui"), _("Quoi"), _("Sur"), _("Détail")]
        return as_csv("journal.csv", heading, rows)


def _hour(moment: datetime) -> str:
    """As the page's, in an order that sorts."""
    there: datetime = to_user_timezone(moment)
    return there.strftime("%Y-%m-%d %H:%M:%S")


def told_lines(services: Services, entries: Iterable[Entry]) -> list[Line]:
    found = list(entries)
    names = _names(services, found)
    return [_told(entry, names) for entry in found]


def _wanted() -> Wanted:
    asked = request.args
    return Wanted(
        actor=asked.get("who", ""),
        action=asked.get("what", ""),
        target=asked.get("on", ""),
        before=number_of(asked.get("before")),
        since=_day(asked.get("from")),
        until=_day(asked.get("to"), later=1),
    )


def _address(endpoint: str, asked: Mapping[str, str]) -> str:
    filled_in = {name: value for name, value in asked.items() if value}
    return f"{url_for(endpoint)}?{urlencode(filled_in)}" if filled_in else url_for(endpoint)


def _all(services: Services, wanted: Wanted) -> Iterable[Line]:
    """Newest first, fifty thousand at most."""
    for _page in range(_FILE_PAGES):
        entries = services.journal.page(replace(wanted, limit=_FILE_PAGE))
        yield from told_lines(services, entries)
        if len(entries) < _FILE_PAGE:
            return
        wanted = replace(wanted, before=entries[-1].id)


def _day(text: str | None, later: int = 0) -> datetime | None:
    """The school's own midnight."""
    try:
        midnight = datetime.combine(date.fromisoformat(text or "") + timedelta(days=later), time.min)
        there: datetime = to_utc(midnight)
    except (ValueError, OverflowError):  # nonsense, or a day next to the end of the calendar
        return None
    return there.replace(tzinfo=UTC)


def _actors(services: Services) -> list[tuple[str, str]]:
    people = [(f"user:{person.id}", person.name) for person in services.people.all()]
    return [*people, ("console", _("la console")), ("appliance", _("le boîtier")), ("city", _("la ville"))]


def _names(services: Services, entries: Sequence[Entry]) -> _Names:
    """Of what changes little all; of lessons, which are many, those that these lines name."""
    targets = [entry.target.removeprefix("lesson:") for entry in entries if entry.target.startswith("lesson:")]
    lessons = services.lessons.named({*targets, *(str(entry.detail.get("lesson", "")) for entry in entries)})
    return _Names(
        people=dict(_actors(services)),
        devices=services.device_list.names(),
        carts={str(cart.id): cart.name for cart in services.carts.listed()},
        classrooms={str(line.id): line.name for line in services.rosters.listed()},
        lessons={
            key: _("« %(title)s », %(teacher)s", title=title, teacher=teacher)
            for key, (title, teacher) in lessons.items()
        },
    )


def _told(entry: Entry, names: _Names) -> Line:
    on, href = _target(entry.target, names)
    return Line(entry.at, _who(entry.actor, names), word(DEEDS, entry.action), _detail(entry, names), on, href)


def _who(actor: str, names: _Names) -> str:
    noun, _colon, key = actor.partition(":")
    if noun == "token":
        return _("lien d’inscription nº %(number)s", number=key)
    if noun == "user":
        return names.people.get(actor) or _("une personne supprimée")
    words = {"bridge": _("le boîtier"), "guest": _("un invité"), CODE: _("un code de séance")}
    return words.get(actor) or names.people.get(actor, actor)


def _target(target: str, names: _Names) -> tuple[str, str]:
    """What it is called now, and its page; what is gone says so."""
    noun, _colon, key = target.partition(":")
    if noun in _PLACES:
        return _PLACES[noun](key, names)
    texts = {
        "user": names.people.get(target) or _("une personne supprimée"),
        "document": _("un document"),
        "city": "",
        "token": _("lien nº %(number)s", number=key),
    }
    hrefs = {"user": url_for("admin.people"), "token": url_for("admin.links")}
    return texts.get(noun, key), hrefs.get(noun, "")


def _device(key: str, names: _Names) -> tuple[str, str]:
    is_there = key in names.devices
    name = names.devices[key] if is_there else _("un appareil parti depuis")
    return name, url_for("admin.device", device_id=key) if is_there else ""


def _cart(key: str, names: _Names) -> tuple[str, str]:
    return names.carts.get(key) or _("une classe mobile supprimée"), url_for("admin.carts")


def _classroom(key: str, names: _Names) -> tuple[str, str]:
    href = url_for("admin.classroom", classroom_id=key) if key in names.classrooms else ""
    return names.classrooms.get(key) or _("une classe supprimée"), href


def _lesson(key: str, names: _Names) -> tuple[str, str]:
    href = url_for("lessons.board", lesson_id=key) if key in names.lessons else ""
    return names.lessons.get(key) or _("une séance passée"), href


_PLACES: dict[str, Callable[[str, _Names], tuple[str, str]]] = {
    "device": _device,
    "cart": _cart,
    "classroom": _classroom,
    "lesson": _lesson,
}


def _detail(entry: Entry, names: _Names) -> str:
    """Numbers and names of what took part; codes of no interest stay out."""
    told = {key: value for key, value in entry.detail.items() if value not in (None, "")}
    if not entry.action.startswith("instruction."):
        told = {key: value for key, value in told.items() if key not in _OF_ORDERS}
    shown = [_(text, value=_value(key, told[key], names)) for key, text in _DETAILS if key in told]
    return ", ".join(shown)


def _value(key: str, value: object, names: _Names) -> object:
    if key == "lesson":
        return names.lessons.get(str(value)) or _("passée")
    if key in _TABLES and str(value) in _TABLES[key]:
        return word(_TABLES[key], value)
    if key == "detail":
        return outcome_words(str(value))
    return names.devices.get(str(value), value) if key == "by" else value
