"""The small Mosquitto whose only work is the bridge to the city: values in, the text of its configuration out.

A broker of its own on a Unix socket, so that a claim, a renewed certificate or a defect of its TLS disturbs no device
(docs/decisions/city.md). Nothing that counts goes over it, so it keeps nothing.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from protocol.uplink_live import bridge_name

# A topic with a space or a dot makes a bridge into NATS connect again and again, and holds up all behind it.
_SAFE = re.compile(r"[A-Za-z0-9-]+", re.ASCII)
_ADDRESS = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})", re.ASCII)
_QUEUED_MESSAGES = 100
CITY_SOCKET = "city.sock"
"""In the runtime folder: where the uplink hears and speaks."""


@dataclass(frozen=True, slots=True)
class CityBridgeSettings:
    """`addresses`: of the city's brokers, as their certificates name them. The three files are in `DATA/city/`."""

    appliance: str
    uai: str
    addresses: tuple[str, ...]
    authority: Path
    certificate: Path
    key: Path
    data_path: Path
    runtime_path: Path

    @property
    def configuration_path(self) -> Path:
        return self.data_path / "mosquitto.conf"

    @property
    def socket_path(self) -> Path:
        return self.runtime_path / CITY_SOCKET


def read_addresses(text: str) -> tuple[str, ...]:
    """`host:port`, several with commas between them (a cluster), IPv6 in brackets. Empty: there is no broker.

    What is no address is left out: it would become a word of a configuration file.
    """
    return tuple(one for one in (part.strip() for part in text.split(",")) if _is_address(one))


def _is_address(text: str) -> bool:
    match = _ADDRESS.fullmatch(text)
    return match is not None and 0 < int(match["port"]) < 65536


def render_bridge(settings: CityBridgeSettings) -> str:
    """The text of mosquitto.conf, for 2.0.11 (Debian 12) up to 2.0.22 (Debian 13)."""
    if not (_SAFE.fullmatch(settings.appliance) and _SAFE.fullmatch(settings.uai)):
        raise ValueError("an appliance's id and a UAI are letters, digits and hyphens")
    return "\n".join([*_own(settings), *_bridge(settings, f"schools/{settings.uai}"), ""])


def _own(settings: CityBridgeSettings) -> list[str]:
    return [
        "# Written by the appliance whenever it changes. Changes made here are lost.",
        # The socket is in a folder that is this user's alone.
        "allow_anonymous true",
        f"listener 0 {settings.socket_path}",
        "persistence false",
        "user root",
        "log_dest stderr",
        "log_type error",
        "connection_messages false",
        "set_tcp_nodelay true",
        f"max_queued_messages {_QUEUED_MESSAGES}",
    ]


def _bridge(settings: CityBridgeSettings, remote: str) -> list[str]:
    return [
        f"connection {bridge_name(settings.appliance)}",
        f"address {' '.join(settings.addresses)}",
        f"remote_clientid {bridge_name(settings.appliance)}",
        "bridge_protocol_version mqttv311",
        # Nudges and live pictures of before a cut are worth nothing after it.
        "cleansession true",
        "keepalive_interval 10",
        # First and longest pause between two tries; Mosquitto draws a random one in between.
        "restart_timeout 2 60",
        "try_private false",
        "bridge_attempt_unsubscribe false",
        # Its presence, retained, taken back by its will: the only thing the city keeps of it.
        "notifications true",
        f"notification_topic {remote}/up/bridge",
        # QoS 0: nothing counts on one arriving. With 1 a subscription that meets a cluster between two leaders fails,
        # and the bridge stays connected and deaf.
        f"topic # out 0 up/ {remote}/up/",
        f"topic # in 0 down/ {remote}/down/",
        f"bridge_cafile {settings.authority}",
        f"bridge_certfile {settings.certificate}",
        f"bridge_keyfile {settings.key}",
        "bridge_tls_version tlsv1.2",
    ]
