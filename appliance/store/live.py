"""What devices say again and again: presence, battery, app in front, raised hand. In memory-backed storage only.

Written by the bridge, read by the web process. Losing it harms nothing: the broker holds `presence` and `reported`
retained, and devices repeat themselves. Written to the card it would wear it out.
"""

from collections.abc import Collection, Iterable
from pathlib import Path

from peewee import BooleanField, CharField, IntegerField, Model
from playhouse.apsw_ext import APSWDatabase

from appliance.store.fields import JsonField, MomentField

live_database = APSWDatabase(None)


class Live(Model):
    """One row per device that has been heard of since the machine started."""

    device_id = CharField(primary_key=True)
    presence = CharField()
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

    class Meta:
        database = live_database


def open_live(path: Path) -> None:
    """Shared by processes of one machine: WAL for readers beside the writer, no fsync because nothing must survive."""
    if not live_database.is_closed():
        live_database.close()
    live_database.init(str(path), pragmas={"journal_mode": "wal", "synchronous": "off"}, timeout=5)
    with live_database.connection_context():
        live_database.create_tables([Live])


_COLUMNS = tuple(Live._meta.sorted_fields)
_REPLACE = (
    f"INSERT OR REPLACE INTO live ({', '.join(column.column_name for column in _COLUMNS)}) "  # noqa: S608 - our own names
    f"VALUES ({', '.join('?' * len(_COLUMNS))})"
)


def write_live(rows: Iterable[Live]) -> None:
    """All in one transaction; a row replaces the one before, column by column."""
    records = [tuple(column.db_value(getattr(row, column.name)) for column in _COLUMNS) for row in rows]
    if records:
        with live_database.atomic("IMMEDIATE"):
            live_database.connection().cursor().executemany(_REPLACE, records)


def forget_live(device_ids: Collection[str]) -> None:
    Live.delete().where(Live.device_id.in_(list(device_ids))).execute()


def read_live(device_ids: Iterable[str] | None = None) -> dict[str, Live]:
    query = Live.select()
    if device_ids is not None:
        query = query.where(Live.device_id.in_(list(device_ids)))
    return {row.device_id: row for row in query}
