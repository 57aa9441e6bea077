"""Line: the bytes on the wire for one school day of sixty devices, both directions, TLS and HTTP included.

A real box's outbox and uplink and a real city; the minutes of the day pass by hand, and each has its hello. What the
facts cost is the day with them less the same day without; the whole conversation, with handshake and hellos, is told
beside it. References: all facts of the day in one zstd file; and each fact as one MQTT message through Mosquitto's own
bridge over TLS (QoS 1), which is connected already and whose keep-alive is left out.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from backports import zstd

from appliance.services.exchange_log import ExchangeLine
from appliance.services.outbox import put, put_state
from appliance.store.models import database
from tests.bench.city import BORN
from tests.bench.raw_bridge import bytes_by_bridge
from tests.bench.result import Result, Row, Run, at_most
from tests.bench.school_day import DEVICES, MINUTES, Telling, one_day
from tests.bench.wire import Wire, counted
from tests.support.central import HOST, Central, running_central
from tests.uplink.hand_box import HandBox
from uplink import gathering

_LEVEL = 19  # the uplink's own
_GOAL = 1.3


def measure(run: Run) -> Result:
    facts = one_day(run.pick(DEVICES, 6))
    step = run.pick(1, 170)
    with _place() as (city, folder), _joined(city, folder / "box") as (box, wire):
        start, a_hello = _start(box, wire), _minutes(box, wire, (), step, minutes=step)
        hellos = _minutes(box, wire, (), step)
        known = len(_batches(box))
        through_the_day = _minutes(box, wire, facts, step) - hellos
        sent = _batches(box)[: -known or None]
        at_once = _evening(box, wire, facts) - start
    with tempfile.TemporaryDirectory(prefix="preau-line-") as name:
        raw = bytes_by_bridge(Path(name), [(one.type.value, _line(one)) for one in facts])
    packed = len(zstd.compress(b"\n".join(_line(one) for one in facts), _LEVEL))
    payload = sum(line.wire for line in sent)
    run.tell(f"{len(facts)} facts, {len(sent)} batches; {through_the_day} bytes, {raw} by the bridge, {packed} packed")
    one_file = f"{_kilo(packed)} (zstd, one file)"
    kinds = f"{len(facts)} facts of {len({one.key for one in facts}) - 1} devices"
    day, evening, whole = through_the_day / packed, at_once / packed, start + hellos + through_the_day
    rows = (
        Row(f"{kinds}, as they happen ({len(sent)} batches)", _kilo(through_the_day), one_file, day,
            **at_most(day, _GOAL)),
        Row("the same after a day without a line", _kilo(at_once), one_file, evening, **at_most(evening, _GOAL)),
        Row("as they happen, beside one MQTT message each by the bridge", _kilo(through_the_day), _kilo(raw),
            through_the_day / raw),
        Row("the same after a day without a line", _kilo(at_once), _kilo(raw), at_once / raw),
        Row("of the facts as they happen, what is folded and packed", _kilo(payload)),
        Row(f"whole conversation of {MINUTES // 60} h {MINUTES % 60} min: a handshake, {MINUTES // step} hellos, facts",
            _kilo(whole), _kilo(raw), whole / raw),
        Row("a hello", _kilo(a_hello)),
        Row("a TLS handshake and the hello after it", _kilo(start)),
    )  # fmt: skip
    data = {"facts": len(facts), "batches": len(sent), "day": through_the_day, "at_once": at_once, "raw": raw,
            "packed": packed, "payload": payload, "hellos": hellos, "start": start}  # fmt: skip
    return Result("line", "Line: one school day on the wire", rows, data)


def _kilo(count: int) -> str:
    return f"{count / 1000:,.1f} kB"


def _line(one: Telling) -> bytes:
    told = {"type": one.type, "at": f"{BORN + timedelta(minutes=one.minute):%FT%TZ}", "key": one.key, "body": one.body}
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()


@contextmanager
def _place() -> Iterator[tuple[Central, Path]]:
    with (
        tempfile.TemporaryDirectory(prefix="preau-line-") as name,
        running_central(Path(name) / "city", "--mqtt", "0") as city,
    ):
        yield city, Path(name)


@contextmanager
def _joined(city: Central, folder: Path) -> Iterator[tuple[HandBox, Wire]]:
    """A box that has nothing to say any more, and whose waiting is the product's."""
    with counted(HOST, city.uplink_port) as wire:
        box = HandBox(folder, f"{HOST}:{wire.port}", gather=gathering.SECONDS, chance=_half)
        with box.opened():
            box.join(city, city.new_school())
            box.until(lambda: not box.waiting())
            yield box, wire


def _half(low: float, high: float) -> float:
    """So that a hello that is due after a minute is due after a minute."""
    return (low + high) / 2


def _start(box: HandBox, wire: Wire) -> int:
    """A new connection, and its first hello."""
    box.uplink.stop()
    before = wire.total
    box.turn(2)
    return wire.total - before


def _minutes(box: HandBox, wire: Wire, facts: Sequence[Telling], step: int, minutes: int = MINUTES) -> int:
    """Bytes of the whole day, on one connection, up to the last acknowledgement. `step`: how many minutes at once."""
    before, rest = wire.total, list(facts)
    for minute in range(step, minutes + step, step):
        due = [one for one in rest if one.minute <= minute]
        rest = rest[len(due) :]
        _put(box, due)
        box.turn(step)
    if facts:
        before += _late_hellos(box, wire)
    return wire.total - before


def _late_hellos(box: HandBox, wire: Wire) -> int:
    """The evening's facts are gathered, too: what the hellos cost that bring nothing until then."""
    without = 0
    while box.waiting():
        waited, before = box.waiting(), wire.total
        box.turn(1)
        without += wire.total - before if box.waiting() == waited else 0
    return without


def _evening(box: HandBox, wire: Wire, facts: Sequence[Telling]) -> int:
    """The line is cut, the facts wait, and it is mended."""
    wire.is_cut = True
    box.uplink.stop()
    box.until(box.trouble)
    _put(box, facts)
    wire.is_cut = False
    before = wire.total
    box.until(lambda: not box.waiting())
    return wire.total - before


def _put(box: HandBox, facts: Sequence[Telling]) -> None:
    with database.atomic("IMMEDIATE"):
        for one in facts:
            at = box.services.clock.now()
            if one.key is None:
                put(at, one.type, one.body)
            else:
                put_state(at, one.type, one.key, one.body)


def _batches(box: HandBox) -> list[ExchangeLine]:
    """The latest first."""
    return [line for line in box.services.exchanges.listed() if line.kind == "batch"]
