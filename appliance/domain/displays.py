"""What a teacher may put on a screen: nothing, who is there, a timer, a message. Values in, a protocol Display out."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from appliance.domain.lessons import LONGEST
from appliance.domain.restrictions import message_text
from appliance.errors import Invalid
from protocol.device import Display, Malformed, Show, parse_time

_FIELDS: dict[Show, frozenset[str]] = {
    Show.PRESENCE: frozenset({"show"}),
    Show.TIMER: frozenset({"show", "ends_at", "seconds", "label"}),
    Show.MESSAGE: frozenset({"show", "text"}),
}


def checked_display(value: object, started_at: datetime, now: datetime) -> Display | None:
    """None: the screen is to show nothing of its own. `started_at`: of the lesson. Raises Invalid."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise Invalid("bad_display", {"display": "wrong_type"})
    try:
        show = Show(str(value.get("show")))
    except ValueError:
        raise Invalid("bad_display", {"show": "unknown_value"}) from None
    if set(value) - _FIELDS[show]:
        raise Invalid("bad_display", {"display": "unknown_value"})
    if show is Show.TIMER:
        return Display(show, _end(value, started_at, now), _label(value.get("label")))
    if show is Show.MESSAGE:
        return Display(show, text=message_text(value.get("text"), "text"))
    return Display(show)


def _end(value: Mapping[str, object], started_at: datetime, now: datetime) -> datetime:
    """In `seconds` from now, which needs no right clock of the teacher's machine, or at `ends_at`."""
    seconds = value.get("seconds")
    ends_at = _moment(value.get("ends_at")) if seconds is None else now + timedelta(seconds=_whole(seconds))
    if not now < ends_at <= started_at + LONGEST:
        raise Invalid("bad_display", {"ends_at": "out_of_range"})
    return ends_at


def _whole(seconds: object) -> int:
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        raise Invalid("bad_display", {"seconds": "wrong_type"})
    if not 0 < seconds <= LONGEST.total_seconds():
        raise Invalid("bad_display", {"seconds": "out_of_range"})
    return seconds


def _moment(value: object) -> datetime:
    if not isinstance(value, str):
        raise Invalid("bad_display", {"ends_at": "missing" if value is None else "wrong_type"})
    try:
        return parse_time(value)
    except Malformed:
        raise Invalid("bad_display", {"ends_at": "wrong_type"}) from None


def _label(value: object) -> str:
    return "" if value in (None, "") else message_text(value, "label")
