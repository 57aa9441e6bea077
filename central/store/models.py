"""The tables of schools, appliances and what they send. No rule lives here. People and orders: `desk_models`.

All that a worker must know is here, so that any number of workers may serve.
"""

from peewee import (
    AutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    CharField,
    CompositeKey,
    DatabaseProxy,
    DoubleField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)

from central.store.fields import JsonField, MomentField

# Bound once per process by `store.database.open_database`.
database = DatabaseProxy()


class Row(Model):
    """`x_id` beside a foreign key tells the type checker what peewee makes of it."""

    class Meta:
        database = database
        legacy_table_names = False


class Setting(Row):
    key = CharField(primary_key=True)
    value = JsonField()


class SchoolGroup(Row):
    id = AutoField()
    name = CharField(unique=True)
    created_at = MomentField()


class School(Row):
    uai = CharField(primary_key=True)
    name = CharField()
    group = ForeignKeyField(SchoolGroup, null=True, on_delete="SET NULL")
    group_id: int | None
    latitude = DoubleField(null=True)
    longitude = DoubleField(null=True)
    zone = CharField(default="Europe/Paris")
    created_at = MomentField()
    archived_at = MomentField(null=True)


class ClaimTicket(Row):
    """A claim code that was given out; of its secret only the hash is kept."""

    id = AutoField()
    secret_hash = CharField(unique=True)
    school = ForeignKeyField(School, on_delete="CASCADE")
    school_id: str
    created_at = MomentField()
    created_by = CharField()
    expires_at = MomentField()
    revoked_at = MomentField(null=True)
    used_at = MomentField(null=True)
    used_key = CharField(null=True)  # SHA-256 of the public key that used it: the same may ask again within an hour
    appliance = CharField(null=True)
    replaces = CharField(null=True)  # the appliance whose place the new one takes


class Appliance(Row):
    """What is told of it by itself is in `status` and in the columns that people sort by."""

    id = CharField(primary_key=True)
    school = ForeignKeyField(School, on_delete="CASCADE", backref="appliances")
    school_id: str
    standing = CharField(default="active", index=True)  # protocol Standing
    epoch = CharField(default="")
    hardware = CharField(default="")
    token_number = BigIntegerField(default=0)  # of the token that the next hello must bring (domain.epochs)
    token_before = CharField(default="")  # hash of the one it may bring, if our answer was lost
    hello_mark = CharField(default="")  # of the token that was given last: a batch that names another is another box's
    hello_claimed_at = MomentField(null=True)  # the youngest hello, by the box's own clock
    late_hellos = IntegerField(default=0)
    late_hello_at = MomentField(null=True)
    conflict = JsonField(null=True)  # who else claims to be it, and whom a person has chosen (services.contestants)
    chosen_at = MomentField(null=True)
    address = CharField(default="")  # whence its last hello came, as the door saw it
    poll_seconds = IntegerField(default=60)  # when it was told to say hello again
    claimed_at = MomentField()
    hello_at = MomentField(null=True, index=True)
    stable_since = MomentField(null=True)
    software = CharField(default="")
    schema = IntegerField(default=0)
    storage = CharField(default="normal")
    disk_total = BigIntegerField(default=0)
    disk_free = BigIntegerField(default=0)
    clock_ahead_seconds = BigIntegerField(default=0)
    devices = IntegerField(default=0)
    config_version = IntegerField(default=0)
    ring_version = IntegerField(default=0)
    backlog_records = BigIntegerField(default=0)
    backlog_oldest_at = MomentField(null=True)
    turn_until = MomentField(null=True)  # heavy work was granted until then
    bridge = BooleanField(default=False)  # its MQTT bridge is there now, as the city's broker says
    bridge_at = MomentField(null=True)
    findings = JsonField(null=True)


class Epoch(Row):
    """Every epoch an appliance has had: one that was left must not come back."""

    appliance = ForeignKeyField(Appliance, on_delete="CASCADE")
    appliance_id: str
    epoch = CharField()
    hardware = CharField()
    first_at = MomentField()
    left_at = MomentField(null=True)

    class Meta:
        primary_key = CompositeKey("appliance", "epoch")


class Certificate(Row):
    serial = CharField(primary_key=True)  # hex
    appliance = ForeignKeyField(Appliance, on_delete="CASCADE")
    appliance_id: str
    not_before = MomentField()
    not_after = MomentField()
    revoked_at = MomentField(null=True)


class Cursor(Row):
    """How far one lane of one epoch has been applied."""

    appliance = ForeignKeyField(Appliance, on_delete="CASCADE")
    appliance_id: str
    epoch = CharField()
    lane = IntegerField()
    up_to = BigIntegerField()
    updated_at = MomentField()

    class Meta:
        primary_key = CompositeKey("appliance", "epoch", "lane")


class ParkedRecord(Row):
    """What could not be applied: kept, counted, shown, tried again by hand or after an upgrade."""

    id = AutoField()
    appliance = ForeignKeyField(Appliance, on_delete="CASCADE")
    appliance_id: str
    epoch = CharField()
    lane = IntegerField()
    seq = BigIntegerField()
    record = JsonField()  # as it came
    reason = CharField()
    detail = CharField(default="")
    parked_at = MomentField()
    tries = IntegerField(default=1)

    class Meta:
        indexes = ((("appliance", "epoch", "lane", "seq"), True),)


