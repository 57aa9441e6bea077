"""Whatever happens to the line, the box or central: each record counts once at central, and the states are equal."""

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from appliance.domain.storage import Level
from appliance.services.outbox import Limits, Outbox, put, put_state
from appliance.services.outbox_mark import set_mark
from appliance.services.outbox_relief import OutboxRelief
from appliance.store.database import open_store
from appliance.store.epochs import Reason, begin_epoch
from appliance.store.models import database
from protocol.uplink import is_answer_to
from protocol.uplink_words import Lane, RecordType
from tests.services.link import join_city
from tests.support.city_model import CityModel, Refused, on_the_line
from tests.support.store import HandClock

LANES = st.sampled_from(list(Lane))
KEYS = st.sampled_from(["device:d-1", "device:d-2", "cart:1"])
MEMORY = Path("/dev/shm")


class Undone(Exception):
    pass


class TheirTwoEnds(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.clock = HandClock()
        self.level = Level.NORMAL
        self.city = CityModel()
        self.city_backup: tuple[CityModel, object] | None = None
        self.box_backup: tuple[Path, dict[str, object], set[str], int] | None = None
        self.went_back = False
        self.lies = 0
        self.greeted = True  # since the last start: before its first hello, a box sends nothing. One defect at a time
        self.sent: list[bytes] = []
        self.arrived: set[bytes] = set()
        self.audits: set[str] = set()  # targets that are facts: in the store, or at central
        self.days = 0  # of statistics that are facts: each has a bit of its own
        self.state: dict[str, object] = {}
        self.count = 0
        self._open()
        join_city(self.clock.now())
        self.outbox = Outbox()
        self.relief = OutboxRelief(lambda: self.level)

    def teardown(self) -> None:
        try:
            self._drain()
            assert set(self.city.facts.get(Lane.RECEIPTS, ())) == self.audits
            assert all(count == 1 for count in self.city.facts.get(Lane.RECEIPTS, {}).values())
            assert self.city.sums["maths"] == self.days
            assert self.city.state == self.state
            assert not [gap for gap in self.city.gaps if (gap.body or {}).get("lane") != Lane.LOGS]
            assert all(lane.records == 0 for lane in self.outbox.backlog().values())
        finally:
            database.close()
            shutil.rmtree(self.folder)

    @rule()
    def an_act(self) -> None:
        target = self._next("user")
        with database.atomic("IMMEDIATE"):
            put(self.clock.now(), RecordType.AUDIT, {"actor": "user:1", "action": "user.add", "target": target})
        self.audits.add(target)

    @rule()
    def an_act_that_is_undone(self) -> None:
        try:
            with database.atomic("IMMEDIATE"):
                put(self.clock.now(), RecordType.AUDIT, {"actor": "x", "action": "user.add", "target": "never"})
                raise Undone
        except Undone:
            pass

    @rule(key=KEYS, value=st.one_of(st.none(), st.integers(0, 3)))
    def a_state(self, key: str, value: int | None) -> None:
        body = None if value is None else {"id": key, "number": value}
        with database.atomic("IMMEDIATE"):
            put_state(self.clock.now(), RecordType.DEVICE, key, body)
        if body is None:
            self.state.pop(key, None)
        else:
            self.state[key] = body

    @rule(day=st.integers(1, 9))
    def a_cell(self, day: int) -> None:
        self.count += 1
        days = 1 << self.count
        body = {"period": f"2026-11-{day:02}", "level": "CP", "app": "maths", "device_days": days, "seconds": 60}
        with database.atomic("IMMEDIATE"):
            put(self.clock.now(), RecordType.USAGE, body)
        self.days += days

    @rule()
    def a_log(self) -> None:
        with database.atomic("IMMEDIATE"):
            put(self.clock.now(), RecordType.LOG, {"request": self._next("log"), "part": 0, "parts": 1, "lines": []})

    @rule(lane=LANES, most=st.integers(1, 3), arrives=st.booleans(), answered=st.booleans())
    def a_batch(self, lane: Lane, most: int, arrives: bool, answered: bool) -> None:
        if not self.greeted:
            self._hello()
        batch = self.outbox.next_batch(lane, Limits(records=most))
        if batch is None:
            return
        raw = on_the_line(batch)
        self.sent.append(raw)
        if not arrives:
            return
        try:
            answer = self.city.take(raw)
        except Refused:
            self._hello()
            return
        self.arrived.add(raw)
        if answered:
            assert is_answer_to(answer, batch, raw)
            self.outbox.acknowledge(answer, self.clock.now())

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def an_old_batch_again(self, data: st.DataObject) -> None:
        raw = data.draw(st.sampled_from(self.sent[-6:]))
        try:
            answer = self.city.take(raw)
        except Refused:
            return
        self.arrived.add(raw)
        self.outbox.acknowledge(answer, self.clock.now())

    @rule()
    def a_hello(self) -> None:
        self._hello()

    @rule()
    def the_process_is_killed(self) -> None:
        self._open()

    @rule()
    def the_box_starts_again(self) -> None:
        self._start()

    @precondition(lambda self: self.lies < 2)
    @rule(lost=st.integers(1, 3), most=st.integers(1, 4), fresh=st.integers(0, 4))
    def a_card_loses_what_it_said_was_written(self, lost: int, most: int, fresh: int) -> None:
        """What it lost is a fact only if it had arrived. Nothing of it is on its way any more."""
        self.lies += 1
        if not self.greeted:
            self._hello()
        self._copy_to("card.db")
        state, audits, days = dict(self.state), set(self.audits), self.days
        self._some_facts(lost)
        for lane in (Lane.RECEIPTS, Lane.STATE, Lane.STATISTICS):
            self.a_batch(lane, most, arrives=True, answered=True)
        self.state = state
        self._put_back("card.db", audits, days)
        self.sent.clear()
        self.went_back = True
        self._start()
        self._some_facts(fresh)

    def _some_facts(self, count: int) -> None:
        for number in range(count):
            self.an_act()
            self.a_cell(1 + number)
            self.a_state("device:d-1", number)

    @rule()
    def central_is_backed_up(self) -> None:
        self.city_backup = self.city.backup(), self.clock.now()

    @precondition(
        lambda self: self.greeted and self.city_backup and self.clock.now() - self.city_backup[1] < timedelta(days=6)
    )
    @rule()
    def central_is_restored(self) -> None:
        assert self.city_backup is not None
        self.city = self.city_backup[0].backup()
        self.box_backup = None  # both at once is a loss that nobody can make good: what one had, the other never got

    @precondition(lambda self: self.greeted)
    @rule()
    def the_box_is_backed_up(self) -> None:
        self.box_backup = self._copy_to("backup.db"), dict(self.state), set(self.audits), self.days
        self.city_backup = None

    @precondition(lambda self: self.box_backup)
    @rule()
    def the_box_is_restored(self) -> None:
        """What it has done since its backup is a fact only if it had arrived."""
        assert self.box_backup is not None
        path, self.state, audits, days = self.box_backup
        self._put_back(path.name, audits, days)
        self._begin(Reason.RESTORED)
        self._find_what_is_gone()

    @precondition(lambda self: self.greeted)
    @rule()
    def the_card_is_put_into_another_box(self) -> None:
        self._begin(Reason.MOVED)

    @rule(level=st.sampled_from([Level.NORMAL, Level.COARSE, Level.SURVIVAL]), hours=st.integers(1, 40))
    def time_passes(self, level: Level, hours: int) -> None:
        self.level = level
        self.clock.pass_by(hours=hours)
        if not self.greeted:
            return
        while not self.relief.step(self.clock.now()):
            pass

    def _copy_to(self, name: str) -> Path:
        database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return Path(shutil.copy(self.folder / "store.db", self.folder / name))

    def _put_back(self, name: str, audits: set[str], days: int) -> None:
        self.state = dict(self.state)
        self.days = days | self.city.sums["maths"]
        self.audits = audits | set(self.city.facts.get(Lane.RECEIPTS, ()))
        self.city_backup = None
        self.sent = [raw for raw in self.sent if raw in self.arrived]  # the rest died with the store that sent it
        database.close()
        for ending in ("", "-wal", "-shm"):
            (self.folder / f"store.db{ending}").unlink(missing_ok=True)
        shutil.copy(self.folder / name, self.folder / "store.db")
        self._open()

    def _start(self) -> None:
        self._open()
        self.greeted = False
        with database.atomic("IMMEDIATE"):
            set_mark()

    def _begin(self, reason: Reason) -> None:
        with database.atomic("IMMEDIATE"):
            begin_epoch(self.clock.now(), reason)

    def _open(self) -> None:
        if not database.is_closed():
            database.close()
        open_store(self.folder / "store.db")
        database.connect(reuse_if_open=True)

    def _next(self, noun: str) -> str:
        self.count += 1
        return f"{noun}:{self.count}"

    def _hello(self) -> None:
        if self._is_behind_the_city():
            assert self.went_back, "nothing else makes a box believe that its store went back"
            assert not self._is_behind_the_city()
        went_back, self.went_back, self.greeted = self.went_back, False, True
        if went_back:
            self._find_what_is_gone()

    def _is_behind_the_city(self) -> bool:
        sender = self.outbox.sender()
        assert sender is not None
        return self.outbox.rewind(self.city.cursors_of(sender.epoch), self.clock.now())

    def _find_what_is_gone(self) -> None:
        """The daily comparison, once all has arrived: keys of a past that the restored box never had."""
        self._drain()
        gone = set(self.city.state) - set(self.outbox.state_hashes())
        self.outbox.put_again([], gone, self.clock.now())

    def _drain(self) -> None:
        self._hello()
        for lane in Lane:
            while (batch := self.outbox.next_batch(lane)) is not None:
                raw = on_the_line(batch)
                self.outbox.acknowledge(self.city.take(raw), self.clock.now())


TestTheirTwoEnds = TheirTwoEnds.TestCase
TestTheirTwoEnds.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
