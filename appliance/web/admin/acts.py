"""What every form of administration does: one service call, one sentence about what came of it, and the page again."""

from collections.abc import Callable

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue

from appliance.bootstrap import Services
from appliance.errors import Invalid, PreauError
from appliance.web.errors import wants_json
from appliance.web.sessions import local_path
from appliance.web.texts import field_texts, text_of


def act(call: Callable[[], object], said: str, back: str) -> ResponseReturnValue:
    """`said` is shown when it worked. Programs get the error itself, people the page with the reason on top."""
    try:
        call()
    except PreauError as problem:
        if wants_json():
            raise
        flash(problem_text(problem), "problem")
    else:
        flash(said, "good")
    return redirect(back, 303)


def problem_text(problem: PreauError) -> str:
    lines = sorted(set(field_texts(problem).values())) if isinstance(problem, Invalid) else []
    return " ".join([text_of(problem), *lines])


def back_or(default: str) -> str:
    """Where the form says that it came from, so that a filtered list stays filtered."""
    wanted = local_path(request.form.get("next"))
    return wanted if wanted.startswith("/admin") else default


def cart_choices(services: Services) -> list[tuple[str, str]]:
    return [(str(cart.id), cart.name) for cart in services.carts.listed()]
