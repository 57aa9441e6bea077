"""What a device's reported state says about a gesture that waits for it: done, refused, failed, or overtaken.

`reported` is what the device applies, in its own words; it is believed, and compared with what was asked.
"""

from collections.abc import Collection
from dataclasses import dataclass

from appliance.domain.receipts import ReceiptState
from appliance.domain.restrictions import in_force
from protocol.device import Reported

NOT_APPLIED = "not_applied"  # the device has the version and does not do what it asks: its lease is over, or it lies
_MAX_ERROR_CHARS = 200


@dataclass(frozen=True, slots=True)
class Settled:
    state: ReceiptState
    error: str | None = None
    unsupported: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """What a gesture wanted of a device, by its capabilities' names, and the desired version that carries it.

    `missing`: what the device was known not to be able to do. `lifted`: what it was to let go.
    """

    version: int
    asked: Collection[str] = ()
    lifted: Collection[str] = ()
    missing: Collection[str] = ()


def settle(order: Order, reported: Reported) -> Settled:
    """For a report of the order's version or a later one."""
    asked, version = order.asked, order.version
    cannot = {*order.missing, *map(str, reported.unsupported)}
    unsupported = tuple(word for word in asked if word in cannot)
    errors = [text or key for key, text in reported.errors.items() if key in asked]
    if errors:
        return Settled(ReceiptState.FAILED, "; ".join(errors)[:_MAX_ERROR_CHARS], unsupported)
    if asked and len(unsupported) == len(asked):
        return Settled(ReceiptState.REJECTED, None, unsupported)
    if reported.restrictions is None:
        return Settled(ReceiptState.SUCCEEDED, None, unsupported)
    held = set(in_force(reported.restrictions))
    is_kept = reported.version == version and bool((set(order.lifted) - cannot) & held)
    if not set(asked) - cannot - held and not is_kept:
        return Settled(ReceiptState.SUCCEEDED, None, unsupported)
    if reported.version > version:
        return Settled(ReceiptState.CANCELED, None, unsupported)  # a later order took it back before it was seen
    return Settled(ReceiptState.FAILED, NOT_APPLIED, unsupported)
