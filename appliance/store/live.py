"""What devices say again and again: presence, battery, app in front, raised hand. In memory-backed storage only.

Written by the bridge, read by the web process. Losing it harms nothing: the broker holds `presence` and `reported`
retained, and devices repeat themselves. Written to the card it would wear it out.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from peewee import BooleanField, CharField, IntegerField, Model
from playhouse.apsw_ext import APSWDatabase

from appliance.store.fields import JsonField, MomentField, from_milliseconds

live_database = APSWDatabase(None)


class Live(Model):
    """One row per device that has been heard of since the machine started."""

    device_id = CharField(primary_key=True)
    presence = CharField()  # over any channel
    own = CharField(default="offline")  # over its own channel: protocol Presence
    agent = CharField(null=True)  # over its agent: domain.agents.AgentPresence; null: it has none
    seen_at = MomentField()
    version = IntegerField(default=0)  # of the desired state that it has applied
    applied = JsonField(null=True)  # restrictions as it reports them
    unsupported = JsonField(null=True)
    errors = JsonField(null=True)
    battery_level = IntegerField(null=True)
    charging = BooleanField(null=True)
    storage_free = IntegerField(null=True)
    foreground = CharField(null=True)
    hand_at = MomentField(null=True)
    boot = CharField(null=True)  # as it says: another one after a restart

    class Meta:
        database = live_database


def open_live(path: Path) -> None:
    """Shared by processes of one machine: WAL for readers beside the writer, no fsync because nothing must survive."""
    if not live_database.is_closed():
        live_database.close()
    live_database.init(str(path), pragmas={"journal_mode": "wal", "synchronous": "off"}, timeout=5)
    with live_database.connection_context(), live_database.atomic("IMMEDIATE"):
        known = {column.name for column in live_database.get_columns("live")}
        if known and known != {column.column_name for column in _COLUMNS}:
            live_database.drop_tables([Live])  # of another version that was killed here
        live_database.create_tables([Live])


_COLUMNS = tuple(Live._meta.sorted_fields)
_REPLACE = (
    f"INSERT OR REPLACE INTO live ({', '.join(column.column_name for column in _COLUMNS)}) "  # noqa: S608 - our own names
    f"VALUES ({', '.join('?' * len(_COLUMNS))})"
)


def write_live(rows: Iterable[Live]) -> None:
    """All in one transaction; a row replaces the one before, column by column."""
    records = [tuple(column.db_value(row.__data__.get(column.name)) for column in _COLUMNS) for row in rows]
    if records:
        with live_database.atomic("IMMEDIATE"):
            live_database.connection().cursor().executemany(_REPLACE, records)


@dataclass(frozen=True, slots=True)
class LiveRow:
    """What a board shows of one device. Its JSON values are shared by rows that say the same: not to be changed."""

    presence: str
    own: str
    agent: str | None
    seen_at: datetime
    applied: Mapping[str, Any] | None
    unsupported: Sequence[str]
    battery_level: int | None
    charging: bool
    foreground: str | None
    hand_at: datetime | None


_SELECT_ROWS = (
    "SELECT device_id, presence, own, agent, seen_at, applied, unsupported, battery_level, charging, foreground, "
    "hand_at FROM live"
)


def forget_live(device_ids: Collection[str]) -> None:
    Live.delete().where(Live.device_id.in_(list(device_ids))).execute()


def read_live(device_ids: Iterable[str] | None = None) -> dict[str, Live]:
    query = Live.select()
    if device_ids is not None:
        query = query.where(Live.device_id.in_(list(device_ids)))
    return {row.device_id: row for row in query}


def read_live_rows(device_ids: Collection[str]) -> dict[str, LiveRow]:
    """For boards, which are read again at each change: hundreds of rows without a model for each."""
    wanted = frozenset(device_ids)
    rows = live_database.execute_sql(_SELECT_ROWS).fetchall()
    return {row[0]: _live_row(row) for row in rows if row[0] in wanted}


def read_agent_presences(device_ids: Iterable[str]) -> dict[str, str]:
    """Of those that have an agent and were heard of. Opens its own connection when there is none."""
    wanted = frozenset(device_ids)
    if not wanted:
        return {}
    with live_database.connection_context() if live_database.is_closed() else live_database.atomic():
        rows = live_database.execute_sql("SELECT device_id, agent FROM live WHERE agent IS NOT NULL").fetchall()
    return {row[0]: row[1] for row in rows if row[0] in wanted}


def _live_row(row: tuple[Any, ...]) -> LiveRow:
    _, presence, own, agent, seen_at, applied, unsupported, battery_level, charging, foreground, hand_at = row
    return LiveRow(
        presence=presence,
        own=own,
        agent=agent,
        seen_at=from_milliseconds(seen_at),
        applied=_shared(applied),
        unsupported=_shared(unsupported) or (),
        battery_level=battery_level,
        charging=bool(charging),
        foreground=foreground,
        hand_at=None if hand_at is None else from_milliseconds(hand_at),
    )


@lru_cache(maxsize=1024)
def _shared(text: str | None) -> Any:
    """A class says the same thirty times, and says it again at each look."""
    return None if text is None else json.loads(text)
