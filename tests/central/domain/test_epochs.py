"""The rules of tokens and epochs, pair by pair; and a city with one honest box, or with two that claim to be it."""

import hashlib
import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from central.domain.epochs import (
    VERDICTS,
    Asked,
    Chain,
    EpochWord,
    Tokens,
    TokenWord,
    Verdict,
    after,
    epoch_word,
    hash_token,
    judge,
)

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
_NUMBERS = itertools.count()


def tokens() -> Tokens:
    return Tokens("a-one", lambda raw: hashlib.sha256(b"ours" + raw).hexdigest(), lambda: f"{next(_NUMBERS):016x}")


def test_every_pair_of_words_has_a_verdict_and_no_other_has() -> None:
    assert set(VERDICTS) == set(itertools.product(EpochWord, TokenWord))


@pytest.mark.parametrize(("epoch", "token"), list(itertools.product(EpochWord, TokenWord)))
def test_every_pair_is_reached_and_judged_as_the_table_says(epoch: EpochWord, token: TokenWord) -> None:
    ours = tokens()
    before = ours.give(4, "x")
    known = "" if epoch is EpochWord.FIRST else "e-1"
    chain = Chain(known, 5, hash_token(before), START)
    brought = {
        TokenWord.NONE: "",
        TokenWord.CURRENT: ours.give(5, hash_token(before)),
        TokenWord.BEFORE: before,
        TokenWord.AHEAD: ours.give(9, "y"),
        TokenWord.BEHIND: ours.give(3, "y"),
        TokenWord.FOREIGN: "5.0000000000000000.x." + "0" * 32,
    }[token]
    asked = Asked("e-1" if epoch is EpochWord.SAME else "e-2", brought, START, epoch is EpochWord.LEFT)

    assert epoch_word(chain, asked) is epoch
    if known or token is not TokenWord.BEFORE:  # before the first hello, there was none before
        assert ours.word(chain, brought) is token
    assert judge(ours, chain, asked, START) is VERDICTS[epoch, token]


def test_a_token_with_another_number_or_of_another_box_is_foreign() -> None:
    ours, other = tokens(), Tokens("a-two", lambda raw: hashlib.sha256(b"ours" + raw).hexdigest(), lambda: "0" * 16)
    given = ours.give(5, "x")
    for forged in (
        given.replace("5.", "6.", 1),
        other.give(5, "x"),
        "²." + given,
        "5",
        ".",
        "x" * 128,
        "9" * 40 + "." + given,
    ):
        assert ours.number_of(forged) is None
    assert ours.number_of(given) == 5


class _Server:
    """The chain as central keeps it, and what it was in older backups."""

    def __init__(self) -> None:
        self.tokens, self.chain = tokens(), Chain()
        self.left: frozenset[str] = frozenset()
        self.now = START
        self.noticed = False
        self.backups = [(self.chain, self.left)]

    def hear(self, epoch: str, token: str, at: datetime) -> str | None:
        """The next token; None: refused as late, or fenced."""
        asked = Asked(epoch, token, at, epoch in self.left)
        verdict = judge(self.tokens, self.chain, asked, self.now)
        if verdict is Verdict.CONFLICT:
            self.noticed = True
            return None
        if verdict is Verdict.BEGIN and self.chain.epoch:
            self.left |= {self.chain.epoch}
        self.chain = after(self.tokens, self.chain, asked, verdict, self.now)
        return None if verdict is Verdict.LATE else self.tokens.give(self.chain.number, self.chain.before)


class _Box:
    def __init__(self, epoch: str, token: str = "") -> None:
        self.epoch, self.token = epoch, token
        self.hellos = 0


