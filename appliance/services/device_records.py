"""The record that an enrollment makes or finds again: of a new device, a known one, or one that a token names."""

from datetime import datetime

from appliance.domain.naming import device_name, next_number
from appliance.errors import NotSignedIn
from appliance.ids import new_device_id
from appliance.services.guests import admit, guest_serial
from appliance.store.models import Device, EnrollmentToken
from protocol.device import EnrollmentRequest, Kind


def known_device(request: EnrollmentRequest, token: EnrollmentToken) -> Device | None:
    """The record that this enrollment is about, if there is one. Raises NotSignedIn when the token's device is gone."""
    if token.device_id is not None:
        device = Device.get_or_none((Device.id == token.device_id) & (Device.status == "active"))
        if device is None:
            raise NotSignedIn("bad_token")
        return device
    if token.lesson_id is not None:
        return Device.get_or_none(Device.serial == guest_serial(request.serial, token.lesson_id))
    return Device.get_or_none(Device.serial == request.serial)


def is_same_machine(device: Device, request: EnrollmentRequest, token: EnrollmentToken) -> bool:
    return bool(token.lesson_id is not None or device.serial == request.serial)


def record_for(request: EnrollmentRequest, token: EnrollmentToken, known: Device | None, now: datetime) -> Device:
    """As it is to be saved. A device that the token names keeps its place, whatever machine it is now."""
    if token.lesson_id is not None:
        return admit(request, token, known, now)
    device = known or _new_device(request, token, now)
    if device.status != "active":
        _bring_back(device, token)
    if token.device_id is not None and not _is_taken(request.serial, device):
        device.serial = request.serial
    device.token = token
    device.status = "active"
    device.manufacturer, device.model = request.manufacturer, request.model
    device.os, device.agent = request.os, request.agent
    device.kind = request.kind
    device.capabilities = sorted(request.capabilities)
    return device


def _new_device(request: EnrollmentRequest, token: EnrollmentToken, now: datetime) -> Device:
    number = next_number(_numbers_in(token.cart_id))
    return Device(
        id=new_device_id(),
        serial=request.serial,
        number=number,
        name=device_name(Kind(request.kind), number),
        cart=token.cart_id,
        enrolled_at=now,
        token_used_at=now,
        version_at=now,
    )


def _bring_back(device: Device, token: EnrollmentToken) -> None:
    """Into the token's cart, or where it was; its number may have been given to another one meanwhile."""
    if token.cart_id is not None:
        device.cart = token.cart
    taken = _numbers_in(device.cart_id)
    if device.number in taken:
        kind, number = Kind(device.kind), next_number(taken)
        if device.name == device_name(kind, device.number):
            device.name = device_name(kind, number)
        device.number = number


def _numbers_in(cart_id: int | None) -> set[int]:
    where = Device.cart.is_null() if cart_id is None else Device.cart == cart_id
    return {row.number for row in Device.select(Device.number).where(where & (Device.status == "active"))}


def _is_taken(serial: str, device: Device) -> bool:
    return bool(Device.select().where((Device.serial == serial) & (Device.id != device.id)).exists())
