"""What is known of a foreign agent on a tablet: whether it answers, what it is, what is wrong with it. No I/O.

The words are the hub's own: each translation turns its agent's into these.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

Word = TypeVar("Word", bound=StrEnum)


class AgentPresence(StrEnum):
    OFFLINE = "offline"
    ASLEEP = "asleep"  # said good-bye: the display is dark, or another app is in front. No fault
    CONNECTED = "connected"  # is there, and has not answered yet: nothing is sent but questions
    READY = "ready"  # answers
    AWAY = "away"  # answers, and another app is in front
    STALE = "stale"  # is there and does not answer: orders are withheld
    WITHHELD = "withheld"  # two clients under one name: orders are withheld until it is calm


ANSWERING = frozenset({AgentPresence.READY, AgentPresence.AWAY})


class Alarm(StrEnum):
    """What an administrator has to look at; each is raised once, and goes when its cause has gone."""

    NOT_OWNER = "not_owner"  # it should own the tablet and does not: it cannot lock
    MAY_NOT_LOCK = "may_not_lock"  # it owns the tablet, and itself is not among the apps that may lock
    OPEN = "open"  # the lock could not be taken again: the tablet is open
    PINNED = "pinned"  # only the pupil's consent holds the screen: weak
    TAKEOVER = "takeover"  # two connections under one name throw each other out
    CLONED = "cloned"  # two installations speak under one name
    REINSTALLED = "reinstalled"  # another installation than before speaks under this name
    WRONG_NAME = "wrong_name"  # what it says bears another's name
    FIXED = "fixed"  # a setting is fixed by the tablet's owner, and differs from what is wanted


@dataclass(frozen=True, slots=True)
class AgentMemory:
    """What a translation must know again after a restart, and what administration shows. No address, no secret."""

    instance: str = ""
    version: str = ""
    model: str = ""
    is_owner: bool | None = None
    may_lock: bool | None = None
    is_locked: bool | None = None  # as the tablet said last
    alarms: frozenset[Alarm] = frozenset()
    fixed: frozenset[str] = frozenset()  # settings that the tablet's owner has fixed


def memory_as_json(memory: AgentMemory) -> dict[str, object]:
    return {
        "instance": memory.instance,
        "version": memory.version,
        "model": memory.model,
        "is_owner": memory.is_owner,
        "may_lock": memory.may_lock,
        "is_locked": memory.is_locked,
        "alarms": sorted(memory.alarms),
        "fixed": sorted(memory.fixed),
    }


def read_memory(document: object) -> AgentMemory:
    """Of an earlier version, or of a later one: what cannot be read is not known."""
    said = document if isinstance(document, Mapping) else {}
    return AgentMemory(
        instance=_text(said.get("instance")),
        version=_text(said.get("version")),
        model=_text(said.get("model")),
        is_owner=_flag(said.get("is_owner")),
        may_lock=_flag(said.get("may_lock")),
        is_locked=_flag(said.get("is_locked")),
        alarms=frozenset(_words(said.get("alarms"), Alarm)),
        fixed=frozenset(word for word in _list(said.get("fixed")) if isinstance(word, str)),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _words(value: object, kind: type[Word]) -> Iterable[Word]:
    known = {str(word): word for word in kind}
    return (known[word] for word in _list(value) if isinstance(word, str) and word in known)
