"""A small city in the database, and the services that give orders to it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.config import Config
from central.domain.roles import Role, Viewer
from central.keys.online import OnlineKey
from central.keys.signatures import SigningSecret
from central.services.configurations import Configurations
from central.services.order_delivery import OrderDelivery
from central.services.order_reader import OrderReader
from central.services.order_signatures import OrderSignatures
from central.services.orders import Orders
from central.services.rings import NewKey, Rings, sign_ring
from central.services.school_users import SchoolUsers
from central.services.signing import Signing
from central.store.desk_models import Account
from central.store.desk_models import Passkey as PasskeyRow
from central.store.models import Appliance, Device, School, SchoolGroup
from protocol.uplink_orders import Order, parse_order, parts_for
from protocol.uplink_words import OrderClass, SignatureAlgorithm
from tests.support.passkey import Passkey
from tests.support.store import HandClock

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
BOSS = Viewer(1, "m.durand", "M. Durand", Role.ADMINISTRATOR)
COLLEAGUE = Viewer(2, "c.petit", "C. Petit", Role.ADMINISTRATOR)


@dataclass
class Desk:
    """Schools 0131000A and so on, each with one box `a-N` and its devices `d-N-M`."""

    clock: HandClock = field(default_factory=lambda: HandClock(START))
    root: SigningSecret = field(default_factory=SigningSecret.new)

    def __post_init__(self) -> None:
        config = Config(Path("unused"), public_url="https://console.ville.example", city="Ville")
        self.signing = Signing(OnlineKey(Ed25519PrivateKey.generate()))
        self.rings = Rings(self.clock, config)
        self.orders = Orders(self.clock, self.signing)
        self.signatures = OrderSignatures(self.clock, self.rings)
        self.delivery = OrderDelivery()
        self.reader = OrderReader(self.clock)
        self.configurations = Configurations(self.clock, self.signing)
        self.users = SchoolUsers(self.clock)
        self.rings.found(self.root, self.signing.public, "console")

    def add_school(self, number: int, devices: int = 0, group: int | None = None) -> str:
        uai = f"01310{number:02d}A"
        School.insert(uai=uai, name=f"École {number}", group=group, created_at=START).execute()
        Appliance.insert(id=f"a-{number}", school=uai, claimed_at=START).execute()
        for index in range(devices):
            Device.insert(
                id=f"d-{number}-{index}", school=uai, appliance=f"a-{number}", serial=f"S{number}-{index}",
                name=f"Tablette {index:02d}", number=index, kind="tablet", status="active", updated_at=START,
            ).execute()  # fmt: skip
        return uai

    def add_group(self, name: str) -> int:
        return int(SchoolGroup.insert(name=name, created_at=START).execute())

    def add_account(self, viewer: Viewer) -> None:
        Account.insert(
            id=viewer.account_id, login=viewer.login, name=viewer.name, role=viewer.role.value, created_at=START
        ).execute()

    def add_passkey(self, viewer: Viewer, passkey: Passkey) -> str:
        """In the ring at once; its id there."""
        PasskeyRow.insert(
            id=passkey.id, account=viewer.account_id, public_key=passkey.public_key, created_at=START
        ).execute()
        key_id = self.rings.add_passkey(passkey.id, (OrderClass.SENSITIVE,), viewer)
        self.sign_ring()
        return key_id

    def add_offline_key(self, secret: SigningSecret, *classes: OrderClass) -> str:
        new = NewKey(SignatureAlgorithm.ED25519, secret.public, classes, "coffre", life=timedelta(days=365))
        key_id = self.rings.add_key(new, BOSS)
        self.sign_ring()
        return key_id

    def sign_ring(self) -> None:
        self.rings.accept(sign_ring(self.root, self.rings.draft()), BOSS)

    def fetched(self, appliance: str) -> list[Order]:
        """What the box would read in the answer, as its own instructions."""
        envelopes = self.delivery.pending(appliance, self.clock.now())
        return [part for one in envelopes for part in parts_for(parse_order(one.order), appliance)]
