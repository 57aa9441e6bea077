"""Whatever comes, in whatever order: versions never go back, no lock outlives its lease, nothing is done twice."""

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from protocol import device as wire
from protocol.device import AckStatus, CommandType, Leaf
from simulator import effects
from simulator.memory import memory_as_json, memory_from_json
from tests.simulator.workbench import LOCKED, Workbench

KINDS = st.sampled_from(
    [
        (CommandType.MESSAGE, {"text": "Bravo"}),
        (CommandType.OPEN_APP, {"package": "org.kde.gcompris"}),
        (CommandType.OPEN_APP, {"package": "org.absent"}),
        (
            CommandType.OPEN_DOCUMENT,
            {"url": "http://b/d", "name": "a", "mime": "image/png", "size": 10, "sha256": "ab" * 32},
        ),
        (CommandType.REBOOT, {}),
    ]
)


class DeviceMachine(RuleBasedStateMachine):
    profile = "idle"

    def __init__(self) -> None:
        super().__init__()
        self.bench = Workbench(self.profile)
        self.commands: list[wire.Command] = []
        self.endings: dict[str, list[tuple[AckStatus, str | None]]] = {}
        self.done_at: dict[str, timedelta] = {}
        self.versions: list[int] = []
        self.records: dict[tuple[str, int], wire.UsageRecord] = {}
        self.covered: set[tuple[str, int]] = set()
        self.is_connected = False

    @rule()
    def connect(self) -> None:
        self.is_connected = True
        self.bench.connect()
        self._look()

    @rule()
    def disconnect(self) -> None:
        self.is_connected = False
        self.bench.device.disconnected()

    @rule(seconds=st.floats(0.1, 90))
    def time_passes(self, seconds: float) -> None:
        while seconds > 0:
            self.bench.pass_by(min(5.0, seconds), step=5)
            seconds -= 5
            self._look()

    @rule(version=st.integers(0, 12), seconds=st.integers(-5, 120), is_locked=st.booleans())
    def hub_desires(self, version: int, seconds: int, is_locked: bool) -> None:
        self.bench.desire(version, LOCKED if is_locked else wire.UNRESTRICTED, seconds)
        self._look()

    @rule(what=KINDS, seconds=st.integers(-5, 60))
    def hub_orders(self, what: tuple[CommandType, dict[str, object]], seconds: int) -> None:
        kind, args = what
        name = f"c{len(self.commands)}"
        now = self.bench.hub_now
        self.commands.append(wire.Command(name, kind, now, now + timedelta(seconds=seconds), args))
        self._hear(self.commands[-1])

    @rule(which=st.integers(0, 200))
    def hub_repeats(self, which: int) -> None:
        if self.commands:
            self._hear(self.commands[which % len(self.commands)])

    @rule(is_good=st.booleans(), which=st.integers(0, 5))
    def file_arrives(self, is_good: bool, which: int) -> None:
        waiting = self.bench.all(effects.Fetch)
        if waiting:
            key = waiting[which % len(waiting)].key
            self.bench.device.fetched(key, None if is_good else "sha256 differs", self.bench.now)
            self._look()

    @rule()
    def agent_restarts(self) -> None:
        self.is_connected = False
        self.bench.device.restart(self.bench.now)
        self._look()

    @rule()
    def simulator_restarts(self) -> None:
        """Through the state file's form, as on the disk."""
        bench = self.bench
        kept = memory_from_json(memory_as_json(bench.device.memory(bench.now)))
        self.is_connected = False
        again = Workbench(self.profile, kept, bench.now)
        again.hub_start = bench.hub_start
        again.device.clocks.set_hub(again.hub_now, again.now)
        self.bench = again

    @rule(app=st.sampled_from(["org.tuxpaint", "org.kde.gcompris"]))
    def pupil_opens(self, app: str) -> None:
        self.bench.device.choose_app(app, self.bench.now)
        self._look()

    @rule(seconds=st.integers(1, 400))
    def pupil_has_used(self, seconds: int) -> None:
        self.bench.device.record_use("org.tuxpaint", seconds, self.bench.now)

    @rule(up_to=st.integers(0, 3))
    def hub_covers_usage(self, up_to: int) -> None:
        for boot in {boot for boot, _seq in self.records}:
            self.bench.hear(Leaf.USAGE_ACK, wire.encode_usage_ack(wire.UsageAck(boot, up_to)))
            self.covered |= {(boot, seq) for seq in range(up_to + 1)}
        self._look()

    @invariant()
    def no_lock_outlives_its_lease(self) -> None:
        device = self.bench.device
        device.tick(self.bench.now)
        self._look()
        if not device.restrictions.is_free:
            assert device.desired is not None
            assert device.desired.restrictions_until is not None
            assert self.bench.hub_now < device.desired.restrictions_until

    @invariant()
    def versions_never_go_back(self) -> None:
        assert self.versions == sorted(self.versions)

    @invariant()
    def each_command_ends_once_and_always_says_the_same(self) -> None:
        assert all(len(set(endings)) == 1 for endings in self.endings.values())

    @invariant()
    def usage_is_kept_until_covered(self) -> None:
        kept = {(batch.boot, record.seq) for batch in self.bench.device.front.log.batches() for record in batch.records}
        assert set(self.records) - self.covered <= kept

    def _hear(self, command: wire.Command) -> None:
        """Only a device that is connected hears commands."""
        if self.is_connected:
            self.bench.hear(Leaf.COMMANDS, wire.encode_command(command))
            self._look()

    def _look(self) -> None:
        self.bench.collect()
        fetches = self.bench.all(effects.Fetch)
        for effect in self.bench.effects:
            if isinstance(effect, effects.Publish):
                assert self.is_connected
                self._read(effect)
            elif isinstance(effect, effects.Finished) and effect.status is AckStatus.DONE:
                assert effect.command.id not in self.done_at
                self.done_at[effect.command.id] = timedelta()
                if effect.command.type is not CommandType.REBOOT:  # begun in time; back whenever it is back
                    assert self.bench.hub_now < effect.command.expires_at
        self.bench.effects = list(fetches)

    def _read(self, message: effects.Publish) -> None:
        if message.leaf is Leaf.REPORTED:
            self.versions.append(wire.parse_reported(message.payload).version)
        elif message.leaf is Leaf.ACKS:
            ack = wire.parse_ack(message.payload)
            if ack.status.is_final:
                self.endings.setdefault(ack.id, []).append((ack.status, ack.error))
        elif message.leaf is Leaf.USAGE:
            batch = wire.parse_usage(message.payload)
            for record in batch.records:
                assert self.records.setdefault((batch.boot, record.seq), record) == record


class SlowDeviceMachine(DeviceMachine):
    profile = "idle+slow+old"


TestAnyDevice = DeviceMachine.TestCase
TestAnyDevice.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAnySlowDevice = SlowDeviceMachine.TestCase
TestAnySlowDevice.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
