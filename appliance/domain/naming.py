"""What a new device is called: its number is the sticker that the school puts on it; how a host is written in links."""

from collections.abc import Collection

from protocol.device import Kind

_NOUN = {Kind.TABLET: "Tablette", Kind.CHROMEBOOK: "Chromebook", Kind.LAPTOP: "Ordinateur", Kind.SCREEN: "Écran"}


def next_number(taken: Collection[int]) -> int:
    """The smallest free one from 1."""
    used = set(taken)
    return next(number for number in range(1, len(used) + 2) if number not in used)


def device_name(kind: Kind, number: int) -> str:
    return f"{_NOUN[kind]} {number:02d}"


def guest_name(number: int) -> str:
    return f"Invité {number}"


def host_in_url(host: str) -> str:
    """An IPv6 address stands in brackets there."""
    return f"[{host}]" if ":" in host else host
