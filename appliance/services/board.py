"""The board's whole content for one lesson, as JSON-ready values. Reads the store and live storage; writes nothing."""

import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from peewee import SQL

from appliance.clock import Clock
from appliance.domain.receipt_line import Answer, counts, how_known, problems
from appliance.domain.receipts import ReceiptState
from appliance.domain.restrictions import Hold
from appliance.errors import NotFound
from appliance.services.agent_links import words_of_all_channels
from appliance.services.board_tile import Json, Tile, is_online, number_of, shown, time_text
from appliance.services.desired import read_hold
from appliance.store.fields import JsonField, read_words, to_milliseconds
from appliance.store.live import LiveRow, read_live_rows
from appliance.store.models import Gesture, Handover, JoinCode, Lesson, database
from protocol.device import Kind, format_time

# Those that pupils hold in the order of their stickers, then who came for this lesson, then the class's screens.
_PARTS = (
    "SELECT d.id, d.number, d.name, d.kind, d.agent, d.capabilities, d.guest_lesson_id IS NOT NULL, "  # noqa: S608 - our own word
    "k.agent, k.profile, k.capabilities, p.base, p.eyes_up, p.display, "
    "(SELECT pupil.first_name || CASE pupil.initial WHEN '' THEN '' ELSE ' ' || pupil.initial || '.' END FROM pupil "
    " WHERE pupil.device_id = d.id AND (l.classroom_id IS NULL OR pupil.classroom_id = l.classroom_id) LIMIT 1) "
    "FROM lesson_device p JOIN device d ON d.id = p.device_id JOIN lesson l ON l.id = p.lesson_id "
    "LEFT JOIN agent_link k ON k.device_id = d.id "
    "WHERE p.lesson_id = ? AND (p.left_at IS NULL OR p.left_at = l.ended_at) "
    f"ORDER BY d.kind = '{Kind.SCREEN}', d.guest_lesson_id IS NOT NULL, d.number, d.name, d.id"
)
_RECEIPTS = (
    "SELECT r.device_id, d.number, d.name, "  # noqa: S608 - our own word
    f"d.guest_lesson_id IS NULL AND d.kind <> '{Kind.SCREEN}', r.state, r.error, r.unsupported, r.evidence "
    "FROM receipt r "
    "JOIN device d ON d.id = r.device_id JOIN lesson_device p ON p.device_id = r.device_id "
    "JOIN lesson l ON l.id = p.lesson_id "
    "WHERE r.gesture_id = ? AND p.lesson_id = ? AND (p.left_at IS NULL OR p.left_at = l.ended_at)"
)
_LATEST_FIRST = (Gesture.at.desc(), SQL("rowid").desc())  # two gestures may fall into one millisecond
_json = JsonField()


class Board:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._one_at_a_time = threading.Lock()
        self._rev = 0

    def snapshot(self, lesson_id: str) -> Json:
        """docs/ui.md describes the shape. Raises NotFound.

        `rev` grows with each: of two snapshots that overtake each other on their way, the greater one was read later.
        """
        with self._one_at_a_time:
            content = self._read(lesson_id)
            # From the hub's time, which never goes back: it grows over a restart, too.
            self._rev = max(self._rev + 1, to_milliseconds(self._clock.now()) * 1000)
            return {"rev": self._rev, **content}

    def _read(self, lesson_id: str) -> Json:
        lesson = Lesson.get_or_none(Lesson.id == lesson_id)
        if lesson is None:
            raise NotFound("no_lesson")
        is_over = lesson.ended_at is not None
        tiles = [_tile(row, is_over) for row in database.execute_sql(_PARTS, (lesson_id,)).fetchall()]
        live = read_live_rows([tile.device_id for tile in tiles])
        gesture = _latest(lesson_id)
        answers = {} if gesture is None else _answers(gesture, live)
        gesture_id = None if gesture is None else str(gesture.id)
        return {
            "now": format_time(self._clock.now()),
            "lesson": _lesson(lesson),
            "tiles": [shown(tile, live.get(tile.device_id), answers.get(tile.device_id), gesture_id) for tile in tiles],
            "gesture": None if gesture is None else _gesture(gesture, list(answers.values())),
            "requests": _requests(lesson_id),
            "taken": _taken(lesson_id),
            "welcome": _welcome(lesson),
        }

    def gesture(self, lesson_id: str) -> Json | None:
        """The last gesture alone, for the answer to the request that made it: without the tiles, which cost most."""
        gesture = _latest(lesson_id)
        return None if gesture is None else _gesture(gesture, list(_answers(gesture, None).values()))


