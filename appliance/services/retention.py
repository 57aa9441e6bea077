"""How long the store keeps what it no longer needs; the terms and their reasons are in docs/decisions/retention.md.

A slice at a time: a teacher's gesture must not wait for the cleaning. What was said to pupils goes with its lesson.
"""

from datetime import datetime, timedelta

from appliance.services.city_wishes import term_of
from appliance.store.fields import to_milliseconds
from appliance.store.models import database

LESSONS = timedelta(days=30)
JOURNAL = timedelta(days=396)  # thirteen months: a school year can still be read when the next one has begun
COUNTERS = timedelta(days=90)
CODES = timedelta(hours=1)
RAW_USAGE = timedelta(days=62)
INSTRUCTIONS = timedelta(days=90)  # after their end: an id that is gone is too late by itself

_PAGES_AT_ONCE = 500

# Each statement removes one slice. A lesson takes its devices' parts, gestures, receipts and requests along.
_SLICES: tuple[tuple[str, timedelta], ...] = (
    ("DELETE FROM lesson WHERE id IN (SELECT id FROM lesson WHERE ended_at < ? LIMIT 5)", LESSONS),
    (
        "DELETE FROM gesture WHERE id IN (SELECT id FROM gesture WHERE lesson_id IS NULL AND at < ? LIMIT 100)",
        LESSONS,
    ),
    ("DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE at < ? LIMIT 500)", JOURNAL),
    ("DELETE FROM dropped WHERE rowid IN (SELECT rowid FROM dropped WHERE last_at < ? LIMIT 500)", COUNTERS),
    # What a short code was exchanged for; links that people made are kept, for the administrator to see.
    ("DELETE FROM enrollment_token WHERE created_by = 'code' AND expires_at < ?", CODES),
    ("DELETE FROM join_code WHERE expires_at < ?", CODES),
    (
        "DELETE FROM usage_mark WHERE (device_id, boot) IN "
        "(SELECT device_id, boot FROM usage_mark WHERE updated_at < ? LIMIT 500)",
        COUNTERS,
    ),
    # A refused one has whatever end its sender gave it. What others point to (`see`) stays as long as they do.
    (
        "DELETE FROM instruction WHERE id IN (SELECT id FROM instruction AS over WHERE finished_at < ?1 "
        "AND (not_after < ?1 OR state = 'refused') AND NOT EXISTS (SELECT 1 FROM instruction AS part "
        "WHERE json_extract(part.envelope, '$.see') = over.id) LIMIT 20)",
        INSTRUCTIONS,
    ),
)
_KINDS = {LESSONS: "lessons", JOURNAL: "journal"}  # a city may shorten these, never lengthen them
_OLD_USAGE = (
    "DELETE FROM usage_record WHERE device_id = ? AND (boot, seq) IN "
    "(SELECT boot, seq FROM usage_record WHERE device_id = ? AND received_at < ? LIMIT 2000)"
)


def prune(now: datetime) -> bool:
    """One slice of everything that is over; False when nothing was left to do."""
    with database.atomic("IMMEDIATE"):
        removed = sum(_remove(statement, now - term_of(_KINDS.get(term, ""), term)) for statement, term in _SLICES)
    return removed > 0 or _give_back()


def make_room_for_usage(device_id: str, now: datetime) -> None:
    """In the caller's transaction, for a device at its cap: what is oldest goes first, if it is old enough."""
    database.execute_sql(_OLD_USAGE, (device_id, device_id, to_milliseconds(now - term_of("usage", RAW_USAGE))))


def _remove(statement: str, before: datetime) -> int:
    database.execute_sql(statement, (to_milliseconds(before),))
    return int(database.execute_sql("SELECT changes()").fetchone()[0])


def _give_back() -> bool:
    """Free pages go back to the disk, some at a time; True while there are more."""
    database.execute_sql(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})").fetchall()
    return int(database.execute_sql("PRAGMA freelist_count").fetchone()[0]) > 0
