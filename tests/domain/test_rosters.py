import contextlib
import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from appliance.domain.rosters import (
    MAX_FIRST_NAME,
    MAX_PUPILS,
    Line,
    are_outdated,
    encode_roster,
    initial_of,
    parse_roster,
)
from appliance.errors import Invalid

# The headings of ONDE's export of pupils, in its order.
ONDE = (
    "Nom élève;Nom d'usage élève;Prénom élève;Date naissance;Sexe;INE;Adresse1;Cp1;Commune1;Pays1;Adresse2;Cp2;"
    "Commune2;Pays2; Cycle;Niveau;Libellé classe;Identifiant classe;Attestation fournie;Autorisation associations;"
    "Autorisation photo;Décision de passage\n"
    "MARTIN;;LÉA;02/03/2018;F;123456789AB;1 rue des Lilas;88000;ÉPINAL;FRANCE;;;;;CYCLE 2;CE2;CE2 B;42;Non;Non;Non;\n"
    "DURAND;DA SILVA;Inès;05/06/2018;F;123456789AC;;;;;;;;;CYCLE 2;CE2;CE2 B;42;Non;Non;Non;\n"
    "PETIT;;Jean-Noël;07/08/2019;M;123456789AD;;;;;;;;;CYCLE 2;CE1;CE1 A;41;Non;Non;Non;\n"
)


def names(content: str | bytes, classroom: str = "") -> list[tuple[str, str, str]]:
    raw = content.encode() if isinstance(content, str) else content
    return [(line.classroom, line.first_name, line.initial) for line in parse_roster(raw, classroom).lines]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
def test_an_onde_export_gives_first_names_initials_and_classes_in_any_usual_encoding(encoding: str) -> None:
    assert names(ONDE.encode(encoding)) == [
        ("CE2 B", "Léa", "M"),
        ("CE2 B", "Inès", "D"),
        ("CE1 A", "Jean-Noël", "P"),
    ]


def test_nothing_but_first_name_initial_class_and_level_leaves_the_file() -> None:
    kept = encode_roster(parse_roster(ONDE.encode()).lines)

    for secret in ("MARTIN", "Martin", "SILVA", "02/03/2018", "123456789AB", "Lilas", "ÉPINAL"):
        assert secret not in kept


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_semicolons_commas_and_tabs_are_understood(delimiter: str) -> None:
    content = delimiter.join(["Prénom", "Nom", "Classe"]) + "\r\n" + delimiter.join(["Léa", "Martin", "CP"]) + "\r\n"

    assert names(content) == [("CP", "Léa", "M")]


@pytest.mark.parametrize(
    "heading", ["PRENOM", "prénom", " Prénom élève ", "Prénom de l'élève", "First name", "Prénoms"]
)
def test_headings_are_found_whatever_their_accents_and_capitals(heading: str) -> None:
    assert names(f"{heading};CLASSE\nLéa;CP\n") == [("CP", "Léa", "")]


def test_one_chosen_class_takes_everybody() -> None:
    assert names("Prénom\nLéa\nTom\n", "CE2 B") == [("CE2 B", "Léa", ""), ("CE2 B", "Tom", "")]


def test_a_usual_name_goes_before_a_birth_name_for_the_initial() -> None:
    content = "Nom élève;Nom d'usage élève;Prénom élève;Libellé classe\nZOLA;ARAGON;Elsa;CP\n"

    assert names(content) == [("CP", "Elsa", "A")]


@pytest.mark.parametrize("formula", ['=HYPERLINK("http://x")', "+33612345678a", "-2+3a", "@sum(A1)"])
def test_a_formula_is_kept_as_plain_data(formula: str) -> None:
    content = io.StringIO()
    csv.writer(content, delimiter=";").writerows([["Prénom", "Nom", "Classe"], [formula, formula, "CP"]])

    (line,) = parse_roster(content.getvalue().encode()).lines

    assert line.first_name == formula


def test_controls_and_direction_marks_are_left_out() -> None:
    assert names("Prénom;Nom;Classe\nL\u202eé\x07a\u200f;\u202eMartin;C\x1bP\n") == [("CP", "Léa", "M")]


