"""Lessons in the browser: start, the board, gestures, favourites. Thin: parse, call one service, answer."""

import uuid
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance.bootstrap import Services
from appliance.domain.gestures import GestureKind
from appliance.domain.lessons import checked_minutes
from appliance.errors import Conflict, Invalid
from appliance.services.apps import installed_on
from appliance.services.gestures import Request
from appliance.services.lessons import UNNAMED
from appliance.web.errors import wants_json
from appliance.web.sessions import sign_in_required
from appliance.web.start_form import StartForm
from appliance.web.texts import field_texts, text_of
from appliance.web.texts import filled as _
from appliance.web.times import clock_text
from appliance.web.welcome import add_welcome
from protocol.device import Malformed, read_object


def make_lessons(services: Services) -> Blueprint:
    pages = Blueprint("lessons", __name__)
    pages.before_request(sign_in_required())
    _add_pages(pages, services)
    _add_start(pages, services)
    _add_acts(pages, services)
    _add_sharing(pages, services)
    _add_favourites(pages, services)
    add_welcome(pages, services)
    return pages


def _add_pages(pages: Blueprint, services: Services) -> None:
    @pages.get("/")
    def start() -> ResponseReturnValue:
        return _start_page(services)

    @pages.get("/lessons/<lesson_id>")
    def board(lesson_id: str) -> ResponseReturnValue:
        services.lessons.check_watch(g.actor, lesson_id)
        return render_template("lessons/board.html", snapshot=_snapshot(services, lesson_id, with_apps=True))

    @pages.get("/lessons/<lesson_id>/board.json")
    def board_json(lesson_id: str) -> ResponseReturnValue:
        """`?apps=1`: with the apps of the lesson's devices, which take long to read and seldom change."""
        services.lessons.check_watch(g.actor, lesson_id)
        return jsonify(_snapshot(services, lesson_id, with_apps=request.args.get("apps") == "1"))


def _add_start(pages: Blueprint, services: Services) -> None:
    @pages.post("/lessons")
    def start_lesson() -> ResponseReturnValue:
        form = StartForm.read(request.form, services.start_page)
        try:
            plan = form.plan(services.lessons)
            if not plan.device_ids:
                return _ask_first(services, form)
            lesson_id = services.lessons.start(g.actor, plan)
        except (Conflict, Invalid) as error:
            if wants_json():
                raise
            return _start_page(services, form, error), error.status
        if form.asked_of:
            services.lessons.ask(g.actor, form.asked(services.lessons))
        return redirect(url_for("lessons.board", lesson_id=lesson_id), 303)


def _ask_first(services: Services, form: StartForm) -> ResponseReturnValue:
    """All of them are in use: nothing can start yet, but the colleagues are asked. What they give becomes free."""
    if not services.lessons.ask(g.actor, form.asked(services.lessons)):
        raise form.refusal(services.lessons, g.actor)
    flash(_("Votre demande est envoyée. Commencez la séance quand les tablettes sont libres."), "good")
    return redirect(url_for("lessons.start"), 303)


def _add_acts(pages: Blueprint, services: Services) -> None:
    @pages.post("/lessons/<lesson_id>/gestures")
    def gesture(lesson_id: str) -> ResponseReturnValue:
        services.gestures.perform(g.actor, lesson_id, _gesture(_body()))
        return jsonify(gesture=services.board.gesture(lesson_id)), 201

    @pages.post("/lessons/<lesson_id>/display")
    def display(lesson_id: str) -> ResponseReturnValue:
        """`{"devices": [id] or null (every screen), "display": null or what to show}`."""
        body = _body()
        if "display" not in body:  # null empties the screens: it has to be said
            raise Invalid("bad_display", {"display": "missing"})
        services.displays.show(g.actor, lesson_id, _ids(body.get("devices")), body["display"])
        return jsonify(displays=services.displays.of(lesson_id))

    @pages.post("/lessons/<lesson_id>/extend")
    def extend(lesson_id: str) -> ResponseReturnValue:
        services.lessons.extend(g.actor, lesson_id, checked_minutes(_body().get("minutes")))
        return jsonify(lesson=services.board.snapshot(lesson_id)["lesson"])

    @pages.post("/lessons/<lesson_id>/end")
    def end(lesson_id: str) -> ResponseReturnValue:
        services.lessons.end(g.actor, lesson_id)
        if request.is_json:
            return jsonify(lesson=services.board.snapshot(lesson_id)["lesson"])
        return redirect(url_for("lessons.start"), 303)


