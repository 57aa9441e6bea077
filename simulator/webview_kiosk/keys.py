"""The agent's settings that matter to a school, each with its type, default and limits. A table, no rule."""

from dataclasses import dataclass
from enum import StrEnum

Value = bool | int | str


class Kind(StrEnum):
    BOOLEAN = "boolean"
    INTEGER = "integer"
    TEXT = "text"  # lists too: one text with line breaks
    CHOICE = "choice"
    ARRAY = "array"  # kept and given back as a text that holds the array


@dataclass(frozen=True, slots=True)
class Key:
    kind: Kind
    default: Value
    low: int = 0
    high: int = 2_147_483_647
    choices: tuple[str, ...] = ()


def _flag(default: bool = False) -> Key:
    return Key(Kind.BOOLEAN, default)


def _number(default: int, low: int = 0, high: int = 2_147_483_647) -> Key:
    return Key(Kind.INTEGER, default, low, high)


def _text(default: str = "") -> Key:
    return Key(Kind.TEXT, default)


def _choice(default: str, *others: str) -> Key:
    return Key(Kind.CHOICE, default, choices=(default, *others))


_QOS = _choice("AT_MOST_ONCE", "AT_LEAST_ONCE", "EXACTLY_ONCE")

PASSWORD = "mqtt.connection.password"  # noqa: S105 - a setting's name
EXIT_CODE = "device.custom_auth_password"
SECRET = frozenset({PASSWORD, EXIT_CODE})
FOREGROUND_SERVICE = "mqtt.use_foreground_service"
HOME = "web_content.home_url"
BLACKLIST = "web_content.website_blacklist"
WHITELIST = "web_content.website_whitelist"
ALLOW_REFRESH = "web_browsing.allow_refresh"
LOCK_ON_LAUNCH = "web_lifecycle.lock_on_launch"
RESET_ON_LAUNCH = "web_lifecycle.reset_on_launch"
LOCK_TASK_HOME = "device.owner.lock_task_feature.home"
BRIGHTNESS = "device.brightness"

