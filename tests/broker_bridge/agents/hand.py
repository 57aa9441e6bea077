"""A kiosk tablet played by hand against its translation, with time that passes when a test says so."""

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from appliance.broker_bridge.agents.translation import (
    Answers,
    Drops,
    Identity,
    Order,
    Output,
    Publish,
    Reports,
    Rotates,
)
from appliance.broker_bridge.agents.webview_kiosk import WebviewKiosk
from appliance.domain.agents import AgentMemory, AgentPresence
from appliance.domain.channels import Profile
from protocol.device import UNRESTRICTED, Access, Command, CommandType, Desired, LessonRef, Lock, Reported, Restrictions

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LOCKED = Restrictions(lock=Lock("Ici"))
OFFLINE_NET = Restrictions(internet=Access.BLOCKED)
HOME = "http://preau.local:8080/pupil"
ME = "wk-7k3m9q2x"


@dataclass
class Hand:
    """`obeys`: it answers every request and does every command; else the test does it. `sent`: everything, in order."""

    profile: Profile = Profile.OWNER
    memory: AgentMemory = field(default_factory=AgentMemory)
    obeys: bool = True
    owner: bool = True
    may_lock: bool = True
    locked: str = "NONE"
    url: str = HOME
    instance: str = "i-1"
    in_front: bool = True
    deaf_to: set[str] = field(default_factory=set)
    fixed: set[str] = field(default_factory=set)
    settings: dict[str, Any] = field(default_factory=dict)
    allowed: tuple[str, ...] = ()
    installed: tuple[str, ...] = ("org.gcompris", "com.android.chrome")

    def __post_init__(self) -> None:
        self.now = 0.0
        self.sent: list[dict[str, Any]] = []
        self.said: list[Output] = []
        self.unanswered = 0
        ids = itertools.count(1)
        self._event_ids = itertools.count(1)
        identity = Identity(ME, self.profile, frozenset({"preau.local"}), self.memory)
        self.kiosk = WebviewKiosk(identity, lambda: f"m{next(ids)}")

    # What the hub does

    def want(self, restrictions: Restrictions = UNRESTRICTED, version: int = 1) -> None:
        until = None if restrictions.is_free else NOW + timedelta(hours=1)
        self.kiosk.want(Desired(version, NOW, restrictions, until, LessonRef("l", "Mme Durand")), self.now)
        self.settle()

    def order(self, kind: CommandType, command_id: str = "c1", *, is_repeat: bool = False, **args: str) -> None:
        command = Command(command_id, kind, NOW, NOW + timedelta(hours=1), dict(args))
        self.kiosk.order(Order(command, is_repeat), self.now)
        self.settle()

    def pass_by(self, seconds: float) -> None:
        """Each moment at which something is due comes in its turn."""
        until = self.now + seconds
        while self.kiosk.next_at <= until:
            self.now = max(self.now, self.kiosk.next_at)
            self.kiosk.due(self.now)
            self.settle()
        self.now = until
        self.kiosk.due(self.now)
        self.settle()

    # What the tablet does

    def connect(self) -> None:
        self.event("connected", isLocked=self.locked != "NONE")

    def ready(self, restrictions: Restrictions = UNRESTRICTED) -> "Hand":
        """Connected, answered, set up; what was sent so far is forgotten."""
        self.want(restrictions)
        self.connect()
        self.pass_by(5)
        self.forget()
        return self

    def event(self, kind: str, *, username: str | None = ME, instance: str | None = None, **data: object) -> None:
        document = {
            "eventType": kind,
            "messageId": f"e{next(self._event_ids)}",
            "username": username,
            "appInstanceId": instance or self.instance,
            "data": data,
        }
        self.raw(f"event/{kind}", json.dumps(document).encode())

    def answer(self, request: dict[str, Any], *, request_id: str | None = "", **more: Any) -> None:
        kind = request["requestType"]
        document = {
            "responseType": kind,
            "messageId": f"a{next(self._event_ids)}",
            "username": ME,
            "appInstanceId": self.instance,
            "requestMessageId": request["messageId"] if request_id == "" else request_id,
            "data": _ANSWERS[kind](self, request),
        }
        self.raw("response/x", json.dumps({**document, **more}).encode())

    def will(self) -> None:
        self.raw("will", b"gone, and not in JSON")

    def raw(self, leaf: str, payload: bytes) -> None:
        self.kiosk.receive(leaf, payload, self.now)
        self.settle()

    def settle(self) -> None:
        """What the translation says is taken, and obeyed where the tablet obeys, until it is quiet."""
        while taken := self.kiosk.take():
            for output in taken:
                if isinstance(output, Publish):
                    self._take(output)
                else:
                    self.said.append(output)

    def _take(self, output: Publish) -> None:
        document = json.loads(output.payload)
        self.sent.append({"leaf": output.leaf, "expires_in": output.expires_in, **document})
        word = document.get("requestType") or document.get("command") or output.leaf
        if not self.obeys or word in self.deaf_to:
            return
        if output.leaf == "request":
            self.answer(document)
        elif output.leaf == "settings":
            new = document["data"]["settings"]
            self.settings.update({key: value for key, value in new.items() if key not in self.fixed})
        else:
            deed = _DEEDS.get(document["command"])
            if deed is not None:
                deed(self, document.get("data", {}))

    # What was seen

    def presence(self) -> AgentPresence:
        return self.kiosk.presence

    def forget(self) -> None:
        self.sent.clear()
        self.said.clear()

    @property
    def words(self) -> list[str]:
        return [str(one.get("command") or one.get("requestType") or one["leaf"]) for one in self.sent]

    @property
    def reports(self) -> list[Reported]:
        return [one.reported for one in self.said if isinstance(one, Reports)]

    @property
    def answers(self) -> list[tuple[str, str, str | None]]:
        """Status, evidence and error of each answer."""
        return [(one.ack.status, one.evidence, one.ack.error) for one in self.said if isinstance(one, Answers)]

    @property
    def drops(self) -> list[str]:
        return [one.reason for one in self.said if isinstance(one, Drops)]

    @property
    def turns(self) -> list[str]:
        return [one.turn for one in self.said if isinstance(one, Rotates)]


