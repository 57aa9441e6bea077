"""A lesson's door for visitors: its code and the drawing of it, and guests who are sent away. Thin, as `lessons`."""

from flask import Blueprint, Response, g, jsonify, request
from flask.typing import ResponseReturnValue

from appliance.bootstrap import Services
from appliance.errors import NotFound
from appliance.web.hosts import base_url
from appliance.web.qr import qr_image


def add_welcome(pages: Blueprint, services: Services) -> None:
    @pages.post("/lessons/<lesson_id>/welcome")
    def open_door(lesson_id: str) -> ResponseReturnValue:
        """The code, the same one while the door stays open."""
        return jsonify(welcome={"code": services.join_codes.open_for_lesson(g.actor, lesson_id).code}), 201

    @pages.delete("/lessons/<lesson_id>/welcome")
    def close_door(lesson_id: str) -> ResponseReturnValue:
        services.join_codes.close_for_lesson(g.actor, lesson_id)
        return jsonify(welcome=None)

    @pages.get("/lessons/<lesson_id>/welcome/qr.svg")
    def drawing(lesson_id: str) -> ResponseReturnValue:
        """Of the address with the code in it, by the name that the board itself was opened with."""
        services.lessons.check_watch(g.actor, lesson_id)
        found = services.join_codes.of_lesson(lesson_id)
        if found is None:
            raise NotFound("no_code")
        image = qr_image(join_address(found.code))
        return Response(image, mimetype="image/svg+xml", headers={"Cache-Control": "no-store"})

    @pages.delete("/lessons/<lesson_id>/guests/<device_id>")
    def send_away(lesson_id: str, device_id: str) -> ResponseReturnValue:
        services.guests.remove(g.actor, lesson_id, device_id)
        return jsonify({})


def join_address(code: str) -> str:
    """The code is behind the `#`: it is in no log, and the page that asks for it finds it there."""
    return f"{base_url(request)}/join#{code}"
