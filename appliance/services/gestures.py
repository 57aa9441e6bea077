"""A gesture: what a teacher does to some devices of a lesson, stored before anything is sent.

One transaction holds the gesture, its receipts and the new desired versions. The bridge reads them from there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from appliance.clock import Clock
from appliance.domain.channels import Channel, Evidence, Offer, able_now, choose, own_abilities, union, weakest
from appliance.domain.gestures import (
    ASKED,
    COMMANDS,
    STATE_KINDS,
    GestureKind,
    command_args,
    hold_after,
    is_possible,
    refuse_unknown,
    restrictions_asked,
    state_args,
)
from appliance.domain.people import Actor
from appliance.domain.receipts import ReceiptState
from appliance.domain.restrictions import Hold
from appliance.errors import Conflict, Invalid, NotFound
from appliance.ids import new_command_id
from appliance.nudge import NudgeSender
from appliance.services.desired import bump, hold_as_json, read_hold
from appliance.services.journal import record
from appliance.services.lessons import lesson_of, must_hold
from appliance.store.bulk import execute_many
from appliance.store.fields import JsonField, read_words, to_milliseconds
from appliance.store.models import Document, DocumentOwner, Gesture, Lesson, database
from protocol.device import CommandType, Kind, Malformed, check_args

TEACHER_KINDS = frozenset(GestureKind) - {GestureKind.RELEASE}

_INSERT_RECEIPT = (
    "INSERT INTO receipt (id, gesture_id, device_id, state, version, command, expires_at, unsupported, tries, "
    "updated_at, channel) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)"
)
_PARTS = (
    "SELECT p.device_id, d.version, d.capabilities, p.base, p.eyes_up, d.kind, a.agent, a.profile, a.capabilities "
    "FROM lesson_device p JOIN device d ON d.id = p.device_id LEFT JOIN agent_link a ON a.device_id = d.id "
    "WHERE p.lesson_id = ? AND p.left_at IS NULL ORDER BY d.number, d.id"
)
_json = JsonField()


@dataclass(frozen=True, slots=True)
class Request:
    """As a page sends it. `device_ids` None: every pupil's device; a class screen is acted on by its name only."""

    gesture_id: str
    kind: GestureKind
    args: Mapping[str, object]
    device_ids: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    device_id: str
    version: int
    capabilities: frozenset[str]  # of all its channels
    hold: Hold
    agent: Mapping[str, Evidence] | None = None  # what its agent can do
    own: tuple[str, ...] = ()

    def channel(self, abilities: Sequence[str]) -> Channel:
        """That will most likely carry it; the bridge knows better when it comes to it."""
        if self.agent is None:
            return Channel.OWN
        offers = Offer(Channel.OWN, own_abilities(self.own)), Offer(Channel.AGENT, self.agent)
        return weakest(found for name in abilities if (found := choose(name, offers)) is not None).channel


# A device, the desired version to wait for (None: a command), and what of the gesture it cannot do.
_Row = tuple[_Part, int | None, tuple[str, ...]]


class Gestures:
    """`leads_here`: whether an address is one of the appliance's own. No pupil is sent to its pages."""

    def __init__(self, clock: Clock, nudge: NudgeSender, leads_here: Callable[[str], bool]) -> None:
        self._clock = clock
        self._nudge = nudge
        self._leads_here = leads_here

    def perform(self, actor: Actor, lesson_id: str, request: Request) -> str:
        """The gesture's id. The same id again is the same gesture: nothing is done twice.

        Raises Invalid, NotFound (a device that is not in the lesson), Conflict (lesson over), Denied.
        """
        if request.kind not in TEACHER_KINDS:
            raise Invalid("bad_gesture", {"kind": "unknown_value"})
        refuse_unknown(request.kind, request.args)
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            lesson = lesson_of(lesson_id)
            must_hold(actor, lesson)
            known = Gesture.get_or_none(Gesture.id == request.gesture_id)
            if known is not None:
                if known.lesson_id != lesson_id:
                    raise Conflict("gesture_id_taken")
                return request.gesture_id
            if lesson.ended_at is not None or lesson.ends_at <= now:  # the bridge may not have written yet that it is
                raise Conflict("lesson_over")
            parts = _chosen(lesson_id, request.device_ids)
            self._store(actor, lesson, request, parts, now)
        self._nudge.send()
        return request.gesture_id

    def _store(self, actor: Actor, lesson: Lesson, request: Request, parts: Sequence[_Part], now: datetime) -> None:
        is_state = request.kind in STATE_KINDS
        command = None if is_state else _command(request, actor)
        if request.kind is GestureKind.OPEN_LINK and command is not None and self._leads_here(command["args"]["url"]):
            raise Invalid("own_address", {"url": "own_address"})
        Gesture.create(
            id=request.gesture_id,
            lesson=lesson.id,
            actor=actor.user_id,
            kind=request.kind,
            args=_checked(request, command),
            at=now,
            force_insert=True,
        )
        if is_state:
            receipts = _restrict(request, parts)
            bump([part.device_id for part in parts], now)
        else:
            receipts = [_command_row(request.kind, part) for part in parts]
        encoded = _json.db_value(command)
        moment, expires = to_milliseconds(now), to_milliseconds(lesson.ends_at)
        # A class has few kinds of devices: what is the same for many is worked out once.
        kinds = {missing for _, _, missing in receipts}
        asked = restrictions_asked(request.kind, request.args) if is_state else (str(request.kind),)
        first = {missing: (_first_state(request, missing), _json.db_value(list(missing))) for missing in kinds}
        execute_many(
            _INSERT_RECEIPT,
            [
                (
                    new_command_id(now), request.gesture_id, part.device_id, first[missing][0], version, encoded,
                    expires, first[missing][1], moment, part.channel(asked),
                )
                for part, version, missing in receipts
            ],
        )  # fmt: skip
        record(now, actor, f"gesture.{request.kind}", f"lesson:{lesson.id}", devices=len(parts))


