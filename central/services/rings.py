"""The key ring: who may sign what until when. Its rows are made here; the offline root signs what they say.

A ring counts for the schools only once the root has signed it: what is changed here waits for that, and says so.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from central.clock import Clock
from central.config import Config
from central.domain.roles import CITY_ROLES, Viewer
from central.errors import Conflict, Invalid, NotFound
from central.keys.signatures import SigningSecret, is_public_key, passkey_id, public_id
from central.services.journal import record
from central.services.settings import ROOT_PUBLIC, read_setting, write_setting
from central.store.database import writing
from central.store.desk_models import Account, KeyRing, Passkey, SigningKey
from protocol.strict_json import Malformed
from protocol.uplink_orders import Ring, RingKey, SignedDocument, encode_ring, parse_ring, parse_signed
from protocol.uplink_words import OrderClass, SignatureAlgorithm
from signatures.ed25519 import is_signed

ONLINE_LIFE = timedelta(days=5 * 365)
OPERATOR_LIFE = timedelta(days=365)
LONGEST_KEY_LIFE = timedelta(days=10 * 365)


@dataclass(frozen=True, slots=True)
class KeyLine:
    """`is_in_force`: the ring that the root signed last says the same of it."""

    key: RingKey
    account_id: int | None
    created_at: datetime
    is_in_force: bool


@dataclass(frozen=True, slots=True)
class NewKey:
    """`public`: base64. `account_id` None: a key that is kept offline."""

    algorithm: SignatureAlgorithm
    public: str
    classes: tuple[OrderClass, ...]
    holder: str
    account_id: int | None = None
    life: timedelta = OPERATOR_LIFE


def relying_party(config: Config) -> str:
    """The domain of the console, for which its passkeys are made."""
    return urlsplit(config.public_url).hostname or "localhost"


class Rings:
    def __init__(self, clock: Clock, config: Config) -> None:
        self._clock = clock
        self._config = config

    def root_public(self) -> str:
        """Base64, empty while there is none: what a claim's answer pins."""
        return str(read_setting(ROOT_PUBLIC) or "")

    def adopt_root(self, public: str, actor: Viewer | str) -> None:
        """Once: boxes that have claimed know this root and no other."""
        now = self._clock.now()
        with writing("ring"):
            known = self.root_public()
            if known and known != public:
                raise Conflict("root_exists")
            if not known:
                write_setting(ROOT_PUBLIC, public)
                record(now, actor, "ring.adopt_root", "", key=public_id("root", public))

    def add_key(self, new: NewKey, actor: Viewer | str) -> str:
        """Its id. The same key again takes the new classes and the new end."""
        now = self._clock.now()
        if not new.classes or not timedelta(0) < new.life <= LONGEST_KEY_LIFE:
            raise Invalid("bad_key", {"classes" if not new.classes else "life": "out_of_range"})
        if new.algorithm is SignatureAlgorithm.ED25519 and not is_public_key(new.public):
            raise Invalid("bad_key", {"public": "wrong_type"})
        prefix = "key" if OrderClass.ROUTINE not in new.classes else "online"
        key_id = public_id(prefix, new.public)
        with writing("ring"):
            _save(key_id, new, now)
            record(now, actor, "key.add", f"key:{key_id}", classes=[one.value for one in new.classes])
        return key_id

    def add_passkey(self, credential_id: str, classes: tuple[OrderClass, ...], actor: Viewer | str) -> str:
        """An officer's passkey may sign from the next ring on. Never for what is destructive."""
        if OrderClass.DESTRUCTIVE in classes or not classes:
            raise Invalid("bad_key", {"classes": "unknown_value"})
        row = Passkey.get_or_none(Passkey.id == credential_id)
        if row is None:
            raise NotFound("unknown_passkey")
        key_id, now = passkey_id(credential_id), self._clock.now()
        public = base64.b64encode(bytes(row.public_key)).decode("ascii")
        new = NewKey(SignatureAlgorithm.WEBAUTHN, public, classes, row.account.login, row.account_id)
        with writing("ring"):
            _save(key_id, new, now)
            record(now, actor, "key.add", f"key:{key_id}", classes=[one.value for one in classes])
        return key_id

    def revoke_key(self, key_id: str, actor: Viewer | str) -> None:
        """Here at once; in the schools with the next ring that the root signs."""
        now = self._clock.now()
        with writing("ring"):
            row = SigningKey.get_or_none(SigningKey.id == key_id)
            if row is None:
                raise NotFound("unknown_key")
            if row.revoked_at is None:
                SigningKey.update(revoked_at=now).where(SigningKey.id == key_id).execute()
                record(now, actor, "key.revoke", f"key:{key_id}")

    def listed(self) -> list[KeyLine]:
        signed = {one.id: one for one in self._signed_keys()}
        rows = SigningKey.select().order_by(SigningKey.created_at, SigningKey.id)
        return [
            KeyLine(key := ring_key(row), row.account_id, row.created_at, signed.get(key.id) == key) for row in rows
        ]

    def candidates(self) -> list[tuple[str, str, str, datetime]]:
        """Passkeys of the city's IT that no ring speaks of yet: id, login, its name, when it was made."""
        known = {row.id for row in SigningKey.select(SigningKey.id)}
        officers = Account.active & Account.role.in_([role.value for role in CITY_ROLES])
        rows = (
            Passkey.select(Passkey, Account).join(Account).where(officers).order_by(Account.login, Passkey.created_at)
        )
        return [
            (row.id, row.account.login, row.name, row.created_at) for row in rows if passkey_id(row.id) not in known
        ]

    def is_waiting(self) -> bool:
        """Whether the rows say something that the root has not signed."""
        now = self._clock.now()
        return _known(self._signed_keys()) != _known(ring_key(row) for row in _lasting(now))

    def draft(self) -> bytes:
        """The next ring, to be signed by the offline root: canonical bytes."""
        keys = tuple(ring_key(row) for row in _lasting(self._clock.now()))
        return encode_ring(Ring(self.version() + 1, self._config.city, relying_party(self._config), keys))

    def accept(self, signed: SignedDocument, actor: Viewer | str) -> int:
        """A ring that the root has signed; its version. Raises Invalid, Conflict for one that is not newer."""
        root, now = self.root_public(), self._clock.now()
        if not root or not is_signed(root, signed.document, signed.signature):
            raise Invalid("bad_ring", {"ring": "wrong_key"})
        try:
            ring = parse_ring(signed.document)
        except Malformed:
            raise Invalid("bad_ring", {"ring": "wrong_type"}) from None
        with writing("ring"):
            if ring.version <= self.version():
                raise Conflict("ring_not_newer", version=self.version())
            text = signed.document.decode("utf-8")
            KeyRing.insert(version=ring.version, ring=text, signature=signed.signature, at=now).execute()
            record(now, actor, "ring.accept", f"ring:{ring.version}", keys=len(ring.keys))
        return ring.version

    def found(self, root: SigningSecret, online_public: str, actor: Viewer | str) -> None:
        """A fresh city whose root is at hand: the online key's first ring. Nothing happens where there is one."""
        self.adopt_root(root.public, actor)
        if self.version():
            return
        online = NewKey(SignatureAlgorithm.ED25519, online_public, (OrderClass.ROUTINE,), "central", life=ONLINE_LIFE)
        self.add_key(online, actor)
        self.accept(sign_ring(root, self.draft()), actor)

    def current(self) -> SignedDocument | None:
        row = _latest()
        return None if row is None else SignedDocument(row.ring.encode("utf-8"), row.signature)

    def ring(self) -> Ring | None:
        """What the schools go by, or soon will."""
        signed = self.current()
        return None if signed is None else parse_ring(signed.document)

    def version(self) -> int:
        row = _latest()
        return 0 if row is None else int(row.version)

    def _signed_keys(self) -> tuple[RingKey, ...]:
        ring = self.ring()
        return () if ring is None else ring.keys


