"""Is the appliance well? One word for whoever asks without being known; the administrator's page tells more."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from appliance.bootstrap import Services
from appliance.domain.findings import State


def make_health(services: Services) -> Blueprint:
    api = Blueprint("health", __name__)

    @api.get("/api/health")
    def health() -> ResponseReturnValue:
        state = services.health.state()
        return jsonify(state=state), 503 if state is State.DOWN else 200

    return api