def _command(request: Request, actor: Actor) -> dict[str, Any]:
    if request.kind is GestureKind.OPEN_DOCUMENT:
        return {"type": CommandType.OPEN_DOCUMENT, "args": _document(request.args.get("sha256"), actor)}
    args = command_args(request.kind, request.args, actor.name)
    try:
        check_args(COMMANDS[request.kind], args)
    except Malformed as error:
        raise Invalid("bad_gesture", {"args": error.reason}) from error
    return {"type": COMMANDS[request.kind], "args": args}


def _checked(request: Request, command: Mapping[str, Any] | None) -> dict[str, object]:
    """What is kept of the gesture: what its devices are told, without what the appliance adds for them."""
    if command is None:
        return state_args(request.kind, request.args)
    return {name: command["args"][name] for name in ASKED.get(request.kind, ())}


def _document(sha256: object, actor: Actor) -> dict[str, object]:
    """Under the teacher's own name for it, and without its address: each device gets the one by which it knows us."""
    document = Document.get_or_none(Document.sha256 == str(sha256))
    if document is None:
        raise NotFound("no_document")
    own = (DocumentOwner.document == document.sha256) & (DocumentOwner.user == actor.user_id)
    name = (DocumentOwner.get_or_none(own) or document).name
    return {"name": name, "mime": document.mime, "size": document.size, "sha256": document.sha256}


def _chosen(lesson_id: str, device_ids: Sequence[str] | None) -> list[_Part]:
    rows = database.execute_sql(_PARTS, (lesson_id,)).fetchall()
    parts = [_part(row) for row in rows]
    if device_ids is None:
        screens = {row[0] for row in rows if row[5] == Kind.SCREEN}
        return [part for part in parts if part.device_id not in screens]
    asked = set(device_ids)
    chosen = [part for part in parts if part.device_id in asked]
    if len(chosen) < len(asked) or not chosen:
        raise NotFound("device_not_in_lesson")
    return chosen


def _part(row: tuple[Any, ...]) -> _Part:
    device_id, version, own, base, eyes_up, _, agent, profile, agent_words = row
    words, hold = read_words(own), read_hold(base, eyes_up)
    if agent is None:
        return _Part(device_id, version, frozenset(words), hold)
    abilities = able_now(agent, profile, read_words(agent_words))
    return _Part(device_id, version, union(words, abilities), hold, abilities, words)


def _restrict(request: Request, parts: Sequence[_Part]) -> list[_Row]:
    """Writes what the lesson wants of each device; receipts wait for the version that follows."""
    after = {hold: hold_after(request.kind, request.args, hold) for hold in {part.hold for part in parts}}
    stored = {hold: (_json.db_value(hold_as_json(then)), then.eyes_up) for hold, then in after.items()}
    execute_many(
        "UPDATE lesson_device SET base = ?, eyes_up = ? WHERE device_id = ? AND left_at IS NULL",
        [(*stored[part.hold], part.device_id) for part in parts],
    )
    asked = restrictions_asked(request.kind, request.args)
    return [(part, part.version + 1, tuple(name for name in asked if name not in part.capabilities)) for part in parts]


def _command_row(kind: GestureKind, part: _Part) -> _Row:
    return part, None, () if is_possible(kind, part.capabilities) else (str(kind),)


def _first_state(request: Request, missing: Sequence[str]) -> ReceiptState:
    """Rejected at once where the device can do nothing of what is asked."""
    asked = len(restrictions_asked(request.kind, request.args)) if request.kind in STATE_KINDS else 1
    return ReceiptState.REJECTED if asked and len(missing) == asked else ReceiptState.QUEUED