class OneHonestBox(RuleBasedStateMachine):
    """Answers are lost, requests come late, both ends are restored from backups: nobody is ever fenced."""

    def __init__(self) -> None:
        super().__init__()
        self.server = _Server()
        self.box = _Box(f"e-{next(_NUMBERS)}")
        self.copies = [("", "")]
        self.delayed: list[tuple[str, str, datetime]] = []

    def _pass(self, seconds: int) -> None:
        self.server.now += timedelta(seconds=seconds)

    @rule(is_heard=st.booleans(), seconds=st.integers(1, 5000))
    def hello(self, is_heard: bool, seconds: int) -> None:
        self._pass(seconds)
        told = self.server.hear(self.box.epoch, self.box.token, self.server.now)
        if is_heard and told is not None:
            self.box.token = told

    @rule()
    def a_request_is_held_up_on_its_way(self) -> None:
        if len(self.delayed) < 2:
            self.delayed.append((self.box.epoch, self.box.token, self.server.now))
            self._pass(1)

    @precondition(lambda self: self.delayed)
    @rule()
    def it_arrives_at_last(self) -> None:
        """After a younger one was answered: a box asks again before long."""
        told = self.server.hear(self.box.epoch, self.box.token, self.server.now)
        self.box.token = told or self.box.token
        self.server.hear(*self.delayed.pop(0))
        self._pass(3601)  # such accidents are rare

    @rule()
    def the_box_is_backed_up(self) -> None:
        self.copies.append((self.box.epoch, self.box.token))

    @rule(data=st.data())
    def the_box_is_restored(self, data: st.DataObject) -> None:
        _, token = data.draw(st.sampled_from(self.copies))
        self.delayed.clear()
        self.box = _Box(f"e-{next(_NUMBERS)}", token)

    @rule()
    def the_server_is_backed_up(self) -> None:
        self.server.backups.append((self.server.chain, self.server.left))

    @rule(data=st.data())
    def the_server_is_restored(self, data: st.DataObject) -> None:
        self.delayed.clear()
        self.server.chain, self.server.left = data.draw(st.sampled_from(self.server.backups))

    @invariant()
    def nobody_is_fenced(self) -> None:
        assert not self.server.noticed


class TwoBoxesWithOneIdentity(RuleBasedStateMachine):
    """A copied card: on the same hardware it is noticed when both were answered twice.

    On other hardware it has a new epoch, as a box has that was moved: noticed when the one before speaks again.
    """

    @initialize(before=st.integers(0, 3), is_moved=st.booleans())
    def copy(self, before: int, is_moved: bool) -> None:
        self.server = _Server()
        self.first = _Box(f"e-{next(_NUMBERS)}")
        for _ in range(before):
            self._hello(self.first, True)
        self.second = _Box(f"e-{next(_NUMBERS)}" if is_moved else self.first.epoch, self.first.token)
        self.first.hellos, self.is_moved, self.spoke = 0, is_moved, ""
        self.changes = 0

    def _hello(self, box: _Box, is_heard: bool) -> None:
        self.server.now += timedelta(seconds=60)
        told = self.server.hear(box.epoch, box.token, self.server.now)
        if is_heard and told is not None:
            box.token = told
            box.hellos += 1

    @rule(is_first=st.booleans(), is_heard=st.booleans())
    def hello(self, is_first: bool, is_heard: bool) -> None:
        if self.server.noticed:
            return
        box = self.first if is_first else self.second
        self.changes += bool(self.spoke) and self.spoke != f"{is_first}"
        self.spoke = f"{is_first}"
        self._hello(box, is_heard)

    @invariant()
    def they_are_noticed(self) -> None:
        if not hasattr(self, "first") or self.server.noticed:
            return
        if self.is_moved:
            assert self.changes < 2
        else:
            assert min(self.first.hellos, self.second.hellos) < 2


TestOneHonestBox = OneHonestBox.TestCase
TestOneHonestBox.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestTwoBoxesWithOneIdentity = TwoBoxesWithOneIdentity.TestCase
TestTwoBoxesWithOneIdentity.settings = settings(max_examples=80, stateful_step_count=20, deadline=None)
