"""Which of the restrictions that the hub wants a device can make true. A rule without state."""

from collections.abc import Set
from dataclasses import replace
from typing import Any

from protocol.device import UNRESTRICTED, Capability, Restrictions

_NEEDS = {
    "lock": Capability.LOCK,
    "sound": Capability.SOUND,
    "camera": Capability.CAMERA,
    "internet": Capability.INTERNET,
    "apps": Capability.APPS,
}


def honour(wanted: Restrictions, capabilities: Set[Capability]) -> tuple[Restrictions, tuple[Capability, ...]]:
    """What is applied, and what was asked for in vain."""
    released: dict[str, Any] = {
        name: getattr(UNRESTRICTED, name)
        for name, capability in _NEEDS.items()
        if capability not in capabilities and getattr(wanted, name) != getattr(UNRESTRICTED, name)
    }
    return replace(wanted, **released), tuple(_NEEDS[name] for name in released)
