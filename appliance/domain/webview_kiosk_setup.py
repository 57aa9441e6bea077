"""What a tablet is given so that Webview Kiosk connects and stays put: settings, managed keys, Android's set-up code.

Values in, JSON documents out; the words are Webview Kiosk's own (0.26.18). What changes later, the bridge sends.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from appliance.domain.channels import Profile

Settings = dict[str, bool | int | str | list[str]]

PACKAGE = "uk.nktnet.webviewkiosk"
ADMIN_COMPONENT = f"{PACKAGE}/.WebviewKioskAdminReceiver"
SIGNATURE = "L-EN4OxwoH84OoeJLKRWZyFOoTxO7qSjJU86Mxp6axU="
APK_ADDRESS = f"https://f-droid.org/repo/{PACKAGE}_132.apk"
SOURCE_ADDRESS = "https://github.com/nktnet1/webview-kiosk"
PROVISIONING = "android.app.extra.PROVISIONING_"
_DIRECTIONS = (("publish", "event"), ("publish", "response"), ("subscribe", "command"), ("subscribe", "settings"),
               ("subscribe", "request"))  # fmt: skip
_PLACEHOLDERS = {"event": "/${EVENT_TYPE}", "response": "/${RESPONSE_TYPE}"}


@dataclass(frozen=True, slots=True)
class Home:
    """Where the tablet finds the appliance. `page`: the pupil page's link for this tablet; `hosts`: the only sites."""

    host: str
    mqtt_port: int
    page: str = field(repr=False)
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """The tablet's own, and what an adult types to leave the kiosk."""

    username: str
    password: str = field(repr=False)
    exit_code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wifi:
    """Never stored: it goes into one drawing and is forgotten."""

    name: str
    password: str = field(default="", repr=False)


def connection_settings(home: Home, account: Account) -> Settings:
    """The smallest import that connects."""
    found: Settings = {
        "mqtt.enabled": True,
        "mqtt.connection.server_host": home.host,
        "mqtt.connection.server_port": home.mqtt_port,
        "mqtt.connection.use_tls": False,
        "mqtt.connection.username": account.username,
        "mqtt.connection.password": account.password,
        "mqtt.connection.client_id": "wk-${USERNAME}",
        "mqtt.connection.keep_alive": 20,
        "mqtt.connection.clean_start": True,
        "mqtt.connection.session_expiry_interval": 60,
    }
    for side, name in _DIRECTIONS:
        found[f"mqtt.{side}.{name}.topic"] = f"wk/${{USERNAME}}/{name}{_PLACEHOLDERS.get(name, '')}"
        found[f"mqtt.{side}.{name}.qos"] = "AT_LEAST_ONCE"
    found |= {"mqtt.will.topic": "wk/${USERNAME}/will", "mqtt.will.qos": "AT_LEAST_ONCE"}
    return found | {"device.custom_auth_password": account.exit_code}


def settings_to_import(home: Home, account: Account, profile: Profile, with_apps: bool = False) -> Settings:
    """Everything at once, for a person to paste. `with_apps`: other apps may be opened, from a list made by hand."""
    found = connection_settings(home, account) | _page_settings(home) | _held(profile)
    return found | _WITH_APPS if with_apps and profile is Profile.OWNER else found


# The service keeps the connection behind another app (and a CPU core busy); Home is the way back to the page.
_WITH_APPS: Settings = {"mqtt.use_foreground_service": True, "device.owner.lock_task_feature.home": True}


def settings_to_manage(home: Home, account: Account) -> Settings:
    """For the owner of a tablet that is not ours: what it fixes, MQTT cannot change, so the white list is left out."""
    everything = settings_to_import(home, account, Profile.MANAGED)
    return {key: value for key, value in everything.items() if key not in _LEFT_TO_MQTT}


