"""The text that Mosquitto is given: what must be in it, whatever the settings."""

from dataclasses import replace
from pathlib import Path

import pytest

from appliance.broker.configuration import (
    DEVICE_READS,
    DEVICE_WRITES,
    BrokerSettings,
    Limits,
    TlsFiles,
    render_acl,
    render_configuration,
)

SETTINGS = BrokerSettings("192.0.2.7", 1883, 9001, Path("/srv/data"), Path("/run/preau"))
TLS = TlsFiles(Path("/srv/tls/chain.pem"), Path("/srv/tls/key.pem"))


def listeners(settings: BrokerSettings) -> dict[str, list[str]]:
    """First line of each listener -> the lines that belong to it."""
    blocks: dict[str, list[str]] = {}
    for line in render_configuration(settings).splitlines():
        if line.startswith("listener "):
            blocks[line] = []
        elif blocks:
            blocks[next(reversed(blocks))].append(line)
    return blocks


def test_there_are_three_listeners_and_only_the_socket_lets_a_client_choose_its_id() -> None:
    blocks = listeners(SETTINGS)
    assert list(blocks) == ["listener 0 /run/preau/broker.sock", "listener 1883 192.0.2.7", "listener 9001 192.0.2.7"]
    internal, mqtt, websocket = blocks.values()
    assert "use_username_as_clientid true" not in internal
    for block, protocol in ((mqtt, "mqtt"), (websocket, "websockets")):
        assert "use_username_as_clientid true" in block
        assert f"protocol {protocol}" in block


def test_nobody_comes_in_without_a_password() -> None:
    lines = render_configuration(SETTINGS).splitlines()
    assert "allow_anonymous false" in lines
    assert "password_file /srv/data/credentials" in lines
    assert "acl_file /srv/data/acl" in lines
    assert "per_listener_settings false" in lines


def test_with_certificates_both_lan_listeners_speak_tls_and_without_none_does() -> None:
    internal, *lan = listeners(replace(SETTINGS, tls=TLS)).values()
    for block in lan:
        assert {"certfile /srv/tls/chain.pem", "keyfile /srv/tls/key.pem", "tls_version tlsv1.2"} <= set(block)
    assert not [line for line in internal if "tls" in line or "certfile" in line]
    assert "certfile" not in render_configuration(SETTINGS)


@pytest.mark.parametrize(("host", "kept"), [("127.0.0.1", True), ("192.0.2.7", True), ("::1", False), ("::", False)])
def test_an_ipv4_address_is_kept_to_by_the_websocket_listener_too(host: str, kept: bool) -> None:
    _, *lan = listeners(replace(SETTINGS, host=host)).values()
    assert [("socket_domain ipv4" in block) for block in lan] == [kept, kept]


def test_every_limit_is_said_to_the_broker() -> None:
    limits = Limits(11, 12, 16, 13, 14, 15, "2d")
    lines = render_configuration(replace(SETTINGS, limits=limits)).splitlines()
    for expected in (
        "max_packet_size 11",
        "message_size_limit 11",
        "max_queued_messages 12",
        "max_queued_bytes 16",
        "max_inflight_messages 13",
        "max_connections 14",
        "max_keepalive 15",
        "persistent_client_expiration 2d",
    ):
        assert expected in lines


def test_the_directions_are_those_of_the_contract() -> None:
    assert set(DEVICE_WRITES) == {"presence", "reported", "acks", "usage", "inventory", "events"}
    assert set(DEVICE_READS) == {"desired", "commands", "usage/ack"}


def test_a_device_is_given_no_right_that_does_not_name_it_but_the_time() -> None:
    patterns = [line for line in render_acl().splitlines() if line.startswith("pattern ")]
    assert len(patterns) == 10
    assert [line for line in patterns if "%u" not in line] == ["pattern read hub/time"]
    assert not [line for line in patterns if "+" in line or "#" in line]
