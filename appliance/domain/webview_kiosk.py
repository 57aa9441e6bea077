"""Webview Kiosk's settings as far as this school sets them: keys, types, what is wanted. A table, a check, no I/O.

Source: its contract, sections 3.4 and 4.3. What is not in the table cannot be sent: `mqtt.enabled`, the broker's
address and every topic are missing on purpose, because a tablet that gets them wrong is repaired by hand only.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from appliance.domain.channels import Profile
from appliance.domain.naming import host_in_url

Value = bool | int | str | tuple[str, ...]

HOME = "web_content.home_url"
BLACKLIST = "web_content.website_blacklist"
WHITELIST = "web_content.website_whitelist"
PASSWORD = "mqtt.connection.password"  # noqa: S105 - a key's name
SECRET_KEYS = frozenset({PASSWORD, "device.custom_auth_password"})  # never given back by `get_settings`
MAX_TEXT_CHARS = 4096


class Unfit(ValueError):
    """A setting that would not be sent by anyone who thought about it: a defect of ours. Never quotes the value."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """`fits`: a value that the tablet takes as it is. It keeps the old boolean or number, and defaults a choice."""

    fits: Callable[[object], bool]


def _text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MAX_TEXT_CHARS and "\0" not in value


def _secret(value: object) -> bool:
    """Never blank: without them settings are open to pupils, or the tablet is locked out."""
    return isinstance(value, str) and 4 <= len(value) <= 128 and value.isascii() and value.isprintable()


def _words(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(word, str) and word.isupper() for word in value)


def _whole(low: int, high: int) -> _Kind:
    return _Kind(lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high)


def _one_of(*choices: str) -> _Kind:
    return _Kind(lambda value: isinstance(value, str) and value in choices)


_FLAG, _TEXT = _Kind(lambda value: isinstance(value, bool)), _Kind(_text)
_SECRET, _ARRAY = _Kind(_secret), _Kind(_words)
_SECONDS = _whole(0, 86_400)

ARRAY_KEYS = frozenset({"web_browsing.address_bar_actions", "web_browsing.kiosk_control_panel_actions"})

_KINDS: dict[str, _Kind] = {
    HOME: _TEXT,
    BLACKLIST: _TEXT,
    WHITELIST: _TEXT,
    **dict.fromkeys(ARRAY_KEYS, _ARRAY),
    **dict.fromkeys(
        (
            "web_content.allow_local_files", "web_browsing.allow_refresh", "web_browsing.allow_pull_to_refresh",
            "web_browsing.allow_history_access", "web_browsing.allow_bookmark_access",
            "web_browsing.allow_link_long_press_context_menu", "web_browsing.allow_other_url_schemes",
            "web_engine.media_playback_requires_user_gesture", "web_engine.allow_file_picker",
            "web_engine.allow_file_download", "web_lifecycle.lock_on_launch", "web_lifecycle.reset_on_launch",
            "device.keep_screen_on", "device.block_volume_keys", "device.block_screen_capture", "device.allow_camera",
            "device.allow_microphone", "device.allow_location", "device.allow_nfc",
            "device.owner.lock_task_feature.home", "device.owner.lock_task_feature.notifications",
            "device.owner.lock_task_feature.global_actions",
            "device.owner.lock_task_feature.block_activity_start_in_task", "js_scripts.enable_battery_api",
            "mqtt.use_foreground_service", "mqtt.connection.clean_start",
        ),
        _FLAG,
    ),
    "web_engine.ssl_error_mode": _one_of("BLOCK"),  # PROCEED accepts any error on any site
    "web_engine.mixed_content_mode": _one_of("NEVER_ALLOW"),
    "web_lifecycle.refresh_on_network_available": _one_of("ON_PAGE_ERROR"),
    "appearance.address_bar_mode": _one_of("HIDDEN"),
    "appearance.floating_toolbar_mode": _one_of("HIDDEN_WHEN_LOCKED"),
    "appearance.immersive_mode": _one_of("ALWAYS_ON"),
    "appearance.theme": _one_of("LIGHT", "DARK"),
    "device.unlock_auth_requirement": _one_of("REQUIRE"),
    "device.back_button_hold_action": _one_of("DISABLED"),
    "web_lifecycle.refresh_on_loading_error_interval_seconds": _SECONDS,
    "web_lifecycle.reset_on_inactivity_seconds": _SECONDS,
    "device.brightness": _whole(-1, 100),
    "mqtt.connection.keep_alive": _whole(20, 65_535),
    "mqtt.connection.session_expiry_interval": _whole(0, 86_400),
    PASSWORD: _SECRET,
    "device.custom_auth_password": _SECRET,
}  # fmt: skip

# What a tablet that the agent owns keeps, in and out of lessons.
BASELINE: dict[str, Value] = {
    "web_content.allow_local_files": False,
    "web_browsing.allow_refresh": True,  # without it `refresh` is dead
    "web_browsing.allow_pull_to_refresh": False,
    "web_browsing.allow_history_access": False,
    "web_browsing.allow_bookmark_access": False,
    "web_browsing.allow_link_long_press_context_menu": False,
    "web_browsing.allow_other_url_schemes": False,
    "web_browsing.kiosk_control_panel_actions": ("UNLOCK", "SETTINGS"),  # the adult's way out
    "web_engine.media_playback_requires_user_gesture": False,
    "web_engine.ssl_error_mode": "BLOCK",
    "web_engine.mixed_content_mode": "NEVER_ALLOW",
    "web_lifecycle.lock_on_launch": True,
    "web_lifecycle.reset_on_launch": True,
    "web_lifecycle.refresh_on_loading_error_interval_seconds": 10,
    "web_lifecycle.refresh_on_network_available": "ON_PAGE_ERROR",
    "web_lifecycle.reset_on_inactivity_seconds": 0,
    "appearance.address_bar_mode": "HIDDEN",
    "appearance.floating_toolbar_mode": "HIDDEN_WHEN_LOCKED",
    "appearance.immersive_mode": "ALWAYS_ON",
    "appearance.theme": "LIGHT",  # fixed: a change of theme makes a second client
    "device.unlock_auth_requirement": "REQUIRE",
    "device.back_button_hold_action": "DISABLED",
    "device.allow_camera": False,
    "device.allow_microphone": False,
    "device.allow_location": False,
    "device.allow_nfc": False,
    "device.owner.lock_task_feature.global_actions": False,
    "device.owner.lock_task_feature.block_activity_start_in_task": True,
    "js_scripts.enable_battery_api": True,
    "mqtt.connection.keep_alive": 20,
    "mqtt.connection.clean_start": True,
    "mqtt.connection.session_expiry_interval": 60,
}


def wanted_settings(profile: Profile, hosts: Collection[str], *, internet: bool) -> dict[str, Value]:
    """What a tablet should have now. Managed tablets have the rest from whoever owns them."""
    pages: dict[str, Value] = {BLACKLIST: ".*", WHITELIST: any_website() if internet else own_pages(hosts)}
    return {**BASELINE, **pages} if profile is Profile.OWNER else pages


def any_website() -> str:
    """http and https, and nothing else: `javascript:` and files stay out."""
    return "^https?://"


def own_pages(hosts: Collection[str]) -> str:
    """This appliance's pages only. Regular expressions, one a line, tied to the host's both ends."""
    return "\n".join(rf"^https?://{re.escape(host_in_url(host))}(:\d+)?(/|$)" for host in sorted(hosts))


def checked_settings(changes: Mapping[str, Value]) -> dict[str, Value]:
    """`changes` if a tablet takes every one as it is. Raises Unfit."""
    for key, value in changes.items():
        kind = _KINDS.get(key)
        if kind is None:
            raise Unfit(f"{key}: not a setting of ours")
        if not kind.fits(value):
            raise Unfit(f"{key}: not a value that a tablet takes")
    return dict(changes)


def agrees(key: str, wanted: Value, reported: object, parse_array: Callable[[str], object]) -> bool:
    """Whether what the tablet gives back is what is wanted. Arrays come back as a text that holds the array."""
    if key in ARRAY_KEYS:
        said = parse_array(reported) if isinstance(reported, str) else reported
        return isinstance(said, list) and isinstance(wanted, tuple) and said == list(wanted)
    return type(reported) is type(wanted) and reported == wanted
