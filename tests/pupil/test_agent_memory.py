"""What tabs of one device remember together: of a command that reaches both, one tab takes it."""

from typing import Any

from tests.pupil.agent_page import Bench, PupilPage

_OPEN = """async () => {
    const { Memory } = await import("/static/js/pupil/agent/memory.js");
    window.memory = await Memory.open("shared");
}"""
_CLAIM = "(entry) => { window.claimed = window.memory.claimCommand(entry); }"  # begun, not awaited
_FOUND = "async () => [await window.claimed, window.memory.problem]"


def entry(command: str, status: str = "received") -> dict[str, Any]:
    return {"id": command, "status": status, "error": None, "seenAt": 1, "told": False, "waits": None}


def two_tabs(bench: Bench) -> list[PupilPage]:
    first = bench.open()
    tabs = [first, bench.open(first.page.context)]
    for tab in tabs:
        tab.page.evaluate(_OPEN)
    return tabs


def test_of_two_tabs_that_claim_a_command_at_once_one_gets_it_and_the_other_sees_what_was_written(bench: Bench) -> None:
    tabs = two_tabs(bench)
    for turn in range(20):
        for place, tab in enumerate(tabs):
            tab.page.evaluate(_CLAIM, entry(f"command-{turn}", f"by {place}"))
        found = [tab.page.evaluate(_FOUND) for tab in tabs]
        winner = [other for other, _ in found].index(None)
        assert found[winner] == [None, None]
        assert found[1 - winner] == [entry(f"command-{turn}", f"by {winner}"), None]


def test_what_was_claimed_is_there_after_a_reload_as_it_was_last_written(bench: Bench) -> None:
    one, other = two_tabs(bench)
    one.page.evaluate(_CLAIM, entry("a"))
    assert one.page.evaluate(_FOUND) == [None, None]
    one.page.evaluate("(entry) => window.memory.keepCommand(entry)", entry("a", "done"))
    one.page.reload()
    one.page.evaluate(_OPEN)
    assert one.page.evaluate("async () => (await window.memory.load()).commands") == [entry("a", "done")]
    other.page.evaluate(_CLAIM, entry("a"))
    assert other.page.evaluate(_FOUND) == [entry("a", "done"), None]
