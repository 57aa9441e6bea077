"""Enrollment tokens: made, listed, revoked. Using one is `enrollment`'s."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from appliance.clock import Clock
from appliance.domain.people import Actor
from appliance.errors import Conflict, Invalid, NotFound
from appliance.ids import new_secret
from appliance.logs import Secret
from appliance.services.enrollment import hash_token
from appliance.services.journal import record
from appliance.store.models import Cart, Device, EnrollmentToken, database

MAX_USES = 1_000
SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class NewToken:
    """Shown once, right after it was made: only its hash is kept."""

    id: int
    token: Secret
    uses: int
    expires_at: datetime
    cart: str = ""

    @property
    def path(self) -> str:
        return f"/t/{self.token.reveal()}"


@dataclass(frozen=True, slots=True)
class TokenLine:
    id: int
    cart: str
    uses: int
    used: int
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    is_open: bool


class Tokens:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def new(self, actor: Actor, uses: int, expires_in: timedelta, cart_id: int | None = None) -> NewToken:
        _check(uses, expires_in)
        now = self._clock.now()
        secret = new_secret()
        with database.atomic("IMMEDIATE"):
            cart = None if cart_id is None else Cart.get_or_none(Cart.id == cart_id)
            if cart_id is not None and cart is None:
                raise NotFound("no_cart")
            row = EnrollmentToken.create(
                token_hash=hash_token(secret),
                cart=cart,
                uses=uses,
                created_at=now,
                created_by=actor.label,
                expires_at=now + expires_in,
            )
            record(now, actor, "token.add", f"token:{row.id}", uses=uses, cart=cart_id)
        return NewToken(row.id, Secret(secret), uses, row.expires_at, cart.name if cart else "")

    def new_for_device(self, actor: Actor, device_id: str, uses: int, expires_in: timedelta) -> NewToken:
        """Whoever enrolls with it becomes this very device: a kiosk's start address survives its own clean-up."""
        _check(uses, expires_in)
        now = self._clock.now()
        secret = new_secret()
        with database.atomic("IMMEDIATE"):
            device = Device.get_or_none((Device.id == device_id) & (Device.status == "active"))
            if device is None or device.guest_lesson_id is not None:
                raise NotFound("no_device")
            row = EnrollmentToken.create(
                token_hash=hash_token(secret),
                uses=uses,
                created_at=now,
                created_by=actor.label,
                expires_at=now + expires_in,
                device_id=device_id,
            )
            record(now, actor, "token.add", f"token:{row.id}", uses=uses, device=device_id)
        return NewToken(row.id, Secret(secret), uses, row.expires_at)

    def revoke_for_device(self, actor: Actor, device_id: str) -> int:
        """Every way back to this device that was made before; how many were open."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            is_open = (EnrollmentToken.device_id == device_id) & EnrollmentToken.revoked_at.is_null()
            rows = list(EnrollmentToken.select(EnrollmentToken.id).where(is_open))
            EnrollmentToken.update(revoked_at=now).where(is_open).execute()
            for row in rows:
                record(now, actor, "token.revoke", f"token:{row.id}", device=device_id)
        return len(rows)

    def listed(self) -> list[TokenLine]:
        """Those for any device that still open something first, then the latest."""
        now = self._clock.now()
        names = {cart.id: cart.name for cart in Cart.select()}
        for_any = EnrollmentToken.device_id.is_null() & EnrollmentToken.lesson_id.is_null()
        rows = EnrollmentToken.select().where(for_any).order_by(EnrollmentToken.id.desc()).limit(500)
        lines = [_line(row, names.get(row.cart_id or 0, ""), now) for row in rows]
        return sorted(lines, key=lambda line: not line.is_open)

    def revoke(self, token_id: int, actor: Actor) -> None:
        """Devices that came in by it stay. Raises Conflict when it was revoked before."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            row = EnrollmentToken.get_or_none(EnrollmentToken.id == token_id)
            if row is None:
                raise NotFound("no_token")
            if row.revoked_at is not None:
                raise Conflict("token_revoked")
            row.revoked_at = now
            row.save()
            record(now, actor, "token.revoke", f"token:{token_id}")


def _check(uses: int, expires_in: timedelta) -> None:
    if not 1 <= uses <= MAX_USES:
        raise Invalid("bad_token_uses", {"uses": "out_of_range"}, limit=MAX_USES)
    if not SHORTEST <= expires_in <= LONGEST:
        raise Invalid("bad_token_life", {"expires": "out_of_range"})


def _line(row: EnrollmentToken, cart: str, now: datetime) -> TokenLine:
    is_open = row.revoked_at is None and row.expires_at > now and row.used < row.uses
    return TokenLine(row.id, cart, row.uses, row.used, row.created_at, row.expires_at, row.revoked_at, is_open)
