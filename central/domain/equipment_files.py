"""A list of equipment that comes as CSV from a spreadsheet: read line by line, each fault said with its line.

Owns what such a file looks like. It is hostile until read: sizes are bounded, controls are left out, nothing is
evaluated. Whether a school exists is the caller's question.
"""

import csv
import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from central.domain.plain_text import folded
from central.errors import Invalid, TooLarge
from protocol.uai import is_uai

MAX_BYTES = 4 * 1024 * 1024
MAX_LINES = 20_000
MAX_FAULTS = 200
_LONGEST = {"serial": 128, "name": 200, "manufacturer": 128, "model": 128, "remark": 500}
_SEPARATORS = ";,\t"
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # XLSX and ODS; XLS
_LOOKED_AT, _NOISE = 4096, 20  # one sign in twenty is too many


class EquipmentKind(StrEnum):
    """What the city adds by itself; tablets are told by their appliance, or come here before it does."""

    TABLET = "tablet"
    LAPTOP = "laptop"
    CHROMEBOOK = "chromebook"
    SCREEN = "screen"
    OTHER = "other"


class Fault(StrEnum):
    BAD_UAI = "bad_uai"
    UNKNOWN_SCHOOL = "unknown_school"
    MISSING_SERIAL = "missing_serial"
    SERIAL_TWICE = "serial_twice"
    UNKNOWN_KIND = "unknown_kind"
    TOO_LONG = "too_long"
    MANAGED = "managed"  # an appliance tells of this serial already


@dataclass(frozen=True, slots=True)
class Equipment:
    uai: str
    serial: str
    kind: EquipmentKind
    name: str = ""
    manufacturer: str = ""
    model: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class FaultAt:
    """`line` as a spreadsheet counts: the headings are 1. `value`: what was there, shortened."""

    line: int
    fault: Fault
    value: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """`lines`: (line, equipment), the good ones; `faults`: the first 200 of `fault_count`.

    `columns`: those that the list has. What it has no column for is not its business, and stays as it is.
    """

    lines: tuple[tuple[int, Equipment], ...]
    faults: tuple[FaultAt, ...]
    fault_count: int
    columns: frozenset[str] = frozenset()


_HEADINGS = {
    "uai": ("uai", "rne", "code uai", "ecole", "school", "etablissement"),
    "serial": ("serial", "serie", "numero de serie", "n de serie", "no de serie", "serial number", "sn"),
    "kind": ("kind", "type", "sorte", "categorie"),
    "name": ("name", "nom", "libelle", "designation"),
    "manufacturer": ("manufacturer", "marque", "constructeur", "fabricant"),
    "model": ("model", "modele", "reference"),
    "remark": ("remark", "remarque", "commentaire", "note"),
}
_KINDS = {
    EquipmentKind.TABLET: ("tablet", "tablette", "tablettes", "ipad"),
    EquipmentKind.LAPTOP: ("laptop", "portable", "ordinateur portable", "pc portable", "ordinateur", "pc"),
    EquipmentKind.CHROMEBOOK: ("chromebook",),
    EquipmentKind.SCREEN: ("screen", "ecran", "eni", "tni", "tbi", "vpi", "ecran interactif", "videoprojecteur"),
    EquipmentKind.OTHER: ("other", "autre"),
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words}
_COLUMN_OF = {word: column for column, words in _HEADINGS.items() for word in words}


def read_equipment(raw: bytes) -> Read:
    """Raises Invalid when it is no such list at all, TooLarge when it is too long to be one."""
    rows = _rows(_checked_text(raw))
    columns = _columns(next(rows, (0, []))[1])
    good: list[tuple[int, Equipment]] = []
    faults: list[FaultAt] = []
    seen: set[str] = set()
    for line, cells in rows:
        if line > MAX_LINES + 1:
            raise TooLarge("list_too_long", limit=MAX_LINES)
        values = {name: _cleaned(cells[at]) for name, at in columns.items() if at < len(cells)}
        if not any(values.values()):
            continue
        read = _equipment(values, seen)
        if isinstance(read, Equipment):
            good.append((line, read))
        else:
            faults.append(FaultAt(line, read[0], read[1][:60]))
    if not good and not faults:
        raise Invalid("list_without_lines")
    return Read(tuple(good), tuple(faults[:MAX_FAULTS]), len(faults), frozenset(columns))


def _checked_text(raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        raise TooLarge("file_too_large", limit=MAX_BYTES)
    if not raw.strip():
        raise Invalid("list_empty")
    if raw.startswith(_WORKBOOKS):
        raise Invalid("list_is_workbook")
    text = _text_of(raw)
    if _is_noise(text):
        raise Invalid("not_a_list")
    return text


def _text_of(raw: bytes) -> str:
    """What spreadsheets write: UTF-8, with or without its mark, UTF-16 with it, or Windows' Latin."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _is_noise(text: str) -> bool:
    """A picture, a program: more controls than any spreadsheet writes."""
    start = text[:_LOOKED_AT]
    strange = sum(unicodedata.category(sign) in ("Cc", "Cn", "Co") and sign not in "\t\r\n" for sign in start)
    return strange * _NOISE > len(start)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    heading = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=heading.count)
    reader = csv.reader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=separator)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise Invalid("not_a_list", line=reader.line_num) from error


def _columns(heading: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, title in enumerate(heading[:100]):
        column = _COLUMN_OF.get(folded(title[:100]))
        if column is not None:
            found.setdefault(column, at)
    missing = [name for name in ("uai", "serial", "kind") if name not in found]
    if missing:
        raise Invalid("headings_missing", missing=missing)
    return found


def _cleaned(cell: str) -> str:
    """One line, without what is not seen (controls, direction marks)."""
    spaced = "".join(" " if sign.isspace() else sign for sign in unicodedata.normalize("NFC", cell[:2000]))
    return " ".join("".join(sign for sign in spaced if unicodedata.category(sign)[0] != "C").split())


def _equipment(values: dict[str, str], seen: set[str]) -> Equipment | tuple[Fault, str]:
    uai = values.get("uai", "").replace(" ", "").upper()
    serial, kind = values.get("serial", ""), _KIND_OF.get(folded(values.get("kind", "")))
    too_long = next((name for name, most in _LONGEST.items() if len(values.get(name, "")) > most), None)
    checks: tuple[tuple[bool, Fault, str], ...] = (
        (not is_uai(uai), Fault.BAD_UAI, uai),
        (not serial, Fault.MISSING_SERIAL, ""),
        (too_long is not None, Fault.TOO_LONG, values.get(too_long or "", "")),
        (kind is None, Fault.UNKNOWN_KIND, values.get("kind", "")),
        (serial.casefold() in seen, Fault.SERIAL_TWICE, serial),
    )
    for is_wrong, fault, value in checks:
        if is_wrong:
            return fault, value
    seen.add(serial.casefold())
    rest = {name: values.get(name, "") for name in ("name", "manufacturer", "model", "remark")}
    return Equipment(uai, serial, kind or EquipmentKind.OTHER, **rest)