def sign_ring(root: SigningSecret, document: bytes) -> SignedDocument:
    """By the offline root: works without any server. Raises Invalid for what is no ring."""
    try:
        parse_ring(document)
    except Malformed:
        raise Invalid("bad_ring", {"ring": "wrong_type"}) from None
    return SignedDocument(document, root.sign(document))


def read_ring(signed: bytes) -> Ring:
    """Of a file that was signed before."""
    try:
        return parse_ring(parse_signed(signed).document)
    except Malformed:
        raise Invalid("bad_ring", {"ring": "wrong_type"}) from None


def describe_ring(ring: Ring, before: Ring | None) -> list[str]:
    """For who holds the root: every key, and against the ring before what is new. Another city's ring is refused."""
    if before is not None and (ring.city, ring.relying_party) != (before.city, before.relying_party):
        raise Invalid("bad_ring", {"ring": "unknown_value"})
    known = set() if before is None else set(before.keys)
    mark = "" if before is None else "NOUVEAU OU CHANGÉ  "
    lines = [f"Trousseau n° {ring.version}, ville {ring.city}, console {ring.relying_party}"]
    for key in ring.keys:
        end = "retirée" if key.revoked else f"jusqu’au {key.not_after:%d/%m/%Y}"
        told = f"{key.id}  {key.holder}  {', '.join(key.classes)}  {end}"
        lines.append(told if key in known else mark + told)
    return lines


def ring_key(row: SigningKey) -> RingKey:
    return RingKey(
        id=row.id,
        algorithm=SignatureAlgorithm(row.algorithm),
        public=row.public,
        classes=tuple(OrderClass(name) for name in row.classes),
        holder=row.holder,
        not_after=row.not_after.replace(microsecond=0),
        revoked=row.revoked_at is not None,
    )


def _save(key_id: str, new: NewKey, now: datetime) -> None:
    values = {
        "algorithm": new.algorithm.value,
        "public": new.public,
        "classes": [one.value for one in new.classes],
        "account": new.account_id,
        "holder": new.holder,
        "not_after": now + new.life,
        "revoked_at": None,
    }
    if SigningKey.update(**values).where(SigningKey.id == key_id).execute() == 0:
        SigningKey.insert(id=key_id, created_at=now, **values).execute()


def _lasting(now: datetime) -> list[SigningKey]:
    """Also those that are revoked: a ring must say so as long as an older one is about."""
    return list(SigningKey.select().where(SigningKey.not_after > now).order_by(SigningKey.id))


def _latest() -> KeyRing | None:
    rows: list[KeyRing] = list(KeyRing.select().order_by(KeyRing.version.desc()).limit(1))
    return rows[0] if rows else None


def _known(keys: Iterable[RingKey]) -> dict[str, RingKey]:
    return {one.id: one for one in keys}
