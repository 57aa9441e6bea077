"""Moments as people read them, in their language and in the school's time zone."""

from datetime import datetime

from flask_babel import format_datetime, get_locale


def clock_text(moment: datetime) -> str:
    """« 10 h 30 », with no-break spaces; 10:30 in English."""
    language = getattr(get_locale(), "language", "fr")
    return str(format_datetime(moment, "H:mm" if language != "fr" else "H'\u202fh\u202f'mm"))
