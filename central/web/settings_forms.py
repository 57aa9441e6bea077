"""A scope's settings as a form: from the fields that were sent to a document, and the words of what is shown.

Checks nothing: `domain.configuration` does, and its refusal names the field.
"""

from collections.abc import Mapping
from typing import NamedTuple

from werkzeug.datastructures import MultiDict

from central.domain.configuration import FIELDS, LANGUAGES, RETENTION_KINDS, SWITCHES, Scope
from central.web.marks import N_
from central.web.texts import filled as _
from central.web.texts import translate_number as ngettext

FIELD_WORDS = {
    "restrictions": N_("Pendant une séance"),
    "quiet_hours": N_("Heures calmes"),
    "retention_days": N_("Durées de conservation"),
    "languages": N_("Langues"),
}
SWITCH_WORDS = {"sound": N_("Son"), "camera": N_("Appareil photo"), "internet": N_("Internet")}
RETENTION_WORDS = {"lessons": N_("Séances"), "journal": N_("Journal"), "usage": N_("Usage des applications")}
LANGUAGE_WORDS = {"fr": "Français", "en": "English"}
VALUE_WORDS = {"allowed": N_("permis"), "blocked": N_("bloqué")}
DAY_WORDS = (
    N_("lundi"), N_("mardi"), N_("mercredi"), N_("jeudi"), N_("vendredi"), N_("samedi"), N_("dimanche"),
)  # fmt: skip
SPARE_ROWS = 2
_MOST_ROWS = 20


class Line(NamedTuple):
    """What one field, or one entry of a table, is for a school, and from where."""

    label: str
    value: str
    scope: Scope


def typed_document(form: MultiDict[str, str]) -> dict[str, object]:
    """What was typed, as a document: a number that is none stays a text, which is refused with its field."""
    kept = {name: form.get(f"keep-{name}", "").strip() for name in RETENTION_KINDS}
    switches = {name: form.get(f"may-{name}", "") for name in SWITCHES}
    return {
        "restrictions": {name: value for name, value in switches.items() if value},
        "quiet_hours": [row for row in (_quiet_row(form, number) for number in range(_MOST_ROWS)) if row is not None],
        "retention_days": {name: _number(days) for name, days in kept.items() if days},
        "languages": form.getlist("languages"),
    }


def _quiet_row(form: MultiDict[str, str], row: int) -> dict[str, object] | None:
    """None: left empty."""
    begins, ends = form.get(f"begins-{row}", "").strip(), form.get(f"ends-{row}", "").strip()
    days = [int(day) for day in form.getlist(f"days-{row}") if day in tuple("1234567")]
    return {"days": days, "begins": begins, "ends": ends} if begins or ends or days else None


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else text


def quiet_rows(document: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Those that are there, and a few to fill in."""
    told = document.get("quiet_hours")
    rows = list(told) if isinstance(told, list) else []
    return (rows + [{"days": [], "begins": "", "ends": ""}] * SPARE_ROWS)[:_MOST_ROWS]


def told_fields(document: Mapping[str, object]) -> str:
    """What this document speaks about, in one line."""
    return ", ".join(_(FIELD_WORDS[name]) for name in FIELDS if document.get(name))


def lines(document: Mapping[str, object], from_scope: Mapping[str, Scope]) -> list[Line]:
    """A merged document for people: one line an entry, with the scope that it comes from."""
    found = []
    for name in FIELDS:
        value = document.get(name)
        entries = value.items() if isinstance(value, Mapping) else ([("", value)] if value else [])
        for entry, told in entries:
            key = f"{name}.{entry}" if entry else name
            found.append(Line(_label(name, str(entry)), _value(told), from_scope[key]))
    return found


def _label(name: str, entry: str) -> str:
    words = {**SWITCH_WORDS, **RETENTION_WORDS}
    return f"{_(FIELD_WORDS[name])} : {_(words.get(entry, entry)).lower()}" if entry else _(FIELD_WORDS[name])


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_quiet(one) if isinstance(one, Mapping) else _language(str(one)) for one in value)
    if isinstance(value, int):
        return ngettext("%(num)s jour", "%(num)s jours", value) % {"num": value}
    return _(VALUE_WORDS[str(value)]) if value in VALUE_WORDS else str(value)


def _language(code: str) -> str:
    return LANGUAGE_WORDS.get(code, code)


def _quiet(one: Mapping[str, object]) -> str:
    days = one.get("days")
    named = " ".join(_(DAY_WORDS[day - 1])[:3] for day in days) if isinstance(days, list) else ""
    return _("%(days)s de %(begins)s à %(ends)s", days=named, begins=one.get("begins"), ends=one.get("ends"))


def choices(allowed_here: str) -> list[tuple[str, str]]:
    """Of one restriction; `allowed_here`: what nothing means in this scope."""
    return [("", allowed_here), *((word, _(text).capitalize()) for word, text in VALUE_WORDS.items())]


def languages() -> list[tuple[str, str]]:
    return [(code, LANGUAGE_WORDS[code]) for code in LANGUAGES]
