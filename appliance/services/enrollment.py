"""A device joins: token in, identity and password out. Also: is this really that device?"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from appliance.broker.credentials import hash_password, new_password, verify_password
from appliance.clock import Clock
from appliance.domain.naming import host_in_url
from appliance.domain.people import Actor, Role
from appliance.errors import NotSignedIn
from appliance.services.desired import bump
from appliance.services.device_orders import close_for_new_enrollment
from appliance.services.device_records import is_same_machine, known_device, record_for
from appliance.services.guests import seat
from appliance.services.journal import record
from appliance.services.statistics import note_failure
from appliance.store.live import Live, live_database
from appliance.store.models import Device, EnrollmentToken, Setting, database
from protocol.device import EnrollmentAnswer, EnrollmentRequest, MqttAccess, Presence

# An answer may be lost on the way: a device that asks again with its token is the same use of it. Not for longer, so
# that a used-up sheet on the wall, together with a serial, opens nothing.
SAME_USE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Door:
    """How devices reach the broker: ports, and the authority that signed its certificate (None where TLS is off)."""

    mqtt_port: int
    websocket_port: int
    tls: bool = False
    ca: str | None = None

    def access(self, host: str, device_id: str, password: str) -> MqttAccess:
        scheme = "wss" if self.tls else "ws"
        return MqttAccess(
            host=host,
            port=self.mqtt_port,
            tls=self.tls,
            websocket=f"{scheme}://{host_in_url(host)}:{self.websocket_port}/mqtt",
            username=device_id,
            password=password,
        )


class Enrollment:
    """`apply_credentials`: the broker takes the store's credentials over; who has others now is out at once."""

    def __init__(self, clock: Clock, door: Door, apply_credentials: Callable[[], object]) -> None:
        self._clock = clock
        self._door = door
        self._apply = apply_credentials

    def enroll(self, request: EnrollmentRequest, host: str) -> EnrollmentAnswer:
        """`host`: the name or address by which the device reached the appliance.

        Raises NotSignedIn for a token that is unknown, expired, revoked or used up: which one is not told.
        """
        try:
            return self._enroll(request, host)
        except NotSignedIn:
            note_failure(self._clock.now())
            raise

    def _enroll(self, request: EnrollmentRequest, host: str) -> EnrollmentAnswer:
        now = self._clock.now()
        password = new_password()
        credential = hash_password(password)
        with database.atomic("IMMEDIATE"):
            token = _open_token(request.token, now)
            known = known_device(request, token)
            _take_use(token, known, request, now)
            is_another = known is not None and _is_another(known, request, token)
            device = record_for(request, token, known, now)
            device.credential, device.host = credential, host
            device.save(force_insert=known is None)
            if known is not None:
                bump([device.id], now)
                close_for_new_enrollment(device.id, now)
            if token.lesson_id is not None:
                seat(device, now)
            _tell(device, token, known is None, is_another, now)
        self._apply()
        return EnrollmentAnswer(
            id=device.id,
            name=device.name,
            school=school_code(),
            mqtt=self._door.access(host, device.id, password),
            ca=self._door.ca,
            time=self._clock.now(),
        )

    def token_opens(self, token: str) -> EnrollmentToken:
        """For the page behind a link. Raises NotSignedIn like `enroll`."""
        return _usable_token(token, self._clock.now())

    def device_of(self, token: EnrollmentToken) -> Device | None:
        """The one that the token is for; None: for any."""
        return None if token.device_id is None else Device.get_or_none(Device.id == token.device_id)

    def authenticate(self, username: str, password: str) -> str:
        """The device's id. Raises NotSignedIn."""
        device = Device.get_or_none((Device.id == username) & (Device.status == "active"))
        if device is None or device.credential is None or not verify_password(device.credential, password):
            raise NotSignedIn("bad_device_credentials")
        return str(device.id)

    def credential_mark(self, device_id: str) -> str:
        """Changes with the device's password; empty for whoever has none. It opens nothing by itself."""
        device = Device.get_or_none((Device.id == device_id) & (Device.status == "active"))
        if device is None or device.credential is None:
            return ""
        return hashlib.sha256(f"mark:{device.credential}".encode()).hexdigest()[:32]


def credentials() -> dict[str, str]:
    """User name -> salted hash, of every device that may connect. Opens its own connection when there is none."""
    with database.connection_context() if database.is_closed() else database.atomic():
        query = Device.select(Device.id, Device.credential).where(
            (Device.status == "active") & Device.credential.is_null(False)
        )
        return {device_id: str(credential) for device_id, credential in query.tuples().iterator()}


def school_code() -> str:
    setting = Setting.get_or_none(Setting.key == "school_code")
    return "" if setting is None else str(setting.value)


def hash_token(token: str) -> str:
    """Tokens are 160 random bits: one round of SHA-256 is enough, and the table reveals none."""
    return hashlib.sha256(token.encode()).hexdigest()


def _open_token(token: str, now: datetime) -> EnrollmentToken:
    found = EnrollmentToken.get_or_none(EnrollmentToken.token_hash == hash_token(token))
    if found is None or found.revoked_at is not None or found.expires_at <= now:
        raise NotSignedIn("bad_token")
    return found


def _usable_token(token: str, now: datetime) -> EnrollmentToken:
    found = _open_token(token, now)
    _must_have_a_use(found)
    return found


def _must_have_a_use(token: EnrollmentToken) -> None:
    if token.used >= token.uses:
        raise NotSignedIn("bad_token")


def _take_use(token: EnrollmentToken, device: Device | None, request: EnrollmentRequest, now: datetime) -> None:
    """But not of a device that asks again because no answer came."""
    if device is not None and is_same_machine(device, request, token) and _asks_again(device, token, now):
        return
    _must_have_a_use(token)
    EnrollmentToken.update(used=EnrollmentToken.used + 1).where(EnrollmentToken.id == token.id).execute()
    if device is not None:
        device.token_used_at = now


def _tell(device: Device, token: EnrollmentToken, is_new: bool, is_another: bool, now: datetime) -> None:
    """To the journal; of a guest only that one came."""
    actor = Actor(None, f"token:{token.id}", Role.TEACHER)
    if token.lesson_id is not None:
        record(now, actor, "guest.join", f"lesson:{token.lesson_id}")
        return
    record(now, actor, "device.enrolled" if is_new else "device.reenrolled", f"device:{device.id}")
    if is_another and _is_online(device.id):
        record(now, actor, "device.serial_conflict", f"device:{device.id}", serial=device.serial)


def _is_another(known: Device, request: EnrollmentRequest, token: EnrollmentToken) -> bool:
    """Whether the one that is connected would be another machine, or have forgotten who it is.

    Where a token of one use names the device, an adult has decided that; one of many uses is a kiosk's, and can be
    taken along.
    """
    return token.device_id is None or (token.uses > 1 and known.serial != request.serial)


def _asks_again(device: Device, token: EnrollmentToken, now: datetime) -> bool:
    used_at = device.token_used_at
    is_same = device.status == "active" and device.token_id == token.id
    return is_same and used_at is not None and now - used_at < SAME_USE


def _is_online(device_id: str) -> bool:
    with live_database.connection_context() if live_database.is_closed() else live_database.atomic():
        row = Live.get_or_none(Live.device_id == device_id)
        if row is None:
            return False
        return Presence.ONLINE in (row.own, row.presence if row.agent is None else None)  # its agent is no other device
