"""A class list from a file: which columns count, what is kept of a pupil, what is wrong with which line.

Kept: first name and the initial of the last name. Everything else in the file (birth dates, addresses, national
numbers of ONDE's export) is dropped here, before anything is stored. Problems name a line, never a person.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from appliance.domain.plain_text import folded, without_controls
from appliance.errors import Invalid

MAX_BYTES = 4 * 1024 * 1024
MAX_PUPILS = 1_500
MAX_PROBLEMS = 50
MAX_FIRST_NAME = 40
MAX_CLASSROOM = 60
_MAX_RAW_CELL = 400  # longer is not a name that somebody typed

# ONDE ("Nom élève;Nom d'usage élève;Prénom élève;…;Niveau;Libellé classe;…"), and what schools write themselves.
_FIRST_NAME = (
    "prenom eleve",
    "prenom",
    "prenoms",
    "prenom usuel",
    "prenom de l eleve",
    "first name",
    "firstname",
    "given name",
)
_USUAL_NAME = ("nom d usage eleve", "nom d usage", "nom usage", "nom usuel")
_LAST_NAME = (
    "nom eleve", "nom", "nom de famille", "nom de l eleve", "nom famille", "nom de naissance", "last name", "lastname",
    "surname", "initiale",
)  # fmt: skip
_CLASSROOM = ("libelle classe", "classe", "nom classe", "nom de la classe", "division", "class", "classroom")
_LEVEL = ("niveau", "niveau classe", "niveau de classe", "cours", "level", "grade")

_NOT_TEXT_HEADS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-", b"{\\rtf", b"\x1f\x8b")


@dataclass(frozen=True, slots=True)
class Line:
    """One pupil of one class. `number`: the line of the file."""

    number: int
    classroom: str
    level: str
    first_name: str
    initial: str


@dataclass(frozen=True, slots=True)
class Problem:
    line: int
    code: str


@dataclass(frozen=True, slots=True)
class Roster:
    """`problems`: at most the first fifty; a roster with any is not imported at all."""

    lines: Sequence[Line]
    problems: Sequence[Problem]

    @property
    def classrooms(self) -> dict[str, list[Line]]:
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            found.setdefault(line.classroom, []).append(line)
        return found


@dataclass(frozen=True, slots=True)
class _Columns:
    first_name: int
    usual_name: int | None
    last_name: int | None
    classroom: int | None
    level: int | None


def parse_roster(content: bytes, classroom: str = "") -> Roster:
    """`classroom`: where everybody goes; empty: the file's own column says. Raises Invalid for the file as a whole."""
    text = _decode(content)
    rows = _rows(text, _delimiter(text))
    try:
        columns = _columns(next(rows)[1])
    except StopIteration:
        raise Invalid("roster_empty") from None
    if not classroom and columns.classroom is None:
        raise Invalid("roster_no_classroom")
    lines: list[Line] = []
    problems: list[Problem] = []
    for number, row in rows:
        parsed = _line(number, row, columns, classroom)
        if isinstance(parsed, Line):
            lines.append(parsed)
        elif len(problems) < MAX_PROBLEMS:
            problems.append(parsed)
        if len(lines) > MAX_PUPILS:
            raise Invalid("roster_too_long", limit=MAX_PUPILS)
    if not lines and not problems:
        raise Invalid("roster_empty")
    return Roster(lines, problems)


def encode_roster(lines: Sequence[Line]) -> str:
    """What is kept, as a file that `parse_roster` reads again: the preview's page carries it, the disk does not."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(("Prénom", "Initiale", "Classe", "Niveau"))
    writer.writerows((line.first_name, line.initial, line.classroom, line.level) for line in lines)
    return out.getvalue()


def first_name_of(raw: str) -> str:
    """As it is shown: without controls; a name all in capitals is set down (ONDE writes some like that)."""
    name = without_controls(raw)
    letters = [c for c in name if c.isalpha()]
    return name.title() if len(letters) > 1 and all(c.isupper() for c in letters) else name


def initial_of(last_name: str) -> str:
    return next((c.upper()[:1] for c in without_controls(last_name) if c.isalpha()), "")


def are_outdated(imported_at: datetime, now: datetime) -> bool:
    """Names end with their school year, on 31 August; a list made in July or August is next year's."""
    last_year = imported_at.year + (1 if imported_at.month >= 7 else 0)
    return now >= datetime(last_year, 9, 1, tzinfo=UTC)


def _decode(content: bytes) -> str:
    if content.startswith(_NOT_TEXT_HEADS):
        raise Invalid("roster_not_csv")
    if len(content) > MAX_BYTES:
        raise Invalid("roster_too_long", limit=MAX_PUPILS)
    for encoding in _encodings(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise Invalid("roster_not_text", line=text.count("\n", 0, text.index("\0")) + 1)
        return text
    raise Invalid("roster_not_text", line=1)


def _encodings(content: bytes) -> tuple[str, ...]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)  # what Excel calls "Texte Unicode"
    return ("utf-8-sig", "cp1252", "latin-1")


def _delimiter(text: str) -> str:
    heading = next((line for line in text.splitlines()[:20] if line.strip()), "")
    return max(";\t,", key=heading.count)


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells, blank lines left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:  # a quote that never closes has swallowed the rest
            raise Invalid("roster_not_text", line=reader.line_num) from None
        if any(cell.strip() for cell in row):
            yield reader.line_num, row


def _columns(heading: list[str]) -> _Columns:
    places: dict[str, int] = {}
    for place, cell in enumerate(heading[:200]):
        places.setdefault(folded(cell[:_MAX_RAW_CELL]), place)
    first_name = _place(places, _FIRST_NAME)
    if first_name is None:
        raise Invalid("roster_no_first_name")
    return _Columns(
        first_name=first_name,
        usual_name=_place(places, _USUAL_NAME),
        last_name=_place(places, _LAST_NAME),
        classroom=_place(places, _CLASSROOM),
        level=_place(places, _LEVEL),
    )


def _place(places: Mapping[str, int], headings: Sequence[str]) -> int | None:
    return next((places[heading] for heading in headings if heading in places), None)


def _line(number: int, row: list[str], columns: _Columns, classroom: str) -> Line | Problem:
    cells = [_cell(row, place) for place in (columns.first_name, columns.usual_name, columns.last_name)]
    where = classroom or _cell(row, columns.classroom)
    level = _cell(row, columns.level)
    if any(len(cell) > _MAX_RAW_CELL for cell in (*cells, where, level)):
        return Problem(number, "too_long")
    first_name = first_name_of(cells[0])
    where, level = without_controls(where), without_controls(level)[:MAX_CLASSROOM]
    if not any(c.isalnum() for c in first_name):
        return Problem(number, "first_name_missing")
    if not where:
        return Problem(number, "classroom_missing")
    if len(first_name) > MAX_FIRST_NAME or len(where) > MAX_CLASSROOM:
        return Problem(number, "too_long")
    return Line(number, where, level, first_name, initial_of(cells[1]) or initial_of(cells[2]))


def _cell(row: list[str], place: int | None) -> str:
    return "" if place is None or place >= len(row) else row[place].strip()
