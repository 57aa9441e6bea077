"""The states of a device's record, and the rules for its number."""

from enum import StrEnum

from appliance.errors import Invalid

MAX_NUMBER = 999


class DeviceStatus(StrEnum):
    ACTIVE = "active"
    RETIRED = "retired"  # end of service: broken, given back, replaced
    REMOVED = "removed"  # an administrator took its access away


def checked_number(value: object) -> int:
    """The sticker: 1 to 999, from a form, a command line or JSON."""
    try:
        number = int(str(value))
    except ValueError:
        raise Invalid("bad_number", {"number": "wrong_type"}) from None
    if not 1 <= number <= MAX_NUMBER:
        raise Invalid("bad_number", {"number": "out_of_range"})
    return number
