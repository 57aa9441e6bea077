"""What a tablet is given so that Webview Kiosk connects and stays put: settings, managed keys, Android's set-up code.

Values in, JSON documents out; the words are Webview Kiosk's own (0.26.18). What changes later, the bridge sends.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from appliance.domain.channels import Profile
from appliance.domain.webview_kiosk import HOME, Value, wanted_settings

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
    """Where the tablet finds the appliance. `page`: the pupil page's link for this tablet."""

    host: str
    mqtt_port: int
    page: str = field(repr=False)


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
    wanted = wanted_settings(Profile.OWNER, (home.host,), internet=True)
    found = connection_settings(home, account) | {HOME: home.page} | _as_documents(wanted) | _IN_ADDITION
    if profile is Profile.MANAGED:
        return {key: value for key, value in found.items() if not key.startswith(_OWNERS)} | {_LOCK_ON_LAUNCH: False}
    return found | _OWNED | (_WITH_APPS if with_apps else {})


def settings_to_manage(home: Home, account: Account) -> Settings:
    """For the owner of a tablet that is not ours: what it fixes, MQTT cannot change any more.

    The home address stays in all the same: nobody else would ever set it.
    """
    everything = settings_to_import(home, account, Profile.MANAGED)
    lessons = wanted_settings(Profile.MANAGED, (home.host,), internet=True).keys() | _LEFT_TO_MQTT
    return {key: value for key, value in everything.items() if key not in lessons}


_LOCK_ON_LAUNCH = "web_lifecycle.lock_on_launch"  # it would pin the screen on a tablet that another app owns
_OWNERS = "device.owner."
_LEFT_TO_MQTT = {"device.keep_screen_on", "device.block_volume_keys", "device.allow_camera"}
# Beside what the bridge keeps as it is: what is set once.
_IN_ADDITION: Settings = {
    "web_engine.user_agent": "",
    "device.keep_screen_on": False,
    "device.block_volume_keys": False,
    "mqtt.use_foreground_service": False,
}
_OWNED: Settings = {
    f"{_OWNERS}lock_task_feature.{name}": False
    for name in ("home", "overview", "global_actions", "notifications", "system_info", "keyguard")
}
# The service keeps the connection behind another app (and a CPU core busy); Home is the way back to the page.
_WITH_APPS: Settings = {"mqtt.use_foreground_service": True, f"{_OWNERS}lock_task_feature.home": True}


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


def _as_documents(values: Mapping[str, Value]) -> Settings:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}