class StateRow(Row):
    """The state lane, as it came: what is compared by digest. `hash` of the canonical body."""

    appliance = ForeignKeyField(Appliance, on_delete="CASCADE")
    appliance_id: str
    key = CharField()
    hash = CharField()

    class Meta:
        primary_key = CompositeKey("appliance", "key")


class Device(Row):
    """Any managed device: told by an appliance (`appliance`), or added by hand or CSV (`by_hand`)."""

    id = CharField(primary_key=True)
    school = ForeignKeyField(School, on_delete="CASCADE")
    school_id: str
    appliance = CharField(null=True, index=True)
    by_hand = BooleanField(default=False)
    serial = CharField(index=True)
    number = IntegerField(default=0)
    name = CharField()
    kind = CharField()
    status = CharField()
    manufacturer = CharField(default="")
    model = CharField(default="")
    os = CharField(default="")
    agent = CharField(default="")
    cart = CharField(default="")
    enrolled_at = MomentField(null=True)
    seen_at = MomentField(null=True)
    battery = IntegerField(null=True)
    charging = BooleanField(null=True)
    free_bytes = BigIntegerField(null=True)
    in_lesson = BooleanField(default=False)
    lesson_day = CharField(null=True)  # of its last lesson
    held = JsonField(null=True)  # what that lesson held back at last
    packages = JsonField(null=True)
    capabilities = JsonField(null=True)
    search = CharField(max_length=1000, default="")  # folded text of what people search by
    remark = TextField(default="")
    updated_at = MomentField()

    class Meta:
        indexes = ((("school", "status"), False),)


class Cart(Row):
    appliance = ForeignKeyField(Appliance, on_delete="CASCADE")
    appliance_id: str
    id = CharField()
    name = CharField()

    class Meta:
        primary_key = CompositeKey("appliance", "id")


class Usage(Row):
    """One cell of device-days; a cell that is sent again replaces itself."""

    school = ForeignKeyField(School, on_delete="CASCADE")
    school_id: str
    period = CharField(max_length=10)
    level = CharField()
    app = CharField()
    epoch = CharField()
    seq = BigIntegerField()
    device_days = IntegerField()
    seconds = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("school", "period", "level", "app", "epoch", "seq")


class Activity(Row):
    school = ForeignKeyField(School, on_delete="CASCADE")
    school_id: str
    period = CharField(max_length=10)
    epoch = CharField()
    seq = BigIntegerField()
    lessons = IntegerField()
    lesson_minutes = IntegerField()
    devices = IntegerField()
    seen = IntegerField()
    enrollments = IntegerField()
    enrollment_failures = IntegerField()
    gestures = JsonField()

    class Meta:
        primary_key = CompositeKey("school", "period", "epoch", "seq")


class BatteryDay(Row):
    device = CharField()
    period = CharField(max_length=10)
    school = CharField()
    lowest = IntegerField()
    highest = IntegerField()

    class Meta:
        primary_key = CompositeKey("device", "period")
        indexes = ((("period",), False),)  # the last weeks of all, and what is let go


class SchoolAudit(Row):
    """Lines of the schools' journals, and their security events; once by (appliance, epoch, seq)."""

    appliance = CharField()
    epoch = CharField()
    seq = BigIntegerField()
    school = CharField()
    at = MomentField(index=True)
    received_at = MomentField()
    actor = CharField()
    action = CharField()
    target = CharField(default="")
    detail = JsonField(null=True)
    is_security = BooleanField(default=False)

    class Meta:
        primary_key = CompositeKey("appliance", "epoch", "seq")
        indexes = ((("school", "at"), False),)  # one school's newest lines, without sorting all of them


class Gap(Row):
    appliance = CharField()
    epoch = CharField()
    seq = BigIntegerField()
    lane = IntegerField()
    after = BigIntegerField()
    up_to = BigIntegerField()
    count = BigIntegerField()
    reason = CharField()
    at = MomentField()

    class Meta:
        primary_key = CompositeKey("appliance", "epoch", "seq")


class LinkHour(Row):
    """Quality of a school's line: hellos that came, of those that were due, in one hour."""

    appliance = CharField()
    hour = MomentField()
    hellos = IntegerField(default=0)
    batches = IntegerField(default=0)
    bytes = BigIntegerField(default=0)
    late_seconds = IntegerField(default=0)  # the longest silence within it

    class Meta:
        primary_key = CompositeKey("appliance", "hour")
        indexes = ((("hour",), False),)  # what is let go


class Snapshot(Row):
    """A school's daily backup, encrypted with a key that is not in the database."""

    id = AutoField()
    school = ForeignKeyField(School, on_delete="CASCADE")
    school_id: str
    appliance = CharField()
    epoch = CharField()
    at = MomentField()
    sha256 = CharField()  # of the plain file
    size = IntegerField()
    sealed = BlobField()

    class Meta:
        indexes = ((("school", "at"), False),)


FLEET_TABLES: tuple[type[Row], ...] = (
    Setting, SchoolGroup, School, ClaimTicket, Appliance, Epoch, Certificate, Cursor, ParkedRecord, StateRow, Device,
    Cart, Usage, Activity, BatteryDay, SchoolAudit, Gap, LinkHour, Snapshot,
)  # fmt: skip
