"""What the fake agent makes of settings: every trap of the contract's section 3.4."""

import base64
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as some

from simulator.webview_kiosk import keys, packets
from simulator.webview_kiosk.imports import take_settings
from simulator.webview_kiosk.lenient import Unreadable, parse_object
from simulator.webview_kiosk.settings import Settings, parse_import
from simulator.webview_kiosk.switches import Manner, Switches
from simulator.webview_kiosk.tablet import FakeTablet

FLAG, NUMBER, CHOICE = "device.keep_screen_on", "device.brightness", "appearance.theme"
ARRAY = "web_browsing.kiosk_control_panel_actions"


@pytest.mark.parametrize(("key", "given_", "kept"), [
    (FLAG, True, True), (FLAG, "true", True), (FLAG, "yes", False), (FLAG, 1, False),
    (NUMBER, 50, 50), (NUMBER, 500, 100), (NUMBER, -7, -1), (NUMBER, "bright", -1), (NUMBER, True, -1),
    (CHOICE, "DARK", "DARK"), (CHOICE, "PINK", "SYSTEM"), (CHOICE, None, "SYSTEM"),
    (keys.WHITELIST, None, "null"), (keys.WHITELIST, ["a", "b"], '["a","b"]'),
    (ARRAY, ["UNLOCK", "SETTINGS"], '["UNLOCK","SETTINGS"]'),
])  # fmt: skip
def test_a_value_is_taken_clamped_or_left(key: str, given_: object, kept: object) -> None:
    settings = Settings()
    settings.apply({key: given_, "no.such.key": 1})
    assert settings.copy()[key] == kept


def test_an_unknown_choice_falls_back_to_the_default_and_not_to_the_old_value() -> None:
    settings = Settings({CHOICE: "DARK"})
    settings.apply({CHOICE: "PINK"})
    assert settings.copy()[CHOICE] == "SYSTEM"


def test_a_key_fixed_by_another_owner_keeps_its_value() -> None:
    settings = Settings()
    settings.restricted = {FLAG}
    settings.apply({FLAG: True, NUMBER: 3})
    assert settings.told([FLAG, NUMBER], {}) == {FLAG: False, NUMBER: 3}


def test_passwords_are_never_told() -> None:
    settings = Settings({keys.PASSWORD: "p", keys.EXIT_CODE: "4711"})
    assert not keys.SECRET & settings.told(None, {}).keys()
    assert settings.told(list(keys.SECRET), {}) == {}


def test_settings_are_told_by_name_as_array_or_with_their_variables_filled() -> None:
    settings = Settings({"mqtt.connection.client_id": "wk-${USERNAME}", keys.WHITELIST: "a\nb", ARRAY: ["UNLOCK"]})
    asked = [
        {"key": "mqtt.connection.client_id", "evaluateVariables": True},
        {"key": keys.WHITELIST, "parseAsArray": True},
        ARRAY,
        "unknown",
    ]
    told = settings.told(asked, {"USERNAME": "t07"})
    assert told == {"mqtt.connection.client_id": "wk-t07", keys.WHITELIST: ["a", "b"], ARRAY: '["UNLOCK"]'}


def test_an_import_is_json_or_the_same_in_base64() -> None:
    text = json.dumps({FLAG: True})
    assert parse_import(text) == parse_import(base64.b64encode(text.encode()).decode()) == {FLAG: True}
    with pytest.raises(Unreadable):
        parse_import("not base64 at all!")


def test_json_is_read_leniently() -> None:
    raw = b'{"a": "http://x/ , }", // a remark\n "b": [1, 2,], /* more */ }'
    assert parse_object(raw) == {"a": "http://x/ , }", "b": [1, 2]}
    for bad in (b"", b"[1]", b"{", b"null", b"\xff"):
        with pytest.raises(Unreadable):
            parse_object(bad)


def tablet(**switches: object) -> FakeTablet:
    made = FakeTablet(Settings({keys.HOME: "http://a/"}), Switches(**switches), Manner(), random.Random(1))  # type: ignore[arg-type]  # any of its fields, by name
    made.start_as_switched(0.0)
    made.is_connected = True
    made.take()
    return made


def message(values: dict[str, object], **more: object) -> bytes:
    return json.dumps({"data": {"settings": values}, **more}).encode()


def test_a_rebuild_without_the_service_has_the_new_values() -> None:
    one = tablet()
    take_settings(one, message({keys.ALLOW_REFRESH: False}), 0.0)
    loads = one.page.loads
    one.step(1.0)
    assert (one.page.loads, one.settings.flag(keys.ALLOW_REFRESH)) == (loads + 1, False)


def test_a_rebuild_with_the_service_runs_ahead_and_has_the_old_ones() -> None:
    one = tablet(fgs=True)
    loads = one.page.loads
    take_settings(one, message({keys.ALLOW_REFRESH: False}), 0.0)
    assert one.page.loads == loads + 1
    one.step(1.0)
    assert (one.settings.stored_flag(keys.ALLOW_REFRESH), one.settings.flag(keys.ALLOW_REFRESH)) == (False, True)


def test_the_safe_sequence_works_with_the_service() -> None:
    one = tablet(fgs=True)
    take_settings(one, message({keys.ALLOW_REFRESH: False}, showToast=False, reloadActivity=False), 0.0)
    one.step(1.0)
    take_settings(one, message({}, showToast=False), 1.0)
    assert one.settings.flag(keys.ALLOW_REFRESH) is False
    assert one.toasts == []


@pytest.mark.parametrize("payload", [b"", b"{", b"[]"])
def test_what_does_not_parse_reloads_the_page_all_the_same(payload: bytes) -> None:
    one = tablet()
    loads = one.page.loads
    take_settings(one, payload, 0.0)
    one.step(1.0)
    assert (one.page.loads, one.toasts) == (loads + 1, ["settings"])


PROPERTIES = some.lists(
    some.one_of(
        some.tuples(some.just(int(packets.Property.USER)), some.tuples(some.text(max_size=9), some.text(max_size=9))),
        some.tuples(some.just(int(packets.Property.MESSAGE_EXPIRY)), some.integers(0, 2**32 - 1)),
        some.tuples(some.just(int(packets.Property.CONTENT_TYPE)), some.text(max_size=9)),
        some.tuples(some.just(int(packets.Property.CORRELATION_DATA)), some.binary(max_size=9)),
        some.tuples(some.just(int(packets.Property.SUBSCRIPTION_ID)), some.integers(1, 268_435_455)),
    ),
    max_size=6,
)


@given(
    some.text(min_size=1, max_size=20), some.binary(max_size=400), some.integers(0, 1), PROPERTIES, some.integers(1, 99)
)
def test_what_is_published_is_read_back_from_pieces_of_any_size(
    topic: str, payload: bytes, qos: int, properties: packets.Properties, size: int
) -> None:
    sent = packets.Publication(topic, payload, qos, packet_id=7 if qos else 0, properties=properties)
    raw = packets.encode_publish(sent) + packets.encode_ping()
    reader = packets.Reader()
    found = [packet for at in range(0, len(raw), size) for packet in reader.feed(raw[at : at + size])]
    assert [packet.kind for packet in found] == [packets.Kind.PUBLISH, packets.Kind.PINGREQ]
    assert packets.parse_publish(found[0].flags, found[0].body) == sent
