"""The tables of `store.db`, one class each. No rule lives here.

What can be derived is not stored: a device's desired state is computed from its open lesson; only its version is kept.
"""

from peewee import AutoField, BooleanField, CharField, CompositeKey, ForeignKeyField, IntegerField, Model, TextField
from playhouse.apsw_ext import APSWDatabase

from appliance.store.fields import JsonField, MomentField, default

# Deferred: nothing is opened by importing. `store.database.open_store` gives it its file, once per process.
database = APSWDatabase(None)


class Row(Model):
    """`x_id: int` beside a foreign key tells the type checker what peewee makes of it."""

    class Meta:
        database = database
        legacy_table_names = False


class Setting(Row):
    key = CharField(primary_key=True)
    value = JsonField()


class User(Row):
    id = AutoField()
    login = CharField(unique=True)
    name = CharField()
    role = CharField()  # domain.people.Role
    password_hash = CharField(null=True)
    locale = CharField(default="fr")
    active = BooleanField(default=True)
    created_at = MomentField()
    source = CharField(default="school", constraints=default("school"))  # or "city": kept from there. From schema 3


class Invitation(Row):
    token_hash = CharField(primary_key=True)
    user = ForeignKeyField(User, on_delete="CASCADE")
    user_id: int
    expires_at = MomentField()
    used_at = MomentField(null=True)


class Browser(Row):
    """A browser that a user has signed in on before: there, and only there, the short PIN is enough."""

    id_hash = CharField(primary_key=True)
    user = ForeignKeyField(User, on_delete="CASCADE")
    user_id: int
    pin_hash = CharField(null=True)
    failures = IntegerField(default=0)
    created_at = MomentField()
    seen_at = MomentField()


class Session(Row):
    """`clock` values are the hub's time: a jump of the machine's clock neither ends nor revives a session."""

    id_hash = CharField(primary_key=True)
    user = ForeignKeyField(User, on_delete="CASCADE")
    user_id: int
    browser = ForeignKeyField(Browser, null=True, on_delete="SET NULL")
    browser_id: str | None
    by_pin = BooleanField(default=False)  # opened by the short PIN: administration asks for the password first
    created_at = MomentField()
    seen_at = MomentField()


class Cart(Row):
    id = AutoField()
    name = CharField(unique=True)
    created_at = MomentField()


class Classroom(Row):
    id = AutoField()
    name = CharField(unique=True)
    level = CharField(default="")
    created_at = MomentField()


class EnrollmentToken(Row):
    id = AutoField()
    token_hash = CharField(unique=True)
    cart = ForeignKeyField(Cart, null=True, on_delete="SET NULL")
    cart_id: int | None
    uses = IntegerField()
    used = IntegerField(default=0)
    created_at = MomentField()
    created_by = CharField()
    expires_at = MomentField()
    revoked_at = MomentField(null=True)
    # From schema 2. Opens for this device only (its re-enrollment), or for one lesson only (a guest).
    device_id = CharField(null=True)
    lesson_id = CharField(null=True)


class Device(Row):
    id = CharField(primary_key=True)
    serial = CharField(unique=True)
    number = IntegerField()  # the sticker on the tablet; unique among active devices of a cart
    name = CharField()
    kind = CharField()
    manufacturer = CharField(default="")
    model = CharField(default="")
    os = CharField(default="")
    agent = CharField(default="")
    capabilities = JsonField()
    cart = ForeignKeyField(Cart, null=True, on_delete="SET NULL")
    cart_id: int | None
    status = CharField(default="active", index=True)  # domain.devices.DeviceStatus
    credential = CharField(null=True)  # the broker's salted hash of the device's password
    host = CharField(default="")  # the name or address by which it knows this appliance
    enrolled_at = MomentField()
    token = ForeignKeyField(EnrollmentToken, null=True, on_delete="SET NULL")  # the one of its last enrollment
    token_id: int | None
    token_used_at = MomentField(null=True)
    version = IntegerField(default=1)  # of its desired state
    version_at = MomentField()
    # A guest's: it leaves with this lesson, and nothing of it stays (services/guests.py). From schema 2.
    guest_lesson_id = CharField(null=True)


