"""The agent's rules alone, in a real Chromium: the time, the lease, commands, usage records, the protocol's form."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.pupil.agent_page import BARE
from tests.support.appliance import ROOT, Appliance

HOUR, DAY = 3_600_000, 86_400_000
EXAMPLES = ROOT / "protocol" / "examples" / "device"
Run = Callable[..., Any]
PRELUDE = """
    const names = ["abilities", "about", "clock", "commands", "lease", "usage", "words"];
    const modules = await Promise.all(names.map((name) => import(`/static/js/pupil/agent/${name}.js`)));
    const { describe, HubClock, CommandDesk, UsageLog, inForce, isNews, isOver, FREE, formatTime, Malformed,
        readCommand, readDesired, readHubTime, readUsageAck } = Object.assign({}, ...modules);
    const reads = (read, text) => {
        try { read(bytes(text)); return true; } catch (problem) {
            if (problem instanceof Malformed) return false;
            throw problem;
        }
    };
    const bytes = (text) => new TextEncoder().encode(text);
"""


@pytest.fixture(scope="module")
def page(chromium: Browser, box: Appliance) -> Iterator[Page]:
    page = chromium.new_page(base_url=box.url)
    page.goto(BARE)
    yield page
    page.close()


@pytest.fixture
def run(page: Page) -> Run:
    """A script's value; `given` is what it gets."""
    return lambda script, given=None: page.evaluate(f"async (given) => {{ {PRELUDE} {script} }}", given)


# The hub's time


def test_the_time_goes_on_with_the_steady_clock(run: Run) -> None:
    assert run(
        """
        const clock = new HubClock({ wall: 1e12, steady: 0 }, null);
        clock.hear(2e12);
        return [[900, 1000], [2500, 2000], [5900, 6000]].map(([wall, steady]) => {
            return [clock.look({ wall: 1e12 + wall, steady }), clock.hub - 2e12];
        });
        """
    ) == [[False, 1000], [False, 2000], [False, 6000]]


def test_a_clock_that_is_set_back_moves_nothing(run: Run) -> None:
    assert run(
        """
        const clock = new HubClock({ wall: 1e12, steady: 0 }, null);
        clock.hear(2e12);
        const jumped = clock.look({ wall: 1e12 - 86400e3, steady: 1000 });
        return [jumped, clock.hub - 2e12, clock.isSure, clock.ahead];
        """
    ) == [False, 1000, True, 10**12 + DAY + 1000]


def test_a_jump_ahead_is_taken_for_a_sleep_and_is_in_doubt_until_the_hub_speaks(run: Run) -> None:
    assert run(
        """
        const clock = new HubClock({ wall: 1e12, steady: 0 }, null);
        clock.hear(2e12);
        const jumped = clock.look({ wall: 1e12 + 3600e3, steady: 500 });
        const found = [jumped, clock.hub - 2e12, clock.isSure];
        clock.hear(2e12 + 700);
        return [...found, clock.hub - 2e12, clock.isSure];
        """
    ) == [True, HOUR, False, 700, True]


def test_the_hubs_whole_seconds_do_not_make_the_time_tremble(run: Run) -> None:
    assert run(
        """
        const clock = new HubClock({ wall: 1e12, steady: 0 }, null);
        return [2e12, 2e12 - 900, 2e12 + 900, 2e12 + 1500].map((hub) => { clock.hear(hub); return clock.hub - 2e12; });
        """
    ) == [0, 0, 0, 1500]


def test_a_start_knows_the_time_by_the_wall_clock_but_never_an_earlier_one(run: Run) -> None:
    script = "return new HubClock({ wall: given, steady: 5 }, { ahead: 60_000, hub: 1_000_000 }).hub"
    assert [run(script, wall) for wall in (2_000_000, 900_000)] == [2_060_000, 1_000_000]


# The lease


@pytest.mark.parametrize(
    ("until", "now", "is_locked"),
    [(1_000, 999, True), (1_000, 1_000, False), (1_000, 5_000, False), (None, 5_000, False)],
)
def test_a_lease_is_over_when_its_time_has_come(run: Run, until: int | None, now: int, is_locked: bool) -> None:
    found = run(
        """
        const wish = { version: 1, restrictions: { ...FREE, lock: { message: "x" } }, until: given.until };
        if (given.until === null) wish.restrictions = FREE;
        return [inForce(wish, given.now, "tablet").applied.lock !== null, isOver(wish, given.now)];
        """,
        {"until": until, "now": now},
    )
    assert found == [is_locked, until is not None and not is_locked]


