"""What a screen shows between two orders (our own addition to section 3). Owns its value and its form on the wire.

Only screens are sent one. A receiver that knows none of it, or cannot read it, shows nothing of it and loses nothing
else of its desired state: a lock must not depend on a display.
"""

from dataclasses import dataclass
from datetime import datetime

from protocol.device_words import Show
from protocol.fields import Fields, moment, remark, word
from protocol.strict_json import Malformed, Reason
from protocol.times import format_time

MAX_DISPLAY_CHARS = 500


@dataclass(frozen=True, slots=True)
class Display:
    """`label` is a timer's, `text` a message's."""

    show: Show
    ends_at: datetime | None = None
    label: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        if (self.ends_at is None) is (self.show is Show.TIMER):
            raise Malformed(Reason.MISSING_FIELD, "display.ends_at: a timer, and nothing else, has an end")


def read_display(value: object, path: str) -> Display | None:
    """None for what this version cannot show."""
    try:
        fields = Fields(value, path)
        show = fields.need("show", word(Show))
        if show is Show.TIMER:
            label = fields.maybe("label", remark(MAX_DISPLAY_CHARS)) or ""
            return Display(show, fields.need("ends_at", moment), label)
        if show is Show.MESSAGE:
            return Display(show, text=fields.need("text", remark(MAX_DISPLAY_CHARS)))
        return Display(show)
    except Malformed:
        return None


def display_as_json(display: Display) -> dict[str, object]:
    described: dict[str, object] = {"show": display.show.value}
    if display.ends_at is not None:
        described |= {"ends_at": format_time(display.ends_at), "label": display.label}
    if display.show is Show.MESSAGE:
        described["text"] = display.text
    return described
