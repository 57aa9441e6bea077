"""Which of two boxes with one identity is which: tokens, epochs, and what a hello that brings them means.

A token tells its number, the token in whose answer it was given, and that it is ours (`Prove`): so it is known again
also after the server was restored from an older backup. Owns the rules; reads no clock and no row.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

Prove = Callable[[bytes], str]  # the same bytes give the same text, which nobody else can make

_PURPOSE = b"preau hello token\n"
_SHORT = 32
MOST_LATE = 3  # requests that came after a younger one; more are no accident of the line
LATE_MEMORY = timedelta(hours=1)


class TokenWord(StrEnum):
    NONE = "none"
    CURRENT = "current"  # of the last answer, or of another answer to the same hello
    BEFORE = "before"  # what the last hello brought: our answer was lost
    AHEAD = "ahead"  # ours, and younger than all we know: we were restored from a backup
    BEHIND = "behind"  # ours, and used up
    FOREIGN = "foreign"


class EpochWord(StrEnum):
    FIRST = "first"
    SAME = "same"
    NEW = "new"
    LEFT = "left"


class Verdict(StrEnum):
    BEGIN = "begin"  # a first hello, or a new epoch
    GO_ON = "go_on"
    REPEAT = "repeat"
    CATCH_UP = "catch_up"
    LATE = "late"  # an old request that arrives only now: not answered, nothing changes
    CONFLICT = "conflict"


_SAME = {
    TokenWord.NONE: Verdict.CONFLICT,
    TokenWord.CURRENT: Verdict.GO_ON,
    TokenWord.BEFORE: Verdict.REPEAT,
    TokenWord.AHEAD: Verdict.CATCH_UP,
    TokenWord.BEHIND: Verdict.CONFLICT,
    TokenWord.FOREIGN: Verdict.CONFLICT,
}
# A restored box brings an old token and a new epoch: whatever its token, the new epoch counts.
VERDICTS: dict[tuple[EpochWord, TokenWord], Verdict] = {
    **{(EpochWord.FIRST, token): Verdict.BEGIN for token in TokenWord},
    **{(EpochWord.NEW, token): Verdict.BEGIN for token in TokenWord},
    **{(EpochWord.SAME, token): verdict for token, verdict in _SAME.items()},
    **{(EpochWord.LEFT, token): Verdict.CONFLICT for token in TokenWord},
}


@dataclass(frozen=True, slots=True)
class Chain:
    """What is known of one box. `before`: hash of the token of its last hello; `number`: of the answer to that."""

    epoch: str = ""
    number: int = 0
    before: str = ""
    claimed_at: datetime | None = None  # the youngest hello, by the box's clock, never beyond ours
    late: int = 0
    late_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a hello brings. `was_left`: its epoch was this box's once, and is no more."""

    epoch: str
    token: str
    at: datetime
    was_left: bool


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class Tokens:
    """The tokens of one appliance. `draw`: 16 hex digits by chance."""

    def __init__(self, appliance: str, prove: Prove, draw: Callable[[], str]) -> None:
        self._appliance = appliance
        self._prove = prove
        self._draw = draw

    def give(self, number: int, before: str) -> str:
        told = f"{number}.{self._draw()}.{before[:_SHORT]}"
        return f"{told}.{self._proof(told)}"

    def number_of(self, token: str) -> int | None:
        """None: not ours."""
        told, _, proof = token.rpartition(".")
        number = told.partition(".")[0]
        if not (number.isascii() and number.isdecimal() and len(number) < 16):
            return None
        return int(number) if hmac.compare_digest(proof.encode(), self._proof(told).encode()) else None

    def word(self, chain: Chain, token: str) -> TokenWord:
        if chain.epoch and hash_token(token) == chain.before:
            return TokenWord.BEFORE
        if not token:
            return TokenWord.NONE
        number = self.number_of(token)
        if number is None:
            return TokenWord.FOREIGN
        if number != chain.number:
            return TokenWord.AHEAD if number > chain.number else TokenWord.BEHIND
        is_answer = token.split(".")[2] == chain.before[:_SHORT]
        return TokenWord.CURRENT if is_answer else TokenWord.BEHIND

    def _proof(self, told: str) -> str:
        proof = self._prove(_PURPOSE + f"{self._appliance}\n{told}".encode())
        return hashlib.sha256(proof.encode()).hexdigest()[:_SHORT]


def epoch_word(chain: Chain, asked: Asked) -> EpochWord:
    if asked.epoch == chain.epoch:
        return EpochWord.SAME
    if asked.was_left:
        return EpochWord.LEFT
    return EpochWord.NEW if chain.epoch else EpochWord.FIRST


def judge(tokens: Tokens, chain: Chain, asked: Asked, now: datetime) -> Verdict:
    verdict = VERDICTS[epoch_word(chain, asked), tokens.word(chain, asked.token)]
    return Verdict.LATE if verdict is Verdict.CONFLICT and _is_late(chain, asked, now) else verdict


def _is_late(chain: Chain, asked: Asked, now: datetime) -> bool:
    """A request that waited in a queue while its box had given up, asked again and was answered."""
    if chain.claimed_at is None or asked.at >= chain.claimed_at:
        return False
    return chain.late_at is None or now - chain.late_at > LATE_MEMORY or chain.late < MOST_LATE


def after(tokens: Tokens, chain: Chain, asked: Asked, verdict: Verdict, now: datetime) -> Chain:
    """The chain once this hello is answered. Not for conflicts: those are kept aside."""
    if verdict is Verdict.LATE:
        is_recent = chain.late_at is not None and now - chain.late_at <= LATE_MEMORY
        return Chain(chain.epoch, chain.number, chain.before, chain.claimed_at, chain.late + 1 if is_recent else 1, now)
    number = chain.number
    if verdict is not Verdict.REPEAT:
        number = max(number, tokens.number_of(asked.token) or 0) + 1
    known = [asked.at] if chain.claimed_at is None else [asked.at, chain.claimed_at]
    claimed_at = min(max(known), now)
    return Chain(asked.epoch, number, hash_token(asked.token), claimed_at, chain.late, chain.late_at)
