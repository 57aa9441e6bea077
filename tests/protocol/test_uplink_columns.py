"""Bodies as columns: whatever comes, a column holds what reading one body after the other gives."""

from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.strict_json import Malformed
from protocol.uplink_columns import read_columns
from protocol.uplink_records import read_body
from protocol.uplink_words import RecordType

_ODD: st.SearchStrategy[object] = st.sampled_from([None, True, 1.0, -1, 101, 2**53, "", "x\0", [], {"a": 1}, "2026-W9"])
_PERIOD = st.sampled_from(["2026-11-23", "2026-W48"])
_NUMBER = st.sampled_from([0, 1, 100])
_FIELDS: dict[RecordType, dict[str, st.SearchStrategy[object]]] = {
    RecordType.USAGE: {
        "period": _PERIOD, "level": st.sampled_from(["", "CP", "x" * 64, "x" * 65]), "device_days": _NUMBER,
        "app": st.sampled_from(["", "a", "x" * 255, "x" * 256]), "seconds": _NUMBER,
    },
    RecordType.BATTERY: {
        "period": _PERIOD, "device": st.sampled_from(["d", "x" * 64, "x" * 65]), "lowest": _NUMBER, "highest": _NUMBER,
    },
    RecordType.AUDIT: {
        "actor": st.sampled_from(["", "x" * 128, "x" * 129]), "action": st.sampled_from(["a", "x" * 64, "x" * 65]),
        "target": st.sampled_from(["", "x" * 200, "x" * 201]), "detail": st.just({"n": 1}) | st.just({}),
    },
}  # fmt: skip


@st.composite
def bodies_of(draw: st.DrawFn, record_type: RecordType) -> list[dict[str, object]]:
    """Mostly right; one field of one body may be odd or away."""
    fields = _FIELDS[record_type]
    bodies = [{name: draw(value) for name, value in fields.items()} for _ in range(draw(st.integers(1, 3)))]
    name = draw(st.sampled_from([*fields, ""]))
    if name and draw(st.booleans()):
        bodies[0][name] = draw(_ODD)
    elif name:
        del bodies[0][name]
    return bodies


@pytest.mark.parametrize("record_type", sorted(_FIELDS))
@given(st.data())
def test_columns_hold_what_the_readers_give(record_type: RecordType, data: st.DataObject) -> None:
    bodies = data.draw(bodies_of(record_type))
    columns = read_columns(record_type, bodies)
    if columns is not None:
        assert list(zip(*columns, strict=True)) == [astuple(read_body(record_type, body)) for body in bodies]


@pytest.mark.parametrize("record_type", sorted(_FIELDS))
@given(st.data())
def test_what_no_reader_takes_has_no_columns(record_type: RecordType, data: st.DataObject) -> None:
    bodies = data.draw(bodies_of(record_type))
    try:
        for body in bodies:
            read_body(record_type, body)
    except Malformed:
        assert read_columns(record_type, bodies) is None


def test_usual_bodies_have_columns() -> None:
    bodies = [{"actor": "durand", "action": "device.retire"}, {"actor": "durand", "action": "a", "target": "device:1"}]
    assert read_columns(RecordType.AUDIT, bodies) == (
        ("durand", "durand"),
        ("device.retire", "a"),
        ["", "device:1"],
        [{}, {}],
    )
    assert read_columns(RecordType.GAP, bodies) is None and read_columns(RecordType.AUDIT, [None]) is None
