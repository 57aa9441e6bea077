"""The console, put together: who guards, which pages, in which order. Opens nothing until it is called."""

from pathlib import Path

from flask import Flask, Response, g, request, session
from flask.json.provider import DefaultJSONProvider
from flask_babel import Babel

from central.bootstrap import Services
from central.nudge import NudgeSender
from central.store.database import give_back
from central.store.models import database
from central.store.room import room
from central.web.access import enforce, may, sees
from central.web.cookies import Cookies, form_key, load_sessions
from central.web.errors import register_errors
from central.web.house import share_house
from central.web.navigation import navigation
from central.web.pages import register_pages
from central.web.security import HostGate, protect
from central.web.texts import translate, translate_number
from central.web.times import DEFAULT_ZONE, add_filters, told_number

LANGUAGES = {"fr": "Français", "en": "English"}


class _Json(DefaultJSONProvider):
    """In the order in which it was written, and readable."""

    sort_keys = False
    ensure_ascii = False


def create_app(services: Services) -> Flask:
    """Needs the database bound (`bootstrap.open_databases`)."""
    config = services.config
    url, cookies = config.console_url, Cookies(config)
    app = Flask(__name__)
    app.secret_key = form_key(services.keys.folder)
    app.json = _Json(app)
    Babel(
        app,
        default_locale="fr",
        default_timezone=DEFAULT_ZONE,
        default_translation_directories=str(Path(__file__).parent / "translations"),
        locale_selector=choose_language,
    )
    _connect(app)
    load_sessions(app, services.sessions, cookies)
    enforce(app)
    protect(app, url)
    register_errors(app)
    share_house(app)
    register_pages(app, services, cookies)
    _dress(app, services)
    _hurry(app, NudgeSender(config.runtime_path))
    app.wsgi_app = HostGate(app.wsgi_app, url)  # type: ignore[method-assign]  # outermost
    return app


def choose_language() -> str:
    """The person's, else what this browser chose, else what it asks for, else French."""
    found = g.get("session")
    if found is not None and found.viewer.locale in LANGUAGES:
        return str(found.viewer.locale)
    if session.get("lang") in LANGUAGES:
        return str(session["lang"])
    asked = (tag.partition("-")[0].lower() for tag in request.accept_languages.values())
    return next((tag for tag in asked if tag in LANGUAGES), "fr")


def _connect(app: Flask) -> None:
    """A connection opens itself at the first query of a request, and is given back with it."""

    @app.before_request
    def look() -> None:
        g.kept = not database.is_closed()

    @app.teardown_request
    def close_connection(_error: BaseException | None) -> None:
        if not g.get("kept", False):
            give_back()


def _hurry(app: Flask, desk: NudgeSender) -> None:
    """Somebody has done something: perhaps there is something for a school, which need not wait for the desk's look."""

    @app.after_request
    def nudge(response: Response) -> Response:
        if request.method == "POST" and response.status_code < 400:
            desk.send()
        return response


def _dress(app: Flask, services: Services) -> None:
    app.jinja_env.globals.update(may=may, sees=sees)
    add_filters(app, services.clock)
    # after Babel's own, which knows nothing of French spaces
    app.jinja_env.install_gettext_callables(translate, translate_number, newstyle=True)  # type: ignore[attr-defined]  # i18n
    app.jinja_env.globals["ngettext"] = told_number

    @app.context_processor
    def common() -> dict[str, object]:
        language = choose_language()
        found = g.get("session")
        is_in = found is not None and not found.half_way
        return {
            "lang": language,
            "zone": DEFAULT_ZONE,
            "school_name": services.config.city,
            "viewer": None if found is None else found.viewer,
            "no_room": is_in and found.viewer.is_of_the_city and room.is_short(),
            "nav": navigation(found.viewer) if found is not None and is_in else [],
            "languages": [{"code": code, "label": label} for code, label in LANGUAGES.items() if code != language],
        }