KEYS: dict[str, Key] = {
    HOME: _text("https://webviewkiosk.nktnet.uk"),
    BLACKLIST: _text(),
    WHITELIST: _text(),
    "web_content.website_bookmarks": _text(),
    "web_content.allow_local_files": _flag(),
    ALLOW_REFRESH: _flag(True),
    "web_browsing.allow_pull_to_refresh": _flag(True),
    "web_browsing.allow_history_access": _flag(True),
    "web_browsing.allow_bookmark_access": _flag(True),
    "web_browsing.allow_link_long_press_context_menu": _flag(True),
    "web_browsing.allow_other_url_schemes": _flag(),
    "web_browsing.allow_go_home": _flag(True),
    "web_browsing.address_bar_actions": Key(Kind.ARRAY, "[]"),
    "web_browsing.kiosk_control_panel_actions": Key(Kind.ARRAY, '["UNLOCK"]'),
    "web_browsing.kiosk_control_panel_region": _choice(
        "TOP_LEFT", "TOP_RIGHT", "BOTTOM_LEFT", "BOTTOM_RIGHT", "TOP", "BOTTOM", "FULL", "DISABLED"
    ),
    "web_engine.media_playback_requires_user_gesture": _flag(True),
    "web_engine.allow_file_picker": _flag(True),
    "web_engine.allow_file_download": _flag(True),
    "web_engine.support_pdf_rendering": _flag(),
    "web_engine.ssl_error_mode": _choice("BLOCK", "PROMPT", "PROCEED"),
    "web_engine.mixed_content_mode": _choice("NEVER_ALLOW", "COMPATIBILITY_MODE", "ALWAYS_ALLOW"),
    "web_engine.user_agent": _text(),
    LOCK_ON_LAUNCH: _flag(),
    RESET_ON_LAUNCH: _flag(),
    "web_lifecycle.refresh_on_loading_error_interval_seconds": _number(0, 0, 86_400),
    "web_lifecycle.refresh_on_network_available": _choice("DISABLED", "ON_PAGE_ERROR", "ALWAYS"),
    "web_lifecycle.reset_on_inactivity_seconds": _number(0, 0, 86_400),
    "appearance.address_bar_mode": _choice("SHOWN", "HIDDEN", "HIDDEN_WHEN_LOCKED"),
    "appearance.floating_toolbar_mode": _choice("SHOWN", "HIDDEN", "HIDDEN_WHEN_LOCKED"),
    "appearance.immersive_mode": _choice("ONLY_WHEN_LOCKED", "ALWAYS_ON", "DISABLED"),
    "appearance.theme": _choice("SYSTEM", "LIGHT", "DARK"),
    EXIT_CODE: _text(),
    "device.unlock_auth_requirement": _choice("DEFAULT", "REQUIRE", "OFF"),
    "device.back_button_hold_action": _choice("OPEN_KIOSK_CONTROL_PANEL", "GO_HOME", "DISABLED"),
    "device.keep_screen_on": _flag(),
    "device.block_volume_keys": _flag(),
    "device.block_screen_capture": _flag(),
    "device.rotation": _choice("AUTO", "ROTATION_0", "ROTATION_90", "ROTATION_180", "ROTATION_270"),
    BRIGHTNESS: _number(-1, -1, 100),
    "device.allow_camera": _flag(),
    "device.allow_microphone": _flag(),
    "device.allow_location": _flag(),
    "device.allow_nfc": _flag(),
    "device.allow_notifications": _flag(),
    LOCK_TASK_HOME: _flag(),
    "device.owner.lock_task_feature.overview": _flag(),
    "device.owner.lock_task_feature.global_actions": _flag(),
    "device.owner.lock_task_feature.notifications": _flag(),
    "device.owner.lock_task_feature.system_info": _flag(),
    "device.owner.lock_task_feature.keyguard": _flag(),
    "device.owner.lock_task_feature.block_activity_start_in_task": _flag(True),
    "js_scripts.enable_battery_api": _flag(),
    "js_scripts.custom_script_on_page_start": _text(),
    "js_scripts.custom_script_on_page_finish": _text(),
    "mqtt.enabled": _flag(),
    FOREGROUND_SERVICE: _flag(),
    "mqtt.connection.server_host": _text("127.0.0.1"),
    "mqtt.connection.server_port": _number(1883, 1, 65_535),
    "mqtt.connection.use_tls": _flag(),
    "mqtt.connection.use_websocket": _flag(),
    "mqtt.connection.username": _text(),
    PASSWORD: _text(),
    "mqtt.connection.client_id": _text(),
    "mqtt.connection.clean_start": _flag(True),
    "mqtt.connection.keep_alive": _number(60, 0, 65_535),
    "mqtt.connection.session_expiry_interval": _number(0, 0, 4_294_967_295),
    "mqtt.publish.event.topic": _text("wk/event/${EVENT_TYPE}"),
    "mqtt.publish.event.qos": _QOS,
    "mqtt.publish.event.retain": _flag(),
    "mqtt.publish.response.topic": _text("wk/response/${RESPONSE_TYPE}"),
    "mqtt.publish.response.qos": _QOS,
    "mqtt.publish.response.retain": _flag(),
    "mqtt.subscribe.command.topic": _text("wk/command"),
    "mqtt.subscribe.command.qos": _QOS,
    "mqtt.subscribe.settings.topic": _text("wk/settings"),
    "mqtt.subscribe.settings.qos": _QOS,
    "mqtt.subscribe.request.topic": _text("wk/request"),
    "mqtt.subscribe.request.qos": _QOS,
    "mqtt.will.topic": _text("wk/will"),
    "mqtt.will.qos": _QOS,
    "mqtt.will.payload": _text(),
    "mqtt.will.message_expiry_interval": _number(0, 0, 4_294_967_295),
}

QOS_NUMBERS = {"AT_MOST_ONCE": 0, "AT_LEAST_ONCE": 1, "EXACTLY_ONCE": 2}