# `web_content.home_url` stays in: nobody else would ever set it. What is fixed here could not be lifted by a lesson.
_LEFT_TO_MQTT = frozenset({
    "web_content.website_blacklist", "web_content.website_whitelist", "device.keep_screen_on",
    "device.block_volume_keys", "device.allow_camera",
})  # fmt: skip


def provisioning(apk: str, locale: str, zone: str, wifi: Wifi | None = None) -> dict[str, str | bool]:
    """The content of the code that a new or reset tablet scans at its first screen (six taps)."""
    told: dict[str, str | bool] = {
        "DEVICE_ADMIN_COMPONENT_NAME": ADMIN_COMPONENT,
        "DEVICE_ADMIN_PACKAGE_DOWNLOAD_LOCATION": apk,
        "DEVICE_ADMIN_SIGNATURE_CHECKSUM": SIGNATURE,
        "LEAVE_ALL_SYSTEM_APPS_ENABLED": True,
        "LOCALE": locale,
        "TIME_ZONE": zone,
    }
    if wifi is not None and wifi.name:
        told |= {"WIFI_SSID": wifi.name, "WIFI_SECURITY_TYPE": "WPA" if wifi.password else "NONE"}
        if wifi.password:
            told["WIFI_PASSWORD"] = wifi.password
    return {PROVISIONING + key: value for key, value in told.items()}


def as_text(document: Mapping[str, object]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def only_these(hosts: Iterable[str]) -> str:
    """A pattern for own addresses: anchored, because the agent looks for a match anywhere."""
    return rf"^https?://({'|'.join(re.escape(host) for host in hosts)})(/|$)"


def _page_settings(home: Home) -> Settings:
    return {
        "web_content.home_url": home.page,
        "web_content.website_blacklist": ".*",
        "web_content.website_whitelist": only_these(home.hosts),
        "web_content.allow_local_files": False,
        "web_browsing.allow_refresh": True,  # without it the command does nothing
        "web_browsing.allow_pull_to_refresh": False,
        "web_browsing.allow_history_access": False,
        "web_browsing.allow_bookmark_access": False,
        "web_browsing.allow_link_long_press_context_menu": False,
        "web_browsing.allow_other_url_schemes": False,
        "web_browsing.kiosk_control_panel_actions": ["UNLOCK", "SETTINGS"],
        "web_engine.media_playback_requires_user_gesture": False,
        "web_engine.ssl_error_mode": "BLOCK",
        "web_engine.mixed_content_mode": "NEVER_ALLOW",
        "web_engine.user_agent": "",
        "web_lifecycle.reset_on_launch": True,
        "web_lifecycle.refresh_on_loading_error_interval_seconds": 10,
        "web_lifecycle.refresh_on_network_available": "ON_PAGE_ERROR",
        "web_lifecycle.reset_on_inactivity_seconds": 0,
        "appearance.address_bar_mode": "HIDDEN",
        "appearance.floating_toolbar_mode": "HIDDEN_WHEN_LOCKED",
        "appearance.immersive_mode": "ALWAYS_ON",
        "appearance.theme": "LIGHT",  # a change of theme would leave a second connection behind
        "js_scripts.enable_battery_api": True,
    }


def _held(profile: Profile) -> Settings:
    """`lock_on_launch` would pin the screen on a tablet that another app owns."""
    found: Settings = {
        "web_lifecycle.lock_on_launch": profile is Profile.OWNER,
        "device.unlock_auth_requirement": "REQUIRE",
        "device.back_button_hold_action": "DISABLED",
        "device.keep_screen_on": False,
        "device.block_volume_keys": False,
        "device.allow_camera": False,
        "device.allow_microphone": False,
        "device.allow_location": False,
        "device.allow_nfc": False,
        "mqtt.use_foreground_service": False,
    }
    if profile is Profile.OWNER:
        features = ("home", "overview", "global_actions", "notifications", "system_info", "keyguard")
        found |= {f"device.owner.lock_task_feature.{name}": False for name in features}
        found["device.owner.lock_task_feature.block_activity_start_in_task"] = True
    return found
