"""The web application, put together: who guards, which pages, in which order. Opens nothing until it is called."""

import secrets
from pathlib import Path

from flask import Flask, g, request
from flask.json.provider import DefaultJSONProvider
from flask_babel import Babel
from flask_socketio import SocketIO
from flask_wtf.csrf import CSRFProtect

from appliance.bootstrap import Services
from appliance.broker.credentials import write_atomically
from appliance.config import Config
from appliance.domain.schools import DEFAULT_ZONE
from appliance.errors import CannotStart
from appliance.own_names import OwnNames
from appliance.services.settings import read_setting
from appliance.store.live import live_database
from appliance.store.models import database
from appliance.web.account import make_account
from appliance.web.admin import make_admin, make_agent_tablet, make_roster_upload
from appliance.web.auth import Door, make_auth
from appliance.web.compressed import compress_static
from appliance.web.device_api import make_device_api
from appliance.web.device_auth import DeviceAuth
from appliance.web.documents import make_document_upload, make_documents
from appliance.web.errors import register_errors
from appliance.web.files import Transfers
from appliance.web.health import make_health
from appliance.web.hosts import HostGate
from appliance.web.icons import icon
from appliance.web.languages import choices, choose_language
from appliance.web.lessons import make_lessons
from appliance.web.live import TextPacket
from appliance.web.metrics import make_metrics, token_path
from appliance.web.numbers import BoundedIntegerConverter
from appliance.web.pupil import register_pupil
from appliance.web.security import protect
from appliance.web.sessions import Cookies, cookies_of, load_sessions
from appliance.web.setup import make_setup
from appliance.web.sockets import SocketGate
from appliance.web.static_addresses import address_static
from appliance.web.texts import filled as _
from appliance.web.texts import translate, translate_number

FILES_AT_ONCE = 40  # of the threads that `serve` starts


class _Json(DefaultJSONProvider):
    """In the order in which it was written, and readable."""

    sort_keys = False
    ensure_ascii = False


def create_app(config: Config, services: Services) -> Flask:
    """Needs the databases bound (`bootstrap.open_databases`). Socket.IO is in `app.extensions["socketio"]`."""
    app = Flask(__name__)
    app.secret_key = _web_key(config.secrets_path / "web-key")
    app.json = _Json(app)
    app.url_map.converters["int"] = BoundedIntegerConverter
    Babel(
        app,
        default_locale="fr",
        timezone_selector=school_zone,
        default_translation_directories=str(Path(__file__).parent / "translations"),
        locale_selector=choose_language,
    )
    _connect(app)
    cookies = cookies_of(config)
    load_sessions(app, services, cookies)
    csrf = protect(app, config)
    register_errors(app)
    _register(app, config, services, csrf)
    compress_static(app)
    address_static(app)
    _dress(app)
    _add_socket(app, services, cookies, config.viewers)
    app.wsgi_app = HostGate(app.wsgi_app, OwnNames(config))  # type: ignore[method-assign]  # outermost: Socket.IO, too
    return app


def _register(app: Flask, config: Config, services: Services, csrf: CSRFProtect) -> None:
    """Every route there is."""
    door = Door(services, cookies_of(config))
    transfers = Transfers(FILES_AT_ONCE)
    # Devices have their own credentials; what takes files checks the form's token before it reads one.
    auth = DeviceAuth(app, config, services)
    own_check = (
        make_device_api(services, transfers, auth),
        make_document_upload(services),
        make_roster_upload(services),
    )
    for blueprint in own_check:
        csrf.exempt(blueprint)
    for blueprint in (
        make_auth(services, door),
        make_setup(services, door),
        make_account(services, door),
        *own_check,
        make_health(services),
        make_metrics(services, token_path(config.secrets_path)),
        make_lessons(services),
        make_documents(services, transfers),
        make_admin(services),
        make_agent_tablet(services),
    ):
        app.register_blueprint(blueprint)
    register_pupil(app, config, services, auth)
    csrf.exempt(app.blueprints["pupil_api"])


def school_zone() -> str:
    """Where the school is: schools overseas set their own."""
    return read_setting("time_zone", DEFAULT_ZONE)


def _connect(app: Flask) -> None:
    """Connections open themselves at the first query of a request, and are closed with it."""
    both = (database, live_database)

    @app.before_request
    def look() -> None:
        g.kept = [each for each in both if not each.is_closed()]

    @app.teardown_request
    def close_connections(_error: BaseException | None) -> None:
        kept = g.get("kept", both)
        for each in both:
            if each not in kept and not each.is_closed():
                each.close()


def _dress(app: Flask) -> None:
    app.jinja_env.globals["icon"] = icon
    # after Babel's own, which knows nothing of French spaces
    app.jinja_env.install_gettext_callables(translate, translate_number, newstyle=True)  # type: ignore[attr-defined]  # i18n

    @app.context_processor
    def common() -> dict[str, object]:
        language = choose_language()
        found = g.get("session")
        return {
            "lang": language,
            "zone": school_zone(),
            "school_name": read_setting("school_name"),
            "viewer": None if found is None else {"name": found.person.name, "is_admin": found.actor.is_administrator},
            "nav": [] if found is None else _navigation(found.actor.is_administrator),
            "languages": [{"code": code, "label": label} for code, label in choices() if code != language],
        }


def _navigation(is_administrator: bool) -> list[dict[str, object]]:
    entries = [
        ("/", "presentation", _("Séances")),
        ("/documents", "folder", _("Documents")),
        ("/account", "user", _("Mon compte")),
    ]
    if is_administrator:
        entries.insert(2, ("/admin", "settings", _("Administration")))
    return [
        {"href": href, "icon": drawing, "label": label, "current": _is_here(href)} for href, drawing, label in entries
    ]


def _is_here(href: str) -> bool:
    if href == "/":
        return request.path == "/" or request.path.startswith("/lessons")
    return request.path == href or request.path.startswith(f"{href}/")


def _add_socket(app: Flask, services: Services, cookies: Cookies, viewers: int) -> None:
    """Same origin only, signed in only. A page learns within ten seconds that it has lost the box."""
    SocketIO(
        app,
        async_mode="threading",
        always_connect=True,  # so that a page that is sent away hears why
        manage_session=False,
        serializer=TextPacket,  # type: ignore[call-arg]  # its types leave it out; the documentation does not
        max_http_buffer_size=16 * 1024,
        ping_interval=4,
        ping_timeout=5,
    )
    app.wsgi_app = SocketGate(app.wsgi_app, services, cookies, viewers + 10)  # type: ignore[method-assign]  # Flask's own way to wrap an application


def _web_key(path: Path) -> bytes:
    """Signs forms' tokens. Made at the first start; one that was damaged is never replaced quietly."""
    if not path.exists():
        write_atomically(path, secrets.token_hex(32) + "\n")
    key = path.read_bytes().strip()
    if len(key) < 32:
        raise CannotStart("web_key_unreadable", f"{path} est abîmé. Supprimez-le : chacun devra se reconnecter.")
    return key