def test_only_a_later_version_is_news(run: Run) -> None:
    script = "return [null, { version: 3 }].map((known) => [2, 3, 4].map((version) => isNews(known, { version })))"
    assert run(script) == [[True, True, True], [False, False, True]]


@pytest.mark.parametrize(
    ("kind", "applied", "unsupported"),
    [
        ("tablet", ["lock", "sound", "apps"], ["camera", "internet"]),
        ("laptop", ["lock", "sound", "apps"], ["camera", "internet"]),
        ("screen", [], ["lock", "sound", "camera", "internet", "apps"]),
    ],
)
def test_what_a_kind_cannot_do_is_left_free_and_named(
    run: Run, kind: str, applied: list[str], unsupported: list[str]
) -> None:
    found = run(
        """
        const all = { lock: { message: "x" }, sound: "blocked", camera: "blocked", internet: "blocked", apps: [] };
        const wish = { version: 1, restrictions: all, until: 10 };
        const { applied, unsupported } = inForce(wish, 1, given);
        return [Object.keys(FREE).filter((name) => applied[name] !== FREE[name]), unsupported];
        """,
        kind,
    )
    assert found == [applied, unsupported]


# Commands


def test_a_command_is_carried_out_once_and_its_first_end_stands(run: Run) -> None:
    assert run(
        """
        const desk = new CommandDesk();
        const command = { id: "a", expiresAt: 100 };
        const found = [desk.judge(command, 1), desk.judge(command, 2), desk.judge({ id: "b", expiresAt: 5 }, 5)];
        found.push(desk.finish("a", "done", null).status, desk.finish("a", "failed", "x"));
        found.push(desk.finish("c", "done", null));
        return [...found, desk.judge(command, 3), desk.get("a").status];
        """
    ) == ["carry_out", "known", "expired", "done", None, None, "known", "done"]


def test_ids_are_remembered_for_a_day(run: Run) -> None:
    assert run(
        """
        const desk = new CommandDesk();
        desk.judge({ id: "old", expiresAt: 1e9 }, 0);
        desk.judge({ id: "new", expiresAt: 1e9 }, 1000);
        const forgotten = [desk.forgetOld(86_399_999), desk.forgetOld(86_400_000)];
        return [...forgotten, desk.judge({ id: "new", expiresAt: 1e9 }, 86_400_000)];
        """
    ) == [[], ["old"], "known"]


def test_what_was_cut_short_and_what_nobody_was_told_is_found_again(run: Run) -> None:
    assert run(
        """
        const desk = new CommandDesk();
        for (const id of ["under way", "ended", "told"]) desk.judge({ id, expiresAt: 100 }, 1);
        for (const id of ["ended", "told"]) desk.finish(id, "done", null);
        desk.get("told").told = true;
        const back = new CommandDesk(structuredClone([...desk.entries.values()]));
        return [back.cutShort.map((one) => one.id), back.untold.map((one) => one.id)];
        """
    ) == [["under way"], ["ended"]]


# Usage


def test_a_use_is_a_record_when_something_else_comes(run: Run) -> None:
    assert run(
        """
        const log = new UsageLog("b");
        const found = [log.show("web:a", 1000, 0), log.show("web:a", 3000, 2000), log.show("web:c", 5400, 4400)];
        return [...found, log.show(null, 5900, 4900), log.show(null, 9000, 9000), log.close(9500)];
        """
    ) == [[], [], [{"boot": "b", "seq": 1, "app": "web:a", "startedAt": 1000, "seconds": 4}], [], [], []]


def test_a_long_use_is_cut_so_that_little_is_lost(run: Run) -> None:
    assert run(
        """
        const log = new UsageLog("b");
        log.show("web:a", 0, 0);
        for (let now = 1000; now <= 250_000; now += 1000) log.look(now, now);
        log.close(250_000);
        return log.kept.map((one) => [one.seq, one.startedAt, one.seconds]);
        """
    ) == [[1, 0, 120], [2, 120_000, 120], [3, 240_000, 10]]


