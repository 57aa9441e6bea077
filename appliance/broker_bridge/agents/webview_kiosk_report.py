"""What Webview Kiosk applies, in the words of the device protocol. Values in, a report out.

The kiosk's own hold on the tablet is none of a lesson's restrictions: a lock is reported only while one is wanted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from appliance.broker_bridge.agents.conversation import NEVER
from appliance.broker_bridge.agents.webview_kiosk_facts import Facts
from appliance.domain.webview_kiosk import BLACKLIST, WHITELIST, Value
from protocol.device import Access, Capability, Desired, Reported, Restrictions

NOT_LOCKED, PINNED, FIXED, NOT_SETTLED = "not_locked", "pinned", "fixed_by_owner", "setting_not_confirmed"
_PAGES = (BLACKLIST, WHITELIST)
_NEVER_OURS = (Capability.SOUND, Capability.CAMERA, Capability.APPS)


@dataclass(slots=True)
class Tried:
    """What was tried for the present wish, so that nothing is tried for ever."""

    locks: int = 0
    lock_again_at: float = NEVER
    settings: Mapping[str, Value] = field(default_factory=dict)
    home: bool = False

    def forget(self) -> None:
        self.locks, self.lock_again_at, self.settings, self.home = 0, NEVER, {}, False


def is_settled(desired: Desired, facts: Facts, tried: Tried, wanted: Mapping[str, Value], *, can_lock: bool) -> bool:
    """Whether every part of this wish is done, or was tried and failed."""
    is_lock_settled = (
        desired.restrictions.lock is None or facts.is_held or tried.locks > 0 or (facts.is_informed and not can_lock)
    )
    return is_lock_settled and (_has_pages(facts, wanted) or tried.settings == wanted)


def make_report(desired: Desired, facts: Facts, wanted: Mapping[str, Value], *, can_lock: bool) -> Reported:
    restrictions, errors = desired.restrictions, {}
    lock = restrictions.lock if facts.is_held else None
    if restrictions.lock is not None and lock is None and can_lock:
        errors["lock"] = PINNED if facts.is_pinned else NOT_LOCKED
    has_pages = _has_pages(facts, wanted)
    if not has_pages:
        errors["internet"] = FIXED if facts.fixed & set(_PAGES) else NOT_SETTLED
    internet = restrictions.internet if has_pages else Access.ALLOWED
    cannot = _NEVER_OURS if can_lock else (Capability.LOCK, *_NEVER_OURS)
    return Reported(
        version=desired.version,
        at=None,
        restrictions=Restrictions(lock=lock, internet=internet),
        unsupported=cannot,
        errors=errors,
        battery=facts.battery,
        foreground=None if facts.is_away or not facts.host else f"web:{facts.host}",
    )


def _has_pages(facts: Facts, wanted: Mapping[str, Value]) -> bool:
    return all(facts.settings.get(key) == wanted[key] for key in _PAGES)
