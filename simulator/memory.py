"""What a device still knows after it was switched off, and its form in the state file.

Owns the values and their JSON. It must not touch a file.
"""

from dataclasses import dataclass, field
from typing import Any

from protocol import device as wire
from simulator.commands import CommandDesk, Entry


@dataclass
class Memory:
    """`hub_ahead_seconds` is how far the hub's time is ahead of the device's own clock."""

    hub_ahead_seconds: float = 0.0
    desired: wire.Desired | None = None
    is_lifted: bool = False
    desk: CommandDesk = field(default_factory=CommandDesk)
    unsent_usage: dict[str, list[wire.UsageRecord]] = field(default_factory=dict)
    installed: tuple[wire.InstalledPackage, ...] | None = None


def memory_as_json(memory: Memory) -> dict[str, Any]:
    return {
        "hub_ahead_seconds": memory.hub_ahead_seconds,
        "desired": None if memory.desired is None else _text(wire.encode_desired(memory.desired)),
        "is_lifted": memory.is_lifted,
        "commands": {command_id: _entry_as_json(entry) for command_id, entry in memory.desk.entries.items()},
        "usage": [
            _text(wire.encode_usage(wire.UsageBatch(boot, tuple(records))))
            for boot, records in memory.unsent_usage.items()
        ],
        "installed": None
        if memory.installed is None
        else [[package.name, package.version_code, package.version_name] for package in memory.installed],
    }


def memory_from_json(value: dict[str, Any]) -> Memory:
    """Raises KeyError, TypeError, ValueError or Malformed when it is not what `memory_as_json` wrote."""
    batches = [wire.parse_usage(text.encode()) for text in value["usage"]]
    installed = value["installed"]
    return Memory(
        hub_ahead_seconds=float(value["hub_ahead_seconds"]),
        desired=None if value["desired"] is None else wire.parse_desired(value["desired"].encode()),
        is_lifted=bool(value["is_lifted"]),
        desk=CommandDesk({command_id: _entry_from_json(entry) for command_id, entry in value["commands"].items()}),
        unsent_usage={batch.boot: list(batch.records) for batch in batches},
        installed=None if installed is None else tuple(wire.InstalledPackage(*package) for package in installed),
    )


def _entry_as_json(entry: Entry) -> dict[str, Any]:
    return {
        "seen_at": wire.format_time(entry.seen_at),
        "status": entry.status.value,
        "error": entry.error,
        "ends_with_restart": entry.ends_with_restart,
    }


def _entry_from_json(value: dict[str, Any]) -> Entry:
    return Entry(
        seen_at=wire.parse_time(value["seen_at"]),
        status=wire.AckStatus(value["status"]),
        error=value["error"],
        ends_with_restart=bool(value["ends_with_restart"]),
    )


def _text(payload: bytes) -> str:
    return payload.decode("utf-8")