def test_a_sleep_is_not_counted(run: Run) -> None:
    script = (
        'const log = new UsageLog("b"); log.show("a", 0, 0); log.look(0, 1000); return log.close(7_200_000)[0].seconds'
    )
    assert run(script) == 6


def test_records_are_kept_until_they_are_covered_boot_by_boot(run: Run) -> None:
    assert run(
        """
        const record = (boot, seq) => ({ boot, seq, app: "web:a", startedAt: 0, seconds: 1 });
        const log = new UsageLog("new", [...Array(201).keys()].map((seq) => record("old", seq + 1)));
        log.show("web:a", 0, 0); log.show(null, 0, 2000);
        const sizes = () => log.batches().map((one) => [one.boot, one.records.length]);
        const found = [sizes(), log.acknowledge({ boot: "old", upTo: 200 }).length, sizes()];
        found.push(log.acknowledge({ boot: "strange", upTo: 9 }).length);
        found.push(log.acknowledge({ boot: "old", upTo: 201 }).length);
        return [...found, sizes()];
        """
    ) == [[["old", 200], ["old", 1], ["new", 1]], 200, [["old", 1], ["new", 1]], 0, 1, [["new", 1]]]


# The protocol's form


READERS = {"desired": "readDesired", "command": "readCommand", "hub_time": "readHubTime", "usage_ack": "readUsageAck"}


def refused_by(run: Run, folder: str) -> dict[str, bool]:
    """Of the examples in this folder that a device receives: whether the agent refuses each."""
    given = {
        path.name: [READERS[path.name.partition(".")[0]], path.read_text()]
        for path in sorted((EXAMPLES / folder).glob("*.json"))
        if path.name.partition(".")[0] in READERS
    }
    script = """
        const readers = { readDesired, readCommand, readHubTime, readUsageAck };
        return Object.fromEntries(
            Object.entries(given).map(([name, [reader, text]]) => [name, !reads(readers[reader], text)]));
    """
    found: dict[str, bool] = run(script, given)
    assert found
    return found


@pytest.mark.parametrize("folder", [".", "lenient"])
def test_every_example_for_devices_is_read(run: Run, folder: str) -> None:
    assert [name for name, is_refused in refused_by(run, folder).items() if is_refused] == []


def test_no_invalid_example_for_devices_is_read(run: Run) -> None:
    """But for two: what is unknown is answered as unsupported, and a page does not look at packages."""
    read = [name for name, is_refused in refused_by(run, "invalid").items() if not is_refused]
    assert read == ["command.unknown-type.unknown_value.json", "desired.install-without-hash.missing_field.json"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T08:00:00Z", True), ("2026-11-23t08:00:00.123z", True), ("2026-11-23T08:00:00+00:00", True),
        ("2026-11-23T23:59:60Z", True), ("2026-11-23T08:00:00", False), ("2026-11-23T08:00:00+01:00", False),
        ("2026-13-23T08:00:00Z", False), ("1795456327", False),
    ],
)  # fmt: skip
def test_times_are_read_as_the_protocol_writes_them(run: Run, text: str, expected: bool) -> None:
    assert run("return reads(readHubTime, given)", json.dumps({"now": text})) is expected


def test_times_are_written_in_whole_seconds(run: Run) -> None:
    assert run("return formatTime(Date.UTC(2026, 10, 23, 8, 0, 0, 999))") == "2026-11-23T08:00:00Z"


_WEBKIT = "AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "model", "system"),
    [
        (f"Mozilla/5.0 (Linux; Android 10; K) {_WEBKIT}", "Chrome 126", "Android 10"),
        (f"Mozilla/5.0 (Linux; Android 13; SM-X200 Build/TP1A; wv) {_WEBKIT}", "SM-X200", "Android 13"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {_WEBKIT}", "Chrome 126", "ChromeOS 14541.0.0"),
        ("Mozilla/5.0 (Android 13; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0", "Firefox 127", "Android 13"),
        ("Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) Version/17.5 Safari/604.1", "Safari 17", "iOS 17.5"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Edg/126.0.0.0", "Edge 126", "Windows 10.0"),
        ("", "", ""),
    ],
)
def test_a_browser_is_described_by_what_it_says(run: Run, agent: str, model: str, system: str) -> None:
    found = run("return describe(given)", agent)
    assert (found["model"], found["os"]) == (model, system)
