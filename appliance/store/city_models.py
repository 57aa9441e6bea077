"""The tables of what the city and this box tell each other (docs/decisions/city.md). No rule lives here.

From schema 3.
"""

from peewee import BlobField, BooleanField, CharField, CompositeKey, IntegerField, TextField

from appliance.store.fields import JsonField, MomentField
from appliance.store.models import Row


class CityLink(Row):
    """One row (id 1) once a city has been joined; its files (key, certificates) are in `DATA/city/`."""

    id = IntegerField(primary_key=True)
    address = CharField()  # https://host:port of central's uplink
    appliance = CharField()
    uai = CharField()
    city = CharField()
    broker = CharField(default="")
    root = CharField()  # base64: the city's offline key
    time_key = CharField()  # base64: signs times and configurations, until a ring names a key for that; then empty
    token = CharField(default="")  # for the next hello
    standing = CharField(default="active")  # protocol Standing
    claimed_at = MomentField()
    hello_at = MomentField(null=True)  # the last one that was answered
    tried_at = MomentField(null=True)
    trouble = CharField(default="")  # code of what stops it now; empty while it works
    trouble_detail = TextField(default="")
    trouble_at = MomentField(null=True)
    ring = TextField(default="")  # the signed key ring, as it came
    ring_version = IntegerField(default=0)
    config = TextField(default="")  # the signed configuration, as it came
    config_version = IntegerField(default=0)
    reconciled_on = CharField(default="")  # the day of the last comparison
    mark = CharField(default="")  # while there are two of us: the word by which people know this one
    other_chosen = BooleanField(default=False)  # and a person has taken the other one
    asked_at = MomentField(null=True)  # a person wants to hear the city now
    snapshot_trouble = CharField(default="")  # why the city keeps no backup of this box
    takeover_trouble = CharField(default="")  # it was to take another one's place, and found nothing to take over


class Incarnation(Row):
    """One row (id 1): the epoch of this store, and the machine on which it began."""

    id = IntegerField(primary_key=True)
    epoch = CharField()
    hardware = CharField()
    began_at = MomentField()
    reason = CharField()  # created, restored, repaired, moved


class OutboxLane(Row):
    """`offered`: up to here, records may have left. `purged`: up to here, acknowledged ones may be gone."""

    lane = IntegerField(primary_key=True)
    last_seq = IntegerField(default=0)
    acknowledged = IntegerField(default=0)
    offered = IntegerField(default=0)
    purged = IntegerField(default=0)


class OutboxRecord(Row):
    """`body` as canonical JSON text; null: what the key named is gone. Kept 7 days after `acknowledged_at`.

    `origin`: `epoch/seq` under which it was written first, when an epoch has begun since (store/epochs.py).
    """

    lane = IntegerField()
    seq = IntegerField()
    type = CharField()
    key = CharField(null=True)
    body = TextField(null=True)
    at = MomentField()
    acknowledged_at = MomentField(null=True)
    parked = CharField(default="")  # why central refuses it; it is passed over
    origin = CharField(null=True)

    class Meta:
        primary_key = CompositeKey("lane", "seq")
        without_rowid = True


class DeviceDay(Row):
    """A device that was seen on that day of the school, and its battery; gone once the day was counted."""

    day = CharField()
    device_id = CharField()
    lowest = IntegerField(null=True)
    highest = IntegerField(null=True)

    class Meta:
        primary_key = CompositeKey("day", "device_id")
        without_rowid = True


class Exchange(Row):
    """What was last sent, to the letter; bounded by number and bytes."""

    id = IntegerField(primary_key=True)
    at = MomentField()
    kind = CharField()  # hello, batch, snapshot, …
    lane = IntegerField(null=True)
    body = BlobField(null=True)
    size = IntegerField()  # of the body
    wire = IntegerField()  # of what went over the line, packed
    answered_at = MomentField(null=True)
    outcome = CharField(default="")  # an HTTP status, or the code of the trouble


RESTORED = "restored"
"""`detail` of an instruction that was open in a backup: it may have been carried out since."""


class Instruction(Row):
    """Kept once by id, also when refused. `envelope` as it came."""

    id = CharField(primary_key=True)
    kind = CharField()
    by = CharField()
    envelope = JsonField()
    state = CharField()  # protocol InstructionState
    refusal = CharField(default="")
    detail = TextField(default="")
    received_at = MomentField()
    not_after = MomentField()
    started_at = MomentField(null=True)
    finished_at = MomentField(null=True)
    progress = JsonField(null=True)  # what must be known to tell, after a kill, whether it was done
    is_canceled = BooleanField(default=False)


CITY_TABLES: tuple[type[Row], ...] = (CityLink, Incarnation, OutboxLane, OutboxRecord, DeviceDay, Exchange, Instruction)

CITY_INDEXES = (
    "CREATE UNIQUE INDEX IF NOT EXISTS one_row_a_key ON outbox_record(lane, key) WHERE key IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS open_instructions ON instruction(state) WHERE finished_at IS NULL",
)
