"""Is this the machine on which the store began its life? Decided on what a machine says of itself.

Owns the fingerprint's form. The strongest sign that both have decides: a card that was copied into another box brings
the machine-id along, so the board's serial and the network's addresses come first.
"""

import hashlib
from dataclasses import dataclass

_NONE = "0"
_BOARD, _MACHINE, _ADDRESS = 16, 12, 8  # hex digits
_MOST_ADDRESSES = 4


@dataclass(frozen=True, slots=True)
class Hardware:
    """As the machine says it; empty where it says nothing. `addresses`: of built-in network interfaces (MAC)."""

    board: str = ""
    machine_id: str = ""
    addresses: tuple[str, ...] = ()


def fingerprint(hardware: Hardware) -> str:
    """62 characters at most, none of which can be read back."""
    addresses = sorted(_digest(one.lower(), _ADDRESS) for one in hardware.addresses)[:_MOST_ADDRESSES]
    return "-".join((_digest(hardware.board, _BOARD), _digest(hardware.machine_id, _MACHINE), "".join(addresses)))


def is_same_machine(before: str, now: str) -> bool:
    """Two fingerprints. An adapter that was plugged in or out makes no other machine."""
    (board, machine, addresses), (other_board, other_machine, others) = _parts(before), _parts(now)
    if _is_told(board) and _is_told(other_board):
        return board == other_board
    if addresses and others:
        return bool(addresses & others)
    return machine == other_machine


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.strip().encode()).hexdigest()[:length] if text.strip() else _NONE * length


def _is_told(part: str) -> bool:
    return part.strip(_NONE) != ""


def _parts(text: str) -> tuple[str, str, frozenset[str]]:
    board, machine, addresses = [*text.split("-"), "", ""][:3]
    cut = range(0, len(addresses), _ADDRESS)
    return board, machine, frozenset(addresses[place : place + _ADDRESS] for place in cut)