def test_lines_with_a_problem_are_named_by_their_number() -> None:
    content = "Prénom;Nom;Classe\nLéa;Martin;CP\n;Sans;CP\nTom;Petit;\n" + "x" * 10_000 + ";Long;CP\nZoé;Lac;CP\n"

    roster = parse_roster(content.encode())

    assert [(problem.line, problem.code) for problem in roster.problems] == [
        (3, "first_name_missing"),
        (4, "classroom_missing"),
        (5, "too_long"),
    ]


def test_problems_do_not_pile_up_without_end() -> None:
    content = "Prénom;Classe\n" + ";CP\n" * 100_000

    assert len(parse_roster(content.encode()).problems) == 50


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "roster_empty"),
        ("Prénom;Classe\n".encode(), "roster_empty"),
        (b"PK\x03\x04 an xlsx", "roster_not_csv"),
        (b"\xd0\xcf\x11\xe0 an xls", "roster_not_csv"),
        ("Prénom;Classe\nLéa\0;CP\n".encode(), "roster_not_text"),
        (b"Nom;Classe\nMartin;CP\n", "roster_no_first_name"),
        ("Prénom;Nom\nLéa;Martin\n".encode(), "roster_no_classroom"),
        ("Prénom;Classe\n".encode() + "Léa;CP\n".encode() * 100_000, "roster_too_long"),
        (b"a" * 5_000_000, "roster_too_long"),
        ('Prénom;Classe\n"'.encode() + b"never closed" * 20_000, "roster_not_text"),
    ],
)
def test_a_file_that_is_no_class_list_is_refused_as_a_whole(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_roster(content)

    assert refused.value.code == code


def test_a_nul_byte_is_reported_with_its_line() -> None:
    with pytest.raises(Invalid) as refused:
        parse_roster("Prénom;Classe\nLéa;CP\nTom\0;CP\n".encode())

    assert refused.value.params["line"] == 3


def test_as_many_pupils_as_a_large_school_has_are_taken() -> None:
    content = "Prénom;Classe\n" + "Léa;CP\n" * MAX_PUPILS

    assert len(parse_roster(content.encode()).lines) == MAX_PUPILS


@pytest.mark.parametrize(
    ("last_name", "initial"), [("de La Tour", "D"), ("'Abd", "A"), ("", ""), ("123", ""), ("émile", "É"), ("ßa", "S")]
)
def test_the_initial_is_the_first_letter(last_name: str, initial: str) -> None:
    assert initial_of(last_name) == initial


@pytest.mark.parametrize(
    ("imported", "now", "outdated"),
    [
        (datetime(2026, 9, 3, tzinfo=UTC), datetime(2027, 8, 31, tzinfo=UTC), False),
        (datetime(2026, 9, 3, tzinfo=UTC), datetime(2027, 9, 1, tzinfo=UTC), True),
        (datetime(2027, 5, 1, tzinfo=UTC), datetime(2027, 9, 1, tzinfo=UTC), True),
        (datetime(2027, 7, 10, tzinfo=UTC), datetime(2027, 9, 1, tzinfo=UTC), False),
    ],
)
def test_names_end_with_their_school_year(imported: datetime, now: datetime, outdated: bool) -> None:
    assert are_outdated(imported, now) is outdated


@given(st.binary(max_size=400))
@example(b"\xff\xfe\x00")
@example('Prénom;Classe\r"a\n'.encode())
def test_no_bytes_make_the_parser_fail_in_another_way_than_refusing(content: bytes) -> None:
    with contextlib.suppress(Invalid):
        parse_roster(content)


cells = st.text(max_size=60)


@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=20), st.sampled_from([";", ",", "\t"]))
def test_what_is_kept_is_short_printable_and_survives_the_preview(
    rows: list[tuple[str, str, str]], delimiter: str
) -> None:
    content = io.StringIO()
    writer = csv.writer(content, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([("Prénom", "Nom", "Classe"), *rows])
    try:
        roster = parse_roster(content.getvalue().encode("utf-8", "surrogatepass"))
    except Invalid:
        return

    for line in roster.lines:
        assert 0 < len(line.first_name) <= MAX_FIRST_NAME
        assert len(line.initial) <= 1
        assert not any(
            ord(c) < 32 or c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069" for c in line.first_name
        )
    if roster.lines:
        assert _facts(parse_roster(encode_roster(roster.lines).encode()).lines) == _facts(roster.lines)


def _facts(lines: object) -> list[tuple[str, str, str]]:
    assert isinstance(lines, list)
    found: list[Line] = lines
    return [(line.classroom, line.first_name, line.initial) for line in found]