def _latest(lesson_id: str) -> Gesture | None:
    found: Gesture | None = Gesture.select().where(Gesture.lesson == lesson_id).order_by(*_LATEST_FIRST).first()
    return found


def _tile(row: tuple[Any, ...], is_over: bool) -> Tile:
    """After its lesson a device should be free: the tile says whether it is."""
    device_id, number, name, kind, agent, capabilities, is_guest, *kiosk, base, eyes_up, display, pupil = row
    return Tile(
        device_id=device_id,
        number=number,
        name=name,
        kind=kind,
        agent=agent,
        capabilities=words_of_all_channels(capabilities, *kiosk),
        is_guest=bool(is_guest),
        hold=Hold() if is_over else read_hold(base, eyes_up),
        display=None if is_over else _json.python_value(display),
        pupil=pupil or None,
    )


def _answers(gesture: Gesture, live: Mapping[str, LiveRow] | None) -> dict[str, Answer]:
    """By device, of those that are still on this board. `live` None: it is read here."""
    rows = database.execute_sql(_RECEIPTS, (gesture.id, gesture.lesson_id)).fetchall()
    seen = read_live_rows([row[0] for row in rows]) if live is None else live
    return {row[0]: _answer(row, is_online(seen.get(row[0]))) for row in rows}


def _answer(row: tuple[Any, ...], online: bool) -> Answer:
    device_id, number, name, has_sticker, state, error, unsupported, evidence = row
    return Answer(
        device_id=device_id,
        number=number,
        name=name,
        state=ReceiptState(state),
        is_online=online,
        error=error,
        unsupported=read_words(unsupported) if unsupported else (),
        evidence=evidence,
        has_sticker=bool(has_sticker),
    )


def _lesson(lesson: Lesson) -> Json:
    return {
        "id": lesson.id,
        "title": lesson.title,
        "cart": None if lesson.cart is None else lesson.cart.name,
        "classroom": None if lesson.classroom is None else lesson.classroom.name,
        "teacher": {"id": lesson.teacher_id, "name": lesson.teacher.name},
        "started_at": format_time(lesson.started_at),
        "ends_at": format_time(lesson.ends_at),
        "ended_at": time_text(lesson.ended_at),
        "end_reason": lesson.end_reason,
    }


def _gesture(gesture: Gesture, answers: list[Answer]) -> Json:
    return {
        "id": gesture.id,
        "kind": gesture.kind,
        "args": gesture.args,
        "at": format_time(gesture.at),
        "by": "" if gesture.actor is None else gesture.actor.name,
        "targets": len(answers),
        "counts": counts(answers),
        "evidence": how_known(answers),
        "problems": [
            {
                "device_id": one.device_id,
                "number": number_of(one.number, one.has_sticker),
                "name": one.name,
                "status": one.shown,
                "error": one.error,
                "unsupported": list(one.unsupported),
            }
            for one in problems(answers)
        ],
    }


def _requests(lesson_id: str) -> list[Json]:
    """Other teachers who ask for devices of this lesson and wait for an answer: what was asked for together is one."""
    waiting = Handover.select().where((Handover.lesson == lesson_id) & Handover.answered_at.is_null())
    found: dict[tuple[int, datetime], Json] = {}
    for one in waiting.order_by(Handover.id):
        blank = {"id": one.id, "by": one.asker.name, "at": format_time(one.asked_at), "device_ids": []}
        found.setdefault((one.asker_id, one.asked_at), blank)["device_ids"].append(one.device_id)
    return list(found.values())


def _welcome(lesson: Lesson) -> Json | None:
    """The code that lets guests in, while that door is open. Who sees a board may act on its lesson."""
    row = None if lesson.ended_at is not None else JoinCode.get_or_none(JoinCode.lesson_id == lesson.id)
    return None if row is None else {"code": row.code}


def _taken(lesson_id: str) -> list[Json]:
    """What colleagues took over from this lesson, the latest first; by whom and when."""
    rows = Handover.select().where(
        (Handover.lesson == lesson_id) & Handover.answered_at.is_null(False) & Handover.granted.is_null()
    )
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows.order_by(Handover.answered_at.desc()):
        found.setdefault((row.asker.name, format_time(row.asked_at)), []).append(f"{row.device.number:02d}")
    return [{"by": by, "at": at, "numbers": sorted(numbers)} for (by, at), numbers in found.items()]
