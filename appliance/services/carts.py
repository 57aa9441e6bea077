"""Carts ("classes mobiles"): the sets of devices that travel together."""

from dataclasses import dataclass

from peewee import JOIN, fn

from appliance.clock import Clock
from appliance.domain.devices import DeviceStatus
from appliance.domain.people import Actor, display_name
from appliance.errors import Conflict, NotFound
from appliance.services.journal import record
from appliance.store.models import Cart, Device, database

MAX_CART_NAME = 60


@dataclass(frozen=True, slots=True)
class CartLine:
    """A cart and how many of its devices are in service."""

    id: int
    name: str
    devices: int = 0


class Carts:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def listed(self) -> list[CartLine]:
        counted = (
            Cart.select(Cart.id, Cart.name, fn.COUNT(Device.id))
            .join(Device, JOIN.LEFT_OUTER, on=(Device.cart == Cart.id) & (Device.status == DeviceStatus.ACTIVE))
            .group_by(Cart.id)
            .order_by(Cart.name)
        )
        return [CartLine(*row) for row in counted.tuples().execute()]

    def get(self, cart_id: int) -> CartLine:
        found = next((line for line in self.listed() if line.id == cart_id), None)
        if found is None:
            raise NotFound("no_cart")
        return found

    def find(self, name: str) -> CartLine:
        """By its name as people type it. Raises NotFound."""
        wanted = display_name(name, longest=MAX_CART_NAME).casefold()
        found = next((line for line in self.listed() if line.name.casefold() == wanted), None)
        if found is None:
            raise NotFound("no_cart")
        return found

    def add(self, name: object, actor: Actor) -> CartLine:
        text = display_name(name, longest=MAX_CART_NAME)
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            self._must_be_free(text, None)
            cart = Cart.create(name=text, created_at=now)
            record(now, actor, "cart.add", f"cart:{cart.id}")
        return CartLine(cart.id, cart.name)

    def rename(self, cart_id: int, name: object, actor: Actor) -> None:
        text = display_name(name, longest=MAX_CART_NAME)
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            self.get(cart_id)
            self._must_be_free(text, cart_id)
            Cart.update(name=text).where(Cart.id == cart_id).execute()
            record(now, actor, "cart.rename", f"cart:{cart_id}")

    def remove(self, cart_id: int, actor: Actor) -> None:
        """Empty ones only: nobody should lose track of fifteen tablets by one click."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            devices = self.get(cart_id).devices
            if devices:
                raise Conflict("cart_not_empty", count=devices)
            Cart.delete().where(Cart.id == cart_id).execute()
            record(now, actor, "cart.remove", f"cart:{cart_id}")

    def _must_be_free(self, name: str, but: int | None) -> None:
        """Two carts whose names differ by their capitals only would be mixed up."""
        if any(line.name.casefold() == name.casefold() and line.id != but for line in self.listed()):
            raise Conflict("name_taken", name=name)
