"""The tables of the console: people, orders, configuration, alerts, the journal. No rule lives here."""

from peewee import (
    AutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    CharField,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from central.store.fields import JsonField, MomentField
from central.store.models import Row, School, SchoolGroup


class Account(Row):
    """Somebody who signs in to the console. `role`: domain.roles.Role; a school director has one school."""

    id = AutoField()
    login = CharField(unique=True)
    name = CharField()
    email = CharField(default="")
    role = CharField()
    school = ForeignKeyField(School, null=True, on_delete="CASCADE")
    school_id: str | None
    locale = CharField(default="fr")
    active = BooleanField(default=True)
    password_hash = CharField(null=True)
    totp_secret = CharField(null=True)  # sealed
    totp_step = BigIntegerField(default=0)  # the last one that was used: a code opens once
    oidc_subject = CharField(null=True, unique=True)
    created_at = MomentField()


class Passkey(Row):
    id = CharField(primary_key=True)  # base64url of the credential's id
    account = ForeignKeyField(Account, on_delete="CASCADE")
    account_id: int
    public_key = BlobField()  # COSE
    sign_count = BigIntegerField(default=0)
    name = CharField(default="")
    created_at = MomentField()
    used_at = MomentField(null=True)


class Invitation(Row):
    token_hash = CharField(primary_key=True)
    account = ForeignKeyField(Account, on_delete="CASCADE")
    account_id: int
    expires_at = MomentField()
    used_at = MomentField(null=True)


class RecoveryCode(Row):
    """Opens once in place of the second factor; of each only the hash is kept."""

    code_hash = CharField(primary_key=True)
    account = ForeignKeyField(Account, on_delete="CASCADE")
    account_id: int
    used_at = MomentField(null=True)


class Ceremony(Row):
    """A challenge that waits for its answer: of a passkey, of the identity provider. Taken once."""

    token_hash = CharField(primary_key=True)
    kind = CharField()
    account = ForeignKeyField(Account, null=True, on_delete="CASCADE")
    account_id: int | None
    payload = JsonField()
    expires_at = MomentField(index=True)


class Session(Row):
    id_hash = CharField(primary_key=True)
    account = ForeignKeyField(Account, on_delete="CASCADE")
    account_id: int
    created_at = MomentField()
    seen_at = MomentField()
    is_strong = BooleanField(default=False)  # a passkey or a second factor was given


class Throttle(Row):
    """Counts of failures, in the database because there are many workers."""

    key = CharField(primary_key=True)
    failures = IntegerField()
    until = MomentField()


class SigningKey(Row):
    """A member of the key ring. `public`: base64."""

    id = CharField(primary_key=True)
    algorithm = CharField()
    public = TextField()
    classes = JsonField()
    account = ForeignKeyField(Account, null=True, on_delete="CASCADE")
    account_id: int | None
    holder = CharField()
    not_after = MomentField()
    revoked_at = MomentField(null=True)
    created_at = MomentField()


class KeyRing(Row):
    """As the offline root signed it; the one with the highest version holds."""

    version = IntegerField(primary_key=True)
    ring = TextField()
    signature = TextField()
    at = MomentField()


class Order(Row):
    """What a person asked for, once, for one or many; each appliance gets an Instruction of its own."""

    id = CharField(primary_key=True)
    kind = CharField()
    order_class = CharField()
    args = JsonField()
    scope = JsonField()  # what was selected, for people
    account = CharField()  # the login
    created_at = MomentField()
    not_after = MomentField()
    second = CharField(default="")  # login of the second person, who confirmed
    second_at = MomentField(null=True)
    canceled_at = MomentField(null=True)


class SignedOrder(Row):
    """The bytes that one signature is for, and the signatures: one appliance's, or many appliances' at once."""

    id = CharField(primary_key=True)
    order = ForeignKeyField(Order, on_delete="CASCADE", backref="signed")
    order_id: str
    body = TextField()  # canonical
    signatures = JsonField(null=True)  # null: it waits for its signature
    signed_by = CharField(default="")
    signed_at = MomentField(null=True)


class Instruction(Row):
    """One order for one appliance (and one of its devices). Kept here until the appliance's own receipt is final."""

    id = CharField(primary_key=True)
    order = ForeignKeyField(Order, on_delete="CASCADE", backref="instructions")
    order_id: str
    signed = ForeignKeyField(SignedOrder, on_delete="CASCADE", backref="instructions")
    signed_id: str
    appliance = CharField(index=True)
    school = CharField(index=True)
    device = CharField(default="", index=True)
    state = CharField(default="pending", index=True)  # pending, sent, then protocol InstructionState
    detail = TextField(default="")
    refusal = CharField(default="")
    sent_at = MomentField(null=True)
    received_at = MomentField(null=True)
    finished_at = MomentField(null=True)


class Configuration(Row):
    """What one scope wishes; `scope` is `city`, `group:{id}` or `school:{uai}`. Every version stays."""

    id = AutoField()
    scope = CharField(index=True)
    document = JsonField()
    by = CharField()
    at = MomentField()


class EffectiveConfiguration(Row):
    """What a school gets: merged and versioned. It is signed when it is asked for."""

    school = ForeignKeyField(School, primary_key=True, on_delete="CASCADE")
    school_id: str
    version = IntegerField()
    document = TextField()
    at = MomentField()


class SchoolUser(Row):
    """Staff that the city keeps for schools: `school` or `group`, or neither for the whole city."""

    id = AutoField()
    login = CharField()
    name = CharField()
    role = CharField()
    school = ForeignKeyField(School, null=True, on_delete="CASCADE")
    school_id: str | None
    group = ForeignKeyField(SchoolGroup, null=True, on_delete="CASCADE")
    group_id: int | None
    active = BooleanField(default=True)


class Alert(Row):
    """Open while `ended_at` is null; one of a kind a subject."""

    id = AutoField()
    kind = CharField(index=True)
    school = ForeignKeyField(School, on_delete="CASCADE")
    school_id: str
    subject = CharField()  # appliance:{id} or device:{id}
    detail = JsonField(null=True)
    began_at = MomentField()
    ended_at = MomentField(null=True, index=True)
    acknowledged_by = CharField(default="")
    acknowledged_at = MomentField(null=True)
    remark = TextField(default="")


class Notification(Row):
    """An e-mail or webhook to be sent; tried again until it is taken or given up."""

    id = AutoField()
    alert = ForeignKeyField(Alert, null=True, on_delete="CASCADE")
    alert_id: int | None
    channel = CharField()  # email, webhook
    address = CharField()
    payload = JsonField()
    next_at = MomentField(index=True)
    tries = IntegerField(default=0)
    done_at = MomentField(null=True)
    trouble = CharField(default="")


class LogRequest(Row):
    """A log that was asked for; its parts go at `expires_at`."""

    id = CharField(primary_key=True)
    appliance = CharField()
    account = CharField()
    asked_at = MomentField()
    expires_at = MomentField()
    parts = IntegerField(null=True)


class LogPart(Row):
    request = ForeignKeyField(LogRequest, on_delete="CASCADE")
    request_id: str
    part = IntegerField()
    lines = JsonField()

    class Meta:
        primary_key = CompositeKey("request", "part")


class Watch(Row):
    """An officer looks at one school now: the live view is asked for until then."""

    school = ForeignKeyField(School, primary_key=True, on_delete="CASCADE")
    school_id: str
    until = MomentField()


class LiveView(Row):
    """The last picture that a watched school sent over the bridge."""

    school = ForeignKeyField(School, primary_key=True, on_delete="CASCADE")
    school_id: str
    at = MomentField()
    picture = JsonField()


class Journal(Row):
    """Who did what to what, when, in the city."""

    id = AutoField()
    at = MomentField(index=True)
    actor = CharField()
    action = CharField()
    target = CharField(default="", index=True)
    school = CharField(default="")
    detail = JsonField(null=True)

    class Meta:
        indexes = ((("school", "at"), False),)


DESK_TABLES: tuple[type[Row], ...] = (
    Account, Passkey, Invitation, RecoveryCode, Ceremony, Session, Throttle, SigningKey, KeyRing, Order, SignedOrder,
    Instruction, Configuration,
    EffectiveConfiguration, SchoolUser, Alert, Notification, LogRequest, LogPart, Watch, LiveView, Journal,
)  # fmt: skip
