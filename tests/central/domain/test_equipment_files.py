"""Lists of equipment as spreadsheets write them, and as somebody hostile would."""

import pytest

from central.domain.equipment_files import MAX_BYTES, EquipmentKind, Fault, read_equipment
from central.errors import Invalid, TooLarge
from protocol.uai import control_letter

_UAI = "0750001" + control_letter("0750001")
_HEAD = "UAI;Numéro de série;Type;Nom;Marque;Modèle\n"


def test_a_list_from_a_french_spreadsheet_is_read_in_any_of_its_encodings() -> None:
    text = f"{_HEAD}{_UAI};SN-1;Écran;TBI salle 3;Promethéan;AP9\n"
    for raw in (text.encode("utf-8-sig"), text.encode("cp1252"), text.encode("utf-16")):
        [(line, one)] = read_equipment(raw).lines
        assert (line, one.kind, one.manufacturer) == (2, EquipmentKind.SCREEN, "Promethéan")


@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_the_separator_is_found(separator: str) -> None:
    raw = separator.join(["uai", "serial", "kind"]) + "\n" + separator.join([_UAI.lower(), "A1", "chromebook"])
    assert read_equipment(raw.encode()).lines[0][1].uai == _UAI


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("0750001A;SN;Écran;;;", Fault.BAD_UAI),
        (f"{_UAI};;Écran;;;", Fault.MISSING_SERIAL),
        (f"{_UAI};SN;soucoupe;;;", Fault.UNKNOWN_KIND),
        (f"{_UAI};{'S' * 129};Écran;;;", Fault.TOO_LONG),
        (f"{_UAI};first;Écran;;;", Fault.SERIAL_TWICE),
    ],
)
def test_each_fault_is_told_with_its_line(line: str, fault: Fault) -> None:
    read = read_equipment(f"{_HEAD}{_UAI};FIRST;PC;;;\n\n{line}\n".encode())
    assert [(one.line, one.fault) for one in read.faults] == [(4, fault)]
    assert len(read.lines) == 1


def test_controls_and_direction_marks_are_left_out_of_names() -> None:
    raw = f'{_HEAD}{_UAI};S\u202e1;PC;"a\x07b\nc";;\n'.encode()
    [(_, one)] = read_equipment(raw).lines
    assert (one.serial, one.name) == ("S1", "ab c")


@pytest.mark.parametrize(
    "raw", [b"", b"\x00\x01\x02", b"a;b;c\n1;2;3", b"PK\x03\x04 a workbook", b'"' + b"x" * 200_000]
)
def test_what_is_no_list_is_refused_as_a_whole(raw: bytes) -> None:
    with pytest.raises(Invalid):
        read_equipment(raw)


def test_a_list_without_end_is_refused() -> None:
    with pytest.raises(TooLarge):
        read_equipment(b"x" * (MAX_BYTES + 1))
    with pytest.raises(TooLarge):
        read_equipment((_HEAD + f"{_UAI};a;PC;;;\n" * 20_001).encode())
