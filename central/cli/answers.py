"""What an act of `admin` is given, and what it gives back."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from central.bootstrap import Services
from central.config import Config

Nouns = argparse._SubParsersAction  # of one ArgumentParser, as argparse calls it


@dataclass(frozen=True, slots=True)
class Answer:
    """`lines` for people, `document` for `--json`, `notes` on the side (standard error)."""

    document: Mapping[str, object]
    lines: Sequence[str]
    notes: Sequence[str] = field(default=())


@dataclass(frozen=True, slots=True)
class Desk:
    """Which server, and its use cases; a connection to its database is open."""

    config: Config
    services: Services


Act = Callable[[Desk, argparse.Namespace], Answer]
