"""What this server is, and whether it works. `/health` measures work done; it tells no stranger anything else."""

import time
from importlib.metadata import version

from flask import Blueprint, jsonify, render_template
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.roles import Capability
from central.services.vital_signs import VitalSigns
from central.web.access import Door, allows

_SLOW_MS = 2000


def make_about(services: Services) -> Blueprint:
    pages = Blueprint("about", __name__)
    signs = VitalSigns(services.clock)

    @pages.get("/health")
    @allows(Door.PUBLIC)
    def health() -> ResponseReturnValue:
        """A row is written and read again. 503 when that takes too long; an error when it fails."""
        began = time.monotonic()
        signs.exercise()
        took = round((time.monotonic() - began) * 1000)
        is_well = took <= _SLOW_MS
        return jsonify(status="ok" if is_well else "slow", database_ms=took), 200 if is_well else 503

    @pages.get("/about")
    @allows(Capability.SEE_FLEET)
    def about() -> ResponseReturnValue:
        parts = {name: version(name) for name in ("flask", "peewee", "webauthn", "cryptography")}
        return render_template("people/about.html", facts=signs.read(), parts=parts)

    return pages