class AgentLink(Row):
    """The second channel of a device: a foreign agent that a translation of the bridge speaks with. From schema 2."""

    device = ForeignKeyField(Device, primary_key=True, on_delete="CASCADE")
    device_id: str
    agent = CharField()  # domain.channels.AgentName
    profile = CharField(default="")  # the agent's own word for how the tablet is held
    username = CharField(unique=True)
    credential = CharField()  # the broker's salted hash
    exit_code = CharField(default="")  # what an adult types on the tablet to leave the kiosk
    capabilities = JsonField()  # what this channel can do, by its table and what the tablet said
    state = JsonField(null=True)  # what the translation must remember over a restart; never an address's path
    created_at = MomentField()
    seen_at = MomentField(null=True)  # the first and later proofs that it answers


class JoinCode(Row):
    """A short code that a person types, readable because a board shows it; exchanged for an enrollment token."""

    code = CharField(primary_key=True)
    lesson_id = CharField(null=True)  # a guest's way into this lesson
    device_id = CharField(null=True)  # a known device's way back
    created_at = MomentField()
    expires_at = MomentField()


class Pupil(Row):
    """First name and initial only, never required; left out of every backup and of every log."""

    id = AutoField()
    classroom = ForeignKeyField(Classroom, on_delete="CASCADE")
    classroom_id: int
    first_name = CharField()
    initial = CharField(default="")
    device = ForeignKeyField(Device, null=True, on_delete="SET NULL")
    device_id: str | None


class Lesson(Row):
    id = CharField(primary_key=True)
    teacher = ForeignKeyField(User)
    teacher_id: int
    title = CharField()
    cart = ForeignKeyField(Cart, null=True, on_delete="SET NULL")
    cart_id: int | None
    classroom = ForeignKeyField(Classroom, null=True, on_delete="SET NULL")
    classroom_id: int | None
    started_at = MomentField()
    ends_at = MomentField()
    ended_at = MomentField(null=True, index=True)
    end_reason = CharField(null=True)  # domain.lessons.EndReason


class LessonDevice(Row):
    """One device's part in one lesson; `left_at` null while it is held: in one lesson at a time (partial index)."""

    id = AutoField()
    lesson = ForeignKeyField(Lesson, on_delete="CASCADE", backref="parts")
    lesson_id: str
    device = ForeignKeyField(Device, on_delete="CASCADE")
    device_id: str
    base = JsonField()  # protocol Restrictions, as JSON
    eyes_up = TextField(null=True)
    joined_at = MomentField()
    left_at = MomentField(null=True)
    display = JsonField(null=True)  # what a screen shows: protocol Display, as JSON. From schema 2


class Handover(Row):
    """A teacher asks for a device that another lesson holds. Answered, and neither granted nor not: it was taken."""

    id = AutoField()
    lesson = ForeignKeyField(Lesson, on_delete="CASCADE")
    lesson_id: str
    device = ForeignKeyField(Device, on_delete="CASCADE")
    device_id: str
    asker = ForeignKeyField(User, on_delete="CASCADE")
    asker_id: int
    asked_at = MomentField()
    answered_at = MomentField(null=True)
    granted = BooleanField(null=True)


class Gesture(Row):
    """`id` is made by the page, so that a request sent again after a lost answer is done once."""

    id = CharField(primary_key=True)
    lesson = ForeignKeyField(Lesson, null=True, on_delete="CASCADE", index=True)
    lesson_id: str | None
    actor = ForeignKeyField(User, null=True, on_delete="SET NULL")
    actor_id: int | None
    kind = CharField()
    args = JsonField()
    at = MomentField()


