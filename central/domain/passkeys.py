"""Values of a passkey's making and use. Knows no library and no table."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Party:
    """The site to which the passkeys belong: its host name, its origin, its name for people."""

    id: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the answer must repeat, and what a page gives to `navigator.credentials`."""

    text: str
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class KnownPasskey:
    """Its id as it travels, the key to check it by, how often it said that it was used."""

    id: str
    public_key: bytes
    count: int
