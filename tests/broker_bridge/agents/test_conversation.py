"""One message in flight: a procedure goes on when it hears what it waits for, or in vain when its time is over."""

from collections.abc import Generator

import pytest

from appliance.broker_bridge.agents.conversation import NEVER, Conversation, Step
from appliance.broker_bridge.agents.translation import Publish

Talk = Generator[Step[str], str | None, None]


def said(conversation: Conversation[str]) -> list[bytes]:
    taken = [one.payload for one in conversation.sent]
    conversation.sent.clear()
    return taken


def ask(word: str, log: list[str | None], seconds: float = 5) -> Talk:
    log.append((yield Step(Publish("request", word.encode(), 10), lambda heard: heard == f"re:{word}", seconds)))


def both(log: list[str | None]) -> Talk:
    yield from ask("a", log)
    yield from ask("b", log)


def test_the_second_message_goes_out_when_the_first_is_answered() -> None:
    talk, log = Conversation[str](), list[str | None]()
    talk.begin(both(log), 0)
    assert said(talk) == [b"a"]
    assert not talk.hear("re:b", 1)
    assert not talk.hear("something", 1)
    assert talk.hear("re:a", 1)
    assert said(talk) == [b"b"]
    assert talk.next_at == 6
    assert talk.hear("re:b", 2)
    assert (log, talk.is_idle, talk.next_at) == (["re:a", "re:b"], True, NEVER)


def test_what_is_not_answered_in_time_is_told_as_none() -> None:
    talk, log = Conversation[str](), list[str | None]()
    talk.begin(both(log), 0)
    assert not talk.tick(4.9)
    assert talk.tick(5)
    assert log == [None]
    assert not talk.hear("re:a", 6), "too late"
    assert talk.tick(10)
    assert (log, talk.is_idle) == ([None, None], True)


def test_what_was_given_up_hears_nothing_more() -> None:
    talk, log = Conversation[str](), list[str | None]()
    talk.begin(both(log), 0)
    talk.abort()
    assert talk.is_idle
    assert not talk.hear("re:a", 1)
    assert not talk.tick(100)
    assert log == []
    talk.begin(ask("c", log), 1)
    assert talk.hear("re:c", 1)


def test_two_procedures_at_once_are_a_defect() -> None:
    talk, log = Conversation[str](), list[str | None]()
    talk.begin(both(log), 0)
    with pytest.raises(RuntimeError):
        talk.begin(both(log), 0)
