"""What a person types to join a city: a code and an address, in their one form."""

import re

from appliance.errors import Invalid
from protocol.strict_json import Malformed
from protocol.uplink_claim import read_code, write_code

DEFAULT_PORT = 443
_ADDRESS = re.compile(r"(?P<host>[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?")


def checked_code(typed: object, field: str = "code") -> str:
    """Ten groups of four. Raises Invalid: whether the city knows it is the city's to say."""
    if not isinstance(typed, str) or not typed.strip():
        raise Invalid("bad_claim_code", {field: "missing"})
    try:
        return write_code(read_code(typed[:200]))
    except Malformed as error:
        raise Invalid("bad_claim_code", {field: "bad_form"}) from error


def checked_address(typed: object, field: str = "address") -> str:
    """`host:port`, as people type or paste it: with or without https:// and a slash at the end."""
    if not isinstance(typed, str) or not typed.strip():
        raise Invalid("bad_city_address", {field: "missing"})
    plain = typed.strip().lower().removeprefix("https://").rstrip("/")
    match = _ADDRESS.fullmatch(plain)
    port = int(match["port"] or DEFAULT_PORT) if match else 0
    if match is None or not 0 < port < 65536:
        raise Invalid("bad_city_address", {field: "bad_form"})
    return f"{match['host']}:{port}"
