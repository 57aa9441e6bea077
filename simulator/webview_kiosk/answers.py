"""The agent's requests: the only messages that it answers. What it says of itself, and how it gets that wrong."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from simulator.webview_kiosk import keys
from simulator.webview_kiosk.effects import Answer
from simulator.webview_kiosk.lenient import Unreadable, parse_object
from simulator.webview_kiosk.switches import WEBVIEW_KIOSK, LockState, Trouble
from simulator.webview_kiosk.tablet import FakeTablet

VERSION = {"versionName": "0.26.18", "versionCode": 132}
DEVICE = {
    "manufacturer": "samsung", "model": "SM-X200", "releaseVersion": "13", "sdkVersion": 33,
    "securityPatch": "2024-05-01", "webViewVersion": "138.0.7204.63", "totalMemory": 3_900_000_000,
    "totalStorage": 52_000_000_000, "screenWidth": 1200, "screenHeight": 1920, "timeZone": "Europe/Paris",
    "locale": "fr_FR", "buildFingerprint": "samsung/gta8wifixx/gta8wifi:13/TP1A.220624.014/X200XXU3CWI1:user",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Who:
    """As which the tablet speaks."""

    username: str
    instance_id: str

    @property
    def variables(self) -> dict[str, str]:
        return {"USERNAME": self.username, "APP_INSTANCE_ID": self.instance_id}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came: MQTT 5's own response topic and correlation data win over the JSON's."""

    payload: bytes
    topic: str | None = None
    correlation: bytes | None = None


def answer(tablet: FakeTablet, asked: Asked, who: Who) -> list[Answer]:
    """None, one, or for a tablet that misbehaves two."""
    try:
        request = parse_object(asked.payload)
    except Unreadable as error:
        return _misbehave(tablet, _error(tablet, asked, who, str(error)))
    if not _is_meant(request, who):
        return []
    kind = str(request.get("requestType"))
    if kind not in _ANSWERS or (kind == "get_system_info" and tablet.manner.has(Trouble.OLD_VERSION)):
        return _misbehave(tablet, _error(tablet, asked, who, f"unknown requestType {kind}"))
    segment, tell = _ANSWERS[kind]
    data = request.get("data") if isinstance(request.get("data"), dict) else {}
    correlation = asked.correlation or _bytes(request.get("correlationData"))
    body = {
        **_head(kind, who),
        "requestMessageId": request.get("messageId"),
        "correlationData": None if correlation is None else correlation.decode(errors="replace"),
        "data": tell(tablet, data or {}, who),
    }
    topic = asked.topic or request.get("responseTopic")
    return _misbehave(tablet, Answer(segment, body, topic, correlation))


def status(tablet: FakeTablet, is_first: bool = False) -> dict[str, Any]:
    """`is_first`: in `connected`, before the window is there to be asked."""
    own = -1 if is_first or tablet.has_service else tablet.settings.stored_number(keys.BRIGHTNESS)
    told: dict[str, Any] = {
        "currentUrl": tablet.page.address,
        "isLocked": tablet.is_locked,
        "lockStateType": tablet.switches.lock.value,
        "lastInteractionTime": 1_795_000_000_000 + int(tablet.touched_at * 1000),
        "batteryPercentage": tablet.battery,
        "appBrightnessPercentage": own,
        "systemBrightness": 128,
        "isDeviceInteractive": tablet.switches.screen,
    }
    if tablet.manner.has(Trouble.STRANGE_STATUS):
        return {"currentUrl": "", "lockStateType": LockState.NONE.value, "batteryPercentage": 0,
                "appBrightnessPercentage": -1, "fromTheFuture": {"a": [1]}}  # fmt: skip
    return told


def _is_meant(request: dict[str, Any], who: Who) -> bool:
    for field, own in (("targetInstances", who.instance_id), ("targetUsernames", who.username)):
        if request.get(field) and own not in request[field]:
            return False
    return True


def _head(kind: str, who: Who) -> dict[str, Any]:
    return {
        "responseType": kind,
        "messageId": str(uuid.uuid4()),
        "username": who.username,
        "appInstanceId": who.instance_id,
    }


def _error(tablet: FakeTablet, asked: Asked, who: Who, text: str) -> Answer:
    tablet.toast(text)
    body = {
        **_head("error", who),
        "requestMessageId": None,
        "correlationData": None,
        "payloadStr": asked.payload.decode(errors="replace"),
        "errorMessage": text,
    }
    return Answer("error", body, asked.topic, asked.correlation)


def _bytes(value: object) -> bytes | None:
    return value.encode() if isinstance(value, str) else None


def _settings(tablet: FakeTablet, data: dict[str, Any], who: Who) -> dict[str, Any]:
    return {"settings": tablet.settings.told(data.get("settings"), who.variables)}


def _system_info(tablet: FakeTablet, _data: dict[str, Any], who: Who) -> dict[str, Any]:
    app = {
        **VERSION,
        "installer": "org.fdroid.fdroid",
        "isDeviceOwner": tablet.switches.owner,
        "isLockTaskPermitted": tablet.switches.owner,
        "dhizukuPermissionGranted": False,
        "instanceId": who.instance_id,
    }
    return {"app": app, "device": dict(DEVICE)}


def _launchable(tablet: FakeTablet, data: dict[str, Any], _who: Who) -> dict[str, Any]:
    found = sorted(tablet.switches.installed)
    if data.get("filterLockTaskPermitted") is True:
        found = [name for name in found if name in _permitted(tablet)]
    return {"packages": found}


def _lock_task(tablet: FakeTablet, _data: dict[str, Any], _who: Who) -> dict[str, Any]:
    return {"packages": sorted(_permitted(tablet))}


def _permitted(tablet: FakeTablet) -> tuple[str, ...]:
    """Itself, and what was ticked by hand; nothing without the right."""
    return (WEBVIEW_KIOSK, *tablet.switches.allowed) if tablet.switches.owner else ()


_ANSWERS: dict[str, tuple[str, Callable[[FakeTablet, dict[str, Any], Who], dict[str, Any]]]] = {
    "get_status": ("status", lambda tablet, _data, _who: status(tablet)),
    "get_settings": ("settings", _settings),
    "get_system_info": ("system_info", _system_info),
    "get_launchable_packages": ("get_launchable_packages", _launchable),
    "get_lock_task_packages": ("get_lock_task_packages", _lock_task),
}


def _misbehave(tablet: FakeTablet, said: Answer) -> list[Answer]:
    manner = tablet.manner
    if manner.has(Trouble.MUTE):
        return []
    if manner.has(Trouble.WRONG_ID):
        said = replace(said, body={**said.body, "requestMessageId": str(uuid.uuid4())})
    if manner.has(Trouble.NO_ID):
        said = replace(said, body={**said.body, "requestMessageId": None})
    if manner.has(Trouble.GARBLED):
        said = replace(said, raw=json.dumps(said.body).encode()[:-7])
    return [said, said] if manner.has(Trouble.TWICE) else [said]