def _add_sharing(pages: Blueprint, services: Services) -> None:
    @pages.post("/lessons/<lesson_id>/devices")
    def add_devices(lesson_id: str) -> ResponseReturnValue:
        body = _body()
        take_from = frozenset(_ids(body.get("take_from")) or [])
        services.lessons.add(g.actor, lesson_id, _ids(body.get("devices")) or [], take_from)
        return jsonify(_snapshot(services, lesson_id))

    @pages.post("/requests")
    def ask() -> ResponseReturnValue:
        return jsonify(asked=services.lessons.ask(g.actor, _ids(_body().get("devices")) or [])), 201

    @pages.post("/requests/<int:request_id>")
    def answer(request_id: int) -> ResponseReturnValue:
        services.lessons.answer(g.actor, request_id, bool(_body().get("granted")))
        return jsonify({})


def _add_favourites(pages: Blueprint, services: Services) -> None:
    @pages.post("/favourites")
    def keep() -> ResponseReturnValue:
        body = _body()
        favourite = services.favourites.add(g.actor, body.get("kind"), body.get("value"), body.get("label"))
        return jsonify(favourite=favourite), 201

    @pages.delete("/favourites/<int:favourite_id>")
    def forget(favourite_id: int) -> ResponseReturnValue:
        services.favourites.remove(g.actor, favourite_id)
        return jsonify({})


def _snapshot(services: Services, lesson_id: str, with_apps: bool = False) -> dict[str, Any]:
    snapshot = services.board.snapshot(lesson_id)
    snapshot["lesson"]["mine"] = snapshot["lesson"]["teacher"]["id"] == g.actor.user_id
    snapshot["favourites"] = services.favourites.of(g.actor)
    if with_apps:
        snapshot["apps"] = installed_on([tile["device_id"] for tile in snapshot["tiles"]])
    snapshot["documents"] = [
        {"sha256": one.sha256, "name": one.name, "mime": one.mime, "size": one.size}
        for one in services.documents.listed(g.actor)
    ]
    return snapshot


def _body() -> dict[str, Any]:
    """The JSON object of a request, or the fields of a form."""
    if not request.is_json:
        return dict(request.form)
    try:
        return read_object(request.get_data(cache=False))
    except Malformed as error:
        raise Invalid("bad_request", {"body": "not_json"}) from error


def _ids(value: object) -> Sequence[str] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Invalid("bad_gesture", {"devices": "wrong_type"})
    return value


def _gesture(body: dict[str, Any]) -> Request:
    try:
        gesture_id = str(uuid.UUID(str(body.get("id"))))
        kind = GestureKind(str(body.get("kind")))
    except ValueError:
        raise Invalid("bad_gesture", {"kind": "unknown_value"}) from None
    args = body.get("args") or {}
    if not isinstance(args, dict):
        raise Invalid("bad_gesture", {"args": "wrong_type"})
    return Request(gesture_id, kind, args, _ids(body.get("devices")))


def _start_page(services: Services, form: StartForm | None = None, error: Conflict | Invalid | None = None) -> str:
    choices = services.start_page.choices(g.actor)
    for lesson in [*choices["held"], choices["open_lesson"] or {}]:
        if lesson:
            lesson["until"] = clock_text(lesson["ends_at"])
    errors = field_texts(error)
    if error is not None and not errors:
        errors = {"source": text_of(error)}
    return render_template(
        "lessons/start.html",
        **choices,
        favourites=services.favourites.of(g.actor),
        values={} if form is None else form.values,
        errors=errors,
        unnamed=UNNAMED,
    )
