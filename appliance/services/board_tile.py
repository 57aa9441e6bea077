"""One tile of a board: what is wanted of a device, what it says of itself, and what became of the last gesture.

Values in, JSON-ready values out: it reads no table and knows no lesson.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from appliance.domain.agents import AgentPresence
from appliance.domain.gestures import missing_for
from appliance.domain.receipt_line import Answer
from appliance.domain.restrictions import Hold
from appliance.services.apps import label_of
from appliance.store.live import LiveRow
from protocol.device import Capability, Kind, Presence, format_time, restrictions_as_json

Json = dict[str, Any]

_PAGE_AGENT = "preau-page/"  # how the pupil page names itself when it enrolls


class Whereabouts(StrEnum):
    """Of a device that is no use to the lesson at this moment, and why."""

    LEFT_PAGE = "left_page"  # the pupil page is hidden behind another tab or window
    ASLEEP = "asleep"  # its agent said good-bye: a dark display
    OTHER_APP = "other_app"
    SILENT = "silent"  # its agent is connected and does not answer, or must not be spoken to
    UNHELD = "unheld"  # its page is there, and the kiosk that should hold the tablet is not


# Of a device that no channel reaches: what its agent is known to be.
_OUT_OF_REACH = {
    AgentPresence.ASLEEP: Whereabouts.ASLEEP,
    AgentPresence.STALE: Whereabouts.SILENT,
    AgentPresence.WITHHELD: Whereabouts.SILENT,
}
# A kiosk that sleeps goes on holding its tablet; one that is gone may have been left.
_NOT_HOLDING = frozenset({AgentPresence.OFFLINE, AgentPresence.STALE, AgentPresence.WITHHELD})


@dataclass(frozen=True, slots=True)
class Tile:
    """One device's part in the lesson, as the store has it. `display`: what a screen shows."""

    device_id: str
    number: int
    name: str
    kind: str
    agent: str
    capabilities: tuple[str, ...]
    is_guest: bool
    hold: Hold
    display: Mapping[str, Any] | None
    pupil: str | None

    @property
    def has_sticker(self) -> bool:
        return not self.is_guest and self.kind != Kind.SCREEN

    @property
    def is_page(self) -> bool:
        """Of a guest nothing is kept that would tell; only a browser comes in as one."""
        return self.is_guest or self.agent.startswith(_PAGE_AGENT)


def shown(tile: Tile, live: LiveRow | None, answer: Answer | None, gesture_id: str | None) -> Json:
    """docs/ui.md describes the shape."""
    wanted = _wanted(tile.hold)
    return {
        "device_id": tile.device_id,
        "number": number_of(tile.number, tile.has_sticker),
        "name": tile.name,
        "pupil": tile.pupil,
        "kind": tile.kind,
        "guest": tile.is_guest,
        "page": tile.is_page,
        "presence": "never" if live is None else live.presence,
        "seen_at": None if live is None else time_text(live.seen_at),
        "battery": _battery(live),
        "app": None
        if live is None or not live.foreground
        else {"package": live.foreground, "label": label_of(live.foreground)},
        "whereabouts": _whereabouts(tile, live),
        "hand_at": None if live is None else time_text(live.hand_at),
        "capabilities": list(tile.capabilities),
        "restrictions": wanted,
        "applied": live is not None and _is_applied(tile, wanted, live),
        "unsupported": [] if live is None else sorted(live.unsupported),
        "eyes_up": tile.hold.eyes_up is not None,
        "display": tile.display,
        "receipt": None if answer is None or gesture_id is None else _receipt(answer, gesture_id),
    }


def number_of(number: int, has_sticker: bool) -> str:
    """The sticker's. Guests and screens are called by their names: the class's tablet 01 is not screen 01."""
    return f"{number:02d}" if has_sticker else ""


def is_online(live: LiveRow | None) -> bool:
    return live is not None and live.presence == Presence.ONLINE


def time_text(value: datetime | None) -> str | None:
    return None if value is None else format_time(value)


def _receipt(answer: Answer, gesture_id: str) -> Json:
    return {
        "gesture_id": gesture_id,
        "status": answer.shown,
        "error": answer.error,
        "unsupported": list(answer.unsupported),
        "evidence": answer.evidence,
    }


def _whereabouts(tile: Tile, live: LiveRow | None) -> Whereabouts | None:
    """Where somebody is who does not look at the lesson. A tablet's own home screen is no such place."""
    if live is None:
        return None
    if not is_online(live):
        return None if live.agent is None else _OUT_OF_REACH.get(AgentPresence(live.agent))
    if live.agent == AgentPresence.AWAY:
        return Whereabouts.OTHER_APP
    is_there = live.agent is None or live.own == Presence.ONLINE
    if tile.is_page and is_there and live.foreground is None and live.applied is not None:
        return Whereabouts.LEFT_PAGE
    return Whereabouts.UNHELD if live.agent in _NOT_HOLDING else None


@lru_cache(maxsize=1024)
def _wanted(hold: Hold) -> Json:
    """Shared between the tiles that want the same: not to be changed."""
    return restrictions_as_json(hold.restrictions)


def _is_applied(tile: Tile, wanted: Json, live: LiveRow) -> bool:
    """What the device says it applies is what is wanted, apart from what it cannot do."""
    if live.applied is None:
        return tile.hold.restrictions.is_free
    missing = {*missing_for(tile.hold.restrictions, frozenset(tile.capabilities)), *live.unsupported}
    return all(_agree(name, live.applied.get(name), value) for name, value in wanted.items() if name not in missing)


def _agree(name: str, applied: Any, wanted: Any) -> bool:
    """A device may word its lock and sort its apps in its own way."""
    if name == Capability.LOCK:
        return (applied is None) is (wanted is None)
    if name == Capability.APPS and applied and wanted:
        return set(applied) == set(wanted)
    return bool(applied == wanted)


def _battery(live: LiveRow | None) -> Json | None:
    if live is None or live.battery_level is None:
        return None
    return {"level": live.battery_level, "charging": live.charging}