def _settings(hand: Hand, request: dict[str, Any]) -> dict[str, Any]:
    def as_given_back(value: Any) -> Any:
        return json.dumps(value) if isinstance(value, list) else value

    keys = request["data"]["settings"]
    return {"settings": {key: as_given_back(hand.settings[key]) for key in keys if key in hand.settings}}


def _packages(hand: Hand, request: dict[str, Any]) -> dict[str, Any]:
    filtered = request.get("data", {}).get("filterLockTaskPermitted")
    return {"packages": list(hand.allowed if filtered else hand.installed)}


_ANSWERS: dict[str, Callable[[Hand, dict[str, Any]], dict[str, Any]]] = {
    "get_status": lambda hand, _: {
        "currentUrl": hand.url.rstrip("/"),
        "isLocked": hand.locked == "LOCK_TASK",
        "lockStateType": hand.locked,
        "batteryPercentage": 81,
        "isDeviceInteractive": True,
    },
    "get_settings": _settings,
    "get_system_info": lambda hand, _: {
        "app": {"versionName": "0.26.18", "isDeviceOwner": hand.owner, "isLockTaskPermitted": hand.may_lock},
        "device": {"model": "SM-X200"},
    },
    "get_launchable_packages": _packages,
}


def _lock(hand: Hand, _: dict[str, Any]) -> None:
    if hand.in_front:
        hand.locked = "LOCK_TASK"
        hand.event("lock", lockStateType="LOCK_TASK")


def _unlock(hand: Hand, _: dict[str, Any]) -> None:
    hand.locked, hand.in_front = "NONE", True
    hand.event("unlock")
    hand.event("app_foreground")


def _go(hand: Hand, data: dict[str, Any]) -> None:
    is_new, hand.url = hand.url != data["url"], data["url"]
    if is_new:
        hand.event("url_changed", url=hand.url.rstrip("/"))


def _launch(hand: Hand, data: dict[str, Any]) -> None:
    hand.in_front = data["packageName"].startswith("uk.")
    hand.event("app_foreground" if hand.in_front else "app_background")


_DEEDS: dict[str, Callable[[Hand, dict[str, Any]], None]] = {
    "lock": _lock,
    "unlock": _unlock,
    "go_to_url": _go,
    "go_home": lambda hand, _: _go(hand, {"url": HOME}),
    "launch_package": _launch,
    "reconnect": lambda hand, _: hand.event("disconnecting", cause="MQTT_RECONNECT_COMMAND_RECEIVED"),
}
