"""Setting up one tablet that Webview Kiosk holds: its record, its agent's name, its way to the pupil page, its sheet.

The sheet's secrets are handed out once and kept nowhere but in this process, for half an hour, so that the tablet
itself can open them by a short code. Joins other services; what agents say is the bridge's.
"""

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from appliance.clock import Clock
from appliance.domain.agents import ANSWERING, AgentPresence
from appliance.domain.channels import AgentName, Profile
from appliance.domain.devices import DeviceStatus
from appliance.domain.findings import Finding, Severity
from appliance.domain.naming import device_name, next_number
from appliance.domain.people import Actor
from appliance.domain.webview_kiosk_setup import Account, Home
from appliance.errors import NotFound
from appliance.ids import new_device_id
from appliance.services.agent_links import AgentLinks, Handed, Linked
from appliance.services.journal import record
from appliance.services.tokens import MAX_USES, Tokens
from appliance.store.live import live_database, read_live
from appliance.store.models import Cart, Device, database
from protocol.device import Kind, Presence

SHOWN_FOR = timedelta(minutes=30)
LINK_LIVES_FOR = timedelta(days=366)
_CODE_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_CODE_LENGTH = 8
_MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """`device_id` None: a tablet that is not known yet."""

    profile: Profile = Profile.OWNER
    device_id: str | None = None
    cart_id: int | None = None
    with_apps: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """The appliance as the tablet will reach it."""

    base_url: str
    host: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that one tablet needs, secrets included. `code` opens it again on the tablet until `until`."""

    device_id: str
    name: str
    profile: Profile
    with_apps: bool
    home: Home
    account: Account = field(repr=False)
    code: str = field(repr=False)
    until: datetime


class CheckName(StrEnum):
    DOOR = "door"
    CONNECTED = "connected"
    ANSWERED = "answered"
    OWNER = "owner"
    MAY_LOCK = "may_lock"
    LOCKED = "locked"
    PAGE = "page"


class CheckState(StrEnum):
    GOOD = "good"
    WAITING = "waiting"
    WRONG = "wrong"


Checks = Mapping[CheckName, CheckState]


class AgentSetup:
    """For several threads: what is shown is guarded. `is_there`: the agents' broker answers, not only is wanted."""

    def __init__(
        self, clock: Clock, links: AgentLinks, tokens: Tokens, is_there: Callable[[], bool] = lambda: True
    ) -> None:
        self._clock = clock
        self._links = links
        self._tokens = tokens
        self._is_there = is_there
        self._lock = threading.Lock()
        self._shown: dict[str, Sheet] = {}

    def add(self, actor: Actor, wish: Wish, place: Place) -> Sheet:
        """Again for a tablet that has an agent: everything new, and what was handed out before opens nothing."""
        device_id = wish.device_id or self._new_device(actor, wish.cart_id)
        handed = self._links.link(actor, device_id, AgentName.WEBVIEW_KIOSK, wish.profile)
        self._tokens.revoke_for_device(actor, device_id)
        token = self._tokens.new_for_device(actor, device_id, MAX_USES, LINK_LIVES_FOR)
        page = f"{place.base_url}{token.path}"
        sheet = self._sheet(handed, wish, Home(place.host, self._links.port, page))
        self._keep(sheet)
        return sheet

    def shown(self, code: str) -> Sheet:
        """For the tablet itself. Raises NotFound when its time is over, or the appliance was restarted.

        Its time is over, too, once the tablet has answered: the secrets are where they belong.
        """
        with self._lock:
            sheet = self._shown.get(code)
        if sheet is None or sheet.until <= self._clock.now():
            raise NotFound("no_agent_sheet")
        linked = self._links.of(sheet.device_id)
        if linked is None or linked.seen_at is not None:
            raise NotFound("no_agent_sheet")
        return sheet

    def remove(self, actor: Actor, device_id: str) -> None:
        """The agent's name and the kiosk's way in end; the tablet stays a device, if its page has enrolled."""
        self._links.unlink(actor, device_id)
        self._tokens.revoke_for_device(actor, device_id)
        with self._lock:
            self._drop(device_id)

    def checks(self, linked: Linked) -> Checks:
        """What a person looks at while setting up, in this order."""
        memory, presence = linked.memory, linked.presence
        found = {
            CheckName.DOOR: self._door(),
            CheckName.CONNECTED: _seen(presence is not AgentPresence.OFFLINE),
            CheckName.ANSWERED: _seen(presence in ANSWERING or linked.seen_at is not None),
        }
        if linked.profile is Profile.OWNER:
            found |= {CheckName.OWNER: _told(memory.is_owner), CheckName.MAY_LOCK: _told(memory.may_lock)}
            found |= {CheckName.LOCKED: _seen(memory.is_locked is True)}
        return found | {CheckName.PAGE: _seen(_has_page(linked.device_id))}

    def findings(self) -> list[Finding]:
        """For the appliance's health: a door that is wanted open and is not."""
        return [Finding(Severity.PROBLEM, "agents_door_closed")] if self._door() is CheckState.WAITING else []

    def _door(self) -> CheckState:
        if not self._links.is_enabled():
            return CheckState.WRONG
        return CheckState.GOOD if self._is_there() else CheckState.WAITING

    def without_agent(self) -> list[tuple[str, str]]:
        """Tablets that have none, for a choice: id and name."""
        taken = {linked.device_id for linked in self._links.listing()}
        rows = Device.select().where((Device.status == DeviceStatus.ACTIVE) & (Device.kind == Kind.TABLET))
        ordered = sorted(rows, key=lambda row: (row.name, row.id))
        return [(row.id, row.name) for row in ordered if row.id not in taken and row.guest_lesson_id is None]

    def _new_device(self, actor: Actor, cart_id: int | None) -> str:
        """Its serial number nobody can read: its page tells more when it enrolls."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            if cart_id is not None and Cart.get_or_none(Cart.id == cart_id) is None:
                raise NotFound("no_cart")
            same_cart = Device.cart.is_null() if cart_id is None else Device.cart == cart_id
            query = Device.select(Device.number).where(same_cart & (Device.status == DeviceStatus.ACTIVE))
            number, device_id = next_number({row.number for row in query}), new_device_id()
            Device.create(
                id=device_id,
                serial=f"agent-{device_id}",
                number=number,
                name=device_name(Kind.TABLET, number),
                kind=Kind.TABLET,
                os="Android",
                capabilities=[],
                cart=cart_id,
                enrolled_at=now,
                version_at=now,
            )
            record(now, actor, "device.add", f"device:{device_id}", agent=AgentName.WEBVIEW_KIOSK)
        return device_id

    def _sheet(self, handed: Handed, wish: Wish, home: Home) -> Sheet:
        return Sheet(
            device_id=handed.device_id,
            name=Device.get_by_id(handed.device_id).name,
            profile=handed.profile,
            with_apps=wish.with_apps,
            home=home,
            account=Account(handed.username, handed.password, handed.exit_code),
            code="".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH)),
            until=self._clock.now() + SHOWN_FOR,
        )

    def _keep(self, sheet: Sheet) -> None:
        now = self._clock.now()
        with self._lock:
            self._drop(sheet.device_id)
            for code in [code for code, one in self._shown.items() if one.until <= now]:
                del self._shown[code]
            while len(self._shown) >= _MOST_SHOWN:
                del self._shown[next(iter(self._shown))]
            self._shown[sheet.code] = sheet

    def _drop(self, device_id: str) -> None:
        """With the lock held."""
        self._shown = {code: one for code, one in self._shown.items() if one.device_id != device_id}


def _known(fact: bool) -> CheckState:
    return CheckState.GOOD if fact else CheckState.WRONG


def _seen(fact: bool) -> CheckState:
    return CheckState.GOOD if fact else CheckState.WAITING


def _told(fact: bool | None) -> CheckState:
    return CheckState.WAITING if fact is None else _known(fact)


def _has_page(device_id: str) -> bool:
    with live_database.connection_context() if live_database.is_closed() else live_database.atomic():
        row = read_live([device_id]).get(device_id)
    return row is not None and row.own == Presence.ONLINE
