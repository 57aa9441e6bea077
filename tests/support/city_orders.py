"""A city that signs: root, online key, operators, passkeys; rings, orders and configurations as a box gets them."""

import base64
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.store.city_models import CityLink
from appliance.store.epochs import Reason, begin_epoch
from protocol.uplink_config import Configuration, encode_configuration
from protocol.uplink_orders import (
    Envelope,
    Order,
    Ring,
    RingKey,
    Signature,
    SignedDocument,
    Target,
    canonical,
    challenge_of,
    encode_ring,
    encode_signed,
    write_envelope,
)
from protocol.uplink_words import OrderClass, SignatureAlgorithm
from tests.support.passkey import Passkey
from tests.support.store import HandClock

BOX = "a-box"
RP = "console.ville.example"


def base64_of(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@dataclass
class City:
    clock: HandClock
    keys: dict[str, Ed25519PrivateKey] = field(default_factory=dict)
    ring_keys: dict[str, RingKey] = field(default_factory=dict)
    passkey: Passkey = field(default_factory=lambda: Passkey(RP))
    version: int = 0
    orders: int = 0

    def __post_init__(self) -> None:
        self.root = Ed25519PrivateKey.generate()
        self.add_key("online", OrderClass.ROUTINE)
        self.add_key("operator", OrderClass.SENSITIVE)
        self.add_key("vault", OrderClass.DESTRUCTIVE)
        self.ring_keys["pk"] = RingKey(
            "pk",
            SignatureAlgorithm.WEBAUTHN,
            base64_of(self.passkey.public_key),
            (OrderClass.SENSITIVE,),
            "durand",
            self.clock.now() + timedelta(days=300),
        )

    def add_key(self, name: str, *classes: OrderClass, days: int = 300) -> None:
        key = self.keys[name] = Ed25519PrivateKey.generate()
        public = base64_of(key.public_key().public_bytes_raw())
        end = self.clock.now() + timedelta(days=days)
        self.ring_keys[name] = RingKey(name, SignatureAlgorithm.ED25519, public, classes, name, end)

    def join(self) -> None:
        """The store of this box has claimed here."""
        CityLink.create(
            id=1, address="ville.example:8443", appliance=BOX, uai="0131001A", city="Ville",
            root=base64_of(self.root.public_key().public_bytes_raw()), time_key=self.ring_keys["online"].public,
            claimed_at=self.clock.now(), force_insert=True,
        )  # fmt: skip
        begin_epoch(self.clock.now(), Reason.CREATED)

    def ring(self, version: int | None = None, by: Ed25519PrivateKey | None = None) -> bytes:
        self.version = self.version + 1 if version is None else version
        document = encode_ring(Ring(self.version, "Ville", RP, tuple(self.ring_keys.values())))
        return encode_signed(SignedDocument(document, base64_of((by or self.root).sign(document))))

    def configuration(self, told: Configuration, key: str = "online") -> bytes:
        document = encode_configuration(told)
        return encode_signed(SignedDocument(document, base64_of(self.keys[key].sign(document))))

    def order(self, kind: str, **changes: object) -> Order:
        self.orders += 1
        values: dict[str, object] = {
            "id": f"i-{self.orders}", "kind": kind, "args": {}, "audience": BOX, "issued_at": self.clock.now(),
            "not_after": self.clock.now() + timedelta(hours=8), "by": "m.durand",
        }  # fmt: skip
        return Order(**{**values, **changes})  # type: ignore[arg-type]  # any of its fields, by name

    def signed(self, order: Order, key: str = "online") -> dict[str, object]:
        """As it comes out of the answer."""
        body = canonical(order)
        signature = self._asserted(body) if key == "pk" else self._signed(key, body)
        return json_again(write_envelope(Envelope(body, (signature,))))

    def _signed(self, key: str, body: bytes) -> Signature:
        return Signature(key, SignatureAlgorithm.ED25519, {"signature": base64_of(self.keys[key].sign(body))})

    def _asserted(self, body: bytes) -> Signature:
        told = json.loads(self.passkey.sign(challenge_of(body)))["response"]
        names = {"signature": "signature", "authenticator_data": "authenticatorData", "client_data": "clientDataJSON"}
        parts = {name: base64_of(base64.urlsafe_b64decode(told[theirs] + "==")) for name, theirs in names.items()}
        return Signature("pk", SignatureAlgorithm.WEBAUTHN, parts)


def json_again(value: dict[str, object]) -> dict[str, object]:
    return json.loads(json.dumps(value))  # type: ignore[no-any-return]  # the same type comes back


def target(instruction: str, device: str = "", appliance: str = BOX) -> Target:
    return Target(instruction, appliance, device)


def at(clock: HandClock, **spans: float) -> datetime:
    return clock.now() + timedelta(**spans)