class Receipt(Row):
    """What became of one gesture on one device. `id` is the command's id on the wire."""

    id = CharField(primary_key=True)
    gesture = ForeignKeyField(Gesture, on_delete="CASCADE", backref="receipts")
    gesture_id: str
    device = ForeignKeyField(Device, on_delete="CASCADE")
    device_id: str
    state = CharField()  # domain.receipts.ReceiptState
    version = IntegerField(null=True)  # restrictions: the desired version that carries it; null for a command
    command = JsonField(null=True)  # commands: {"type", "args"}
    expires_at = MomentField()
    error = TextField(null=True)
    unsupported = JsonField(null=True)
    tries = IntegerField(default=0)
    updated_at = MomentField()
    channel = CharField(default="own", constraints=default("own"))  # domain.channels.Channel. From schema 2
    evidence = CharField(null=True)  # domain.channels.Evidence: how its state is known


class Document(Row):
    sha256 = CharField(primary_key=True)
    name = CharField()
    mime = CharField()
    size = IntegerField()
    uploaded_at = MomentField()


class DocumentOwner(Row):
    """Whose it is: two teachers with the same worksheet share its file, and each has it under a name of his own."""

    document = ForeignKeyField(Document, on_delete="CASCADE")
    document_id: str
    user = ForeignKeyField(User, on_delete="CASCADE")
    user_id: int
    name = CharField()
    uploaded_at = MomentField()

    class Meta:
        primary_key = CompositeKey("document", "user")


class Favourite(Row):
    id = AutoField()
    user = ForeignKeyField(User, on_delete="CASCADE")
    user_id: int
    kind = CharField()
    label = CharField()
    value = TextField()
    created_at = MomentField()


class UsageRecord(Row):
    device = ForeignKeyField(Device, on_delete="CASCADE")
    device_id: str
    boot = CharField()
    seq = IntegerField()
    app = CharField()
    started_at = MomentField()  # the device's claim
    seconds = IntegerField()
    received_at = MomentField()

    class Meta:
        primary_key = CompositeKey("device", "boot", "seq")
        without_rowid = True


class UsageMark(Row):
    """`up_to`: every record of this boot from the first one seen up to here is stored."""

    device = ForeignKeyField(Device, on_delete="CASCADE")
    device_id: str
    boot = CharField()
    up_to = IntegerField()
    updated_at = MomentField()
    forgotten = IntegerField(default=-1, constraints=default("-1"))  # counted up to here, and deleted. From schema 3

    class Meta:
        primary_key = CompositeKey("device", "boot")
        without_rowid = True


class Inventory(Row):
    device = ForeignKeyField(Device, primary_key=True, on_delete="CASCADE")
    device_id: str
    document = JsonField()
    received_at = MomentField()


class Dropped(Row):
    """How many messages of a device were dropped, by reason and day."""

    device_id = CharField()
    reason = CharField()
    day = CharField()
    count = IntegerField()
    last_at = MomentField()

    class Meta:
        primary_key = CompositeKey("device_id", "reason", "day")


class Journal(Row):
    """Who did what to what, when. Ids and words only: never a pupil's name."""

    id = AutoField()
    at = MomentField(index=True)
    actor = CharField()
    action = CharField()
    target = CharField(default="")
    detail = JsonField(null=True)


TABLES: tuple[type[Row], ...] = (
    Setting, User, Invitation, Browser, Session, Cart, Classroom, EnrollmentToken, Device, AgentLink,
    JoinCode, Pupil, Lesson, LessonDevice,
    Handover, Gesture, Receipt, Document, DocumentOwner, Favourite, UsageRecord, UsageMark, Inventory, Dropped, Journal,
)  # fmt: skip

# To the letter in every question about open receipts: SQLite then reads the few that are open instead of all.
OPEN_RECEIPTS = "state IN ('queued', 'sent', 'acknowledged')"

INDEXES = (
    "CREATE UNIQUE INDEX IF NOT EXISTS one_lesson_per_device ON lesson_device(device_id) WHERE left_at IS NULL",
    f"CREATE INDEX IF NOT EXISTS open_receipts ON receipt(device_id) WHERE {OPEN_RECEIPTS}",
    "CREATE UNIQUE INDEX IF NOT EXISTS one_answer_per_device ON receipt(gesture_id, device_id)",
)
