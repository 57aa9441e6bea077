"""Short codes on a board: a lesson's door for guests, who can be sent away, and a device's way back. Thin."""

from flask import Blueprint, Response, g, jsonify, request
from flask.typing import ResponseReturnValue

from appliance.bootstrap import Services
from appliance.errors import NotFound
from appliance.web.hosts import base_url
from appliance.web.qr import qr_image
from protocol.device import format_time


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

    @pages.post("/lessons/<lesson_id>/devices/<device_id>/code")
    def way_back(lesson_id: str, device_id: str) -> ResponseReturnValue:
        """For a browser that forgot who it is, during the lesson; whose device it is the service checks."""
        services.lessons.check_watch(g.actor, lesson_id)
        found = services.join_codes.new_for_device(g.actor, device_id)
        return jsonify(code=found.code, expires_at=format_time(found.expires_at)), 201

    @pages.delete("/lessons/<lesson_id>/guests/<device_id>")
    def send_away(lesson_id: str, device_id: str) -> ResponseReturnValue:
        services.guests.remove(g.actor, lesson_id, device_id)
        return jsonify({})


def join_address(code: str) -> str:
    """The code is behind the `#`: it is in no log, and the page that asks for it finds it there."""
    return f"{base_url(request)}/join#{code}"
