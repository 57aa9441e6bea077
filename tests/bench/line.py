"""Line: the bytes on the wire for one school day of sixty devices, both directions, TLS and HTTP included.

A real box's outbox and uplink and a real city; the minutes of the day pass by hand. As uplinks do, it says hello each
minute on a connection of its own: those bytes are measured on a day without facts and told apart. Beside it: all facts
of the day in one zstd file; and each fact as one MQTT message through Mosquitto's own bridge over TLS (QoS 1).
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from backports import zstd

from appliance.services.outbox import put, put_state
from appliance.store.models import database
from tests.bench.city import BORN
from tests.bench.raw_bridge import bytes_by_bridge
from tests.bench.result import Result, Row, Run, at_most
from tests.bench.school_day import DEVICES, MINUTES, Telling, one_day
from tests.bench.wire import Wire, counted
from tests.support.central import HOST, Central, running_central
from tests.uplink.hand_box import HandBox

_LEVEL = 9  # the uplink's own
_GOAL = 1.3


def measure(run: Run) -> Result:
    facts = one_day(run.pick(DEVICES, 6))
    step = run.pick(1, 170)
    with _place() as (city, folder), _joined(city, folder / "box") as (box, wire):
        hellos = _minutes(box, wire, (), step)
        known = _batches(box)
        through_the_day = _minutes(box, wire, facts, step) - hellos
        batches = _batches(box) - known
        a_hello = hellos * step // MINUTES
        at_once = _evening(box, wire, facts) - a_hello
    with tempfile.TemporaryDirectory(prefix="preau-line-") as name:
        raw = bytes_by_bridge(Path(name), [(one.type.value, _line(one)) for one in facts])
    packed = len(zstd.compress(b"\n".join(_line(one) for one in facts), _LEVEL))
    run.tell(f"{len(facts)} facts, {batches} batches; {through_the_day} bytes, {raw} by the bridge, {packed} packed")
    one_file = f"{_kilo(packed)} (zstd, one file)"
    kinds = f"{len(facts)} facts of {len({one.key for one in facts}) - 1} devices"
    day, evening = through_the_day / packed, at_once / packed
    rows = (
        Row(f"{kinds}, as they happen ({batches} batches)", _kilo(through_the_day), one_file, day,
            **at_most(day, _GOAL)),
        Row("the same after a day without a line", _kilo(at_once), one_file, evening, **at_most(evening, _GOAL)),
        Row("as they happen, beside one MQTT message each by the bridge", _kilo(through_the_day), _kilo(raw),
            through_the_day / raw),
        Row("the same after a day without a line", _kilo(at_once), _kilo(raw), at_once / raw),
        Row("a hello, with the TLS handshake of its connection", _kilo(a_hello)),
        Row(f"hellos of {MINUTES // 60} h {MINUTES % 60} min, one a minute", _kilo(hellos)),
    )  # fmt: skip
    data = {"facts": len(facts), "batches": batches, "day": through_the_day, "at_once": at_once, "raw": raw,
            "packed": packed, "hellos": hellos}  # fmt: skip
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
    """A box that has nothing to say any more."""
    with counted(HOST, city.uplink_port) as wire, HandBox(folder, f"{HOST}:{wire.port}").opened() as box:
        box.join(city, city.new_school())
        box.until(lambda: not box.waiting())
        box.uplink.stop()
        yield box, wire


def _minutes(box: HandBox, wire: Wire, facts: Sequence[Telling], step: int) -> int:
    """Bytes of the whole day. `step`: how many minutes pass at once."""
    before, rest = wire.total, list(facts)
    for minute in range(step, MINUTES + step, step):
        due = [one for one in rest if one.minute <= minute]
        rest = rest[len(due) :]
        _put(box, due)
        box.turn(step + 0.2)  # a hello is due after a minute, give or take a tenth
        box.uplink.stop()  # a minute is longer than the uplink keeps a silent connection
    box.until(lambda: not box.waiting())
    return wire.total - before


def _evening(box: HandBox, wire: Wire, facts: Sequence[Telling]) -> int:
    """Nothing leaves before all is there."""
    before = wire.total
    _put(box, facts)
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


def _batches(box: HandBox) -> int:
    return sum(line.kind == "batch" for line in box.services.exchanges.listed())
