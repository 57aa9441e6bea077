import json

import pytest

from appliance.domain.channels import Profile
from appliance.domain.webview_kiosk import wanted_settings
from appliance.domain.webview_kiosk_setup import (
    Account,
    Home,
    Wifi,
    as_text,
    connection_settings,
    provisioning,
    settings_to_import,
    settings_to_manage,
)

HOME = Home("192.168.10.2", 1884, "http://192.168.10.2:8080/t/jeton")
ACCOUNT = Account("wk-7k3m9q2x", "secret", "471100")

# Section 4.1 of the agent's contract, but for its example's values.
SMALLEST = json.loads("""{"mqtt.enabled":true,"mqtt.connection.server_host":"192.168.10.2",
"mqtt.connection.server_port":1884,
"mqtt.connection.use_tls":false,"mqtt.connection.username":"wk-7k3m9q2x","mqtt.connection.password":"secret",
"mqtt.connection.client_id":"wk-${USERNAME}","mqtt.connection.keep_alive":20,
"mqtt.connection.session_expiry_interval":60,"mqtt.publish.event.topic":"wk/${USERNAME}/event/${EVENT_TYPE}",
"mqtt.publish.event.qos":"AT_LEAST_ONCE","mqtt.publish.response.topic":"wk/${USERNAME}/response/${RESPONSE_TYPE}",
"mqtt.publish.response.qos":"AT_LEAST_ONCE","mqtt.subscribe.command.topic":"wk/${USERNAME}/command",
"mqtt.subscribe.command.qos":"AT_LEAST_ONCE","mqtt.subscribe.settings.topic":"wk/${USERNAME}/settings",
"mqtt.subscribe.settings.qos":"AT_LEAST_ONCE","mqtt.subscribe.request.topic":"wk/${USERNAME}/request",
"mqtt.subscribe.request.qos":"AT_LEAST_ONCE","mqtt.will.topic":"wk/${USERNAME}/will",
"mqtt.will.qos":"AT_LEAST_ONCE","device.custom_auth_password":"471100"}""")


def test_the_connection_is_the_contract_s_smallest_import_with_a_clean_start() -> None:
    assert connection_settings(HOME, ACCOUNT) == SMALLEST | {"mqtt.connection.clean_start": True}


def test_the_import_holds_the_connection_the_page_and_the_kiosk() -> None:
    found = settings_to_import(HOME, ACCOUNT, Profile.OWNER)
    assert connection_settings(HOME, ACCOUNT).items() <= found.items()
    assert found["web_content.home_url"] == HOME.page
    assert found["web_lifecycle.lock_on_launch"] is True
    assert found["mqtt.use_foreground_service"] is False
    assert not any(found[key] for key in found if key.endswith((".overview", ".global_actions", "_feature.home")))


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("with_apps", [True, False])
def test_refreshing_is_never_forbidden_and_nothing_loses_the_tablet(profile: Profile, with_apps: bool) -> None:
    found = settings_to_import(HOME, ACCOUNT, profile, with_apps)
    assert found["web_browsing.allow_refresh"] is True
    assert found["mqtt.enabled"] is True
    assert None not in found.values()
    assert {key for key, value in found.items() if isinstance(value, list)} == {
        "web_browsing.kiosk_control_panel_actions"
    }


def test_other_apps_need_the_service_and_a_way_home_and_only_an_owner_has_them() -> None:
    apps = {"mqtt.use_foreground_service": True, "device.owner.lock_task_feature.home": True}
    assert apps.items() <= settings_to_import(HOME, ACCOUNT, Profile.OWNER, with_apps=True).items()
    managed = settings_to_import(HOME, ACCOUNT, Profile.MANAGED, with_apps=True)
    assert managed["mqtt.use_foreground_service"] is False


def test_under_another_owner_it_never_locks_by_itself_and_lessons_can_change_what_they_change() -> None:
    found = settings_to_manage(HOME, ACCOUNT)
    assert found["web_lifecycle.lock_on_launch"] is False
    assert not [key for key in found if "lock_task" in key or key.startswith("web_content.website")]
    assert found["web_content.home_url"] == HOME.page
    assert connection_settings(HOME, ACCOUNT).items() <= found.items()


def test_what_the_bridge_keeps_as_it_is_is_imported_as_it_is() -> None:
    """So that the first connection changes nothing, and rebuilds no page."""
    found = settings_to_import(HOME, ACCOUNT, Profile.OWNER)
    for key, value in wanted_settings(Profile.OWNER, ("192.168.10.2",), internet=True).items():
        assert found[key] == (list(value) if isinstance(value, tuple) else value), key


def test_android_s_set_up_code_names_the_app_its_signature_and_perhaps_the_wifi() -> None:
    prefix = "android.app.extra.PROVISIONING_"
    plain = provisioning("http://box/wk.apk", "fr_FR", "Europe/Paris")
    assert {key.removeprefix(prefix): value for key, value in plain.items()} == {
        "DEVICE_ADMIN_COMPONENT_NAME": "uk.nktnet.webviewkiosk/.WebviewKioskAdminReceiver",
        "DEVICE_ADMIN_PACKAGE_DOWNLOAD_LOCATION": "http://box/wk.apk",
        "DEVICE_ADMIN_SIGNATURE_CHECKSUM": "L-EN4OxwoH84OoeJLKRWZyFOoTxO7qSjJU86Mxp6axU=",
        "LEAVE_ALL_SYSTEM_APPS_ENABLED": True,
        "LOCALE": "fr_FR",
        "TIME_ZONE": "Europe/Paris",
    }
    closed = provisioning("a", "fr_FR", "Europe/Paris", Wifi("École", "clé"))
    wifi = {f"{prefix}WIFI_SSID": "École", f"{prefix}WIFI_SECURITY_TYPE": "WPA", f"{prefix}WIFI_PASSWORD": "clé"}
    assert wifi.items() <= closed.items()
    is_open = provisioning("a", "fr_FR", "Europe/Paris", Wifi("École"))
    assert is_open[f"{prefix}WIFI_SECURITY_TYPE"] == "NONE"
    assert f"{prefix}WIFI_PASSWORD" not in is_open
    assert "École" in as_text(closed)


def test_no_secret_is_printed_by_accident() -> None:
    for value in (HOME, ACCOUNT, Wifi("École", "clé")):
        for secret in ("secret", "471100", "jeton", "clé"):
            assert secret not in repr(value)
