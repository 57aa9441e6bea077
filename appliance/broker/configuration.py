"""What Mosquitto is told: values in, the text of mosquitto.conf and of the ACL file out.

Writes nothing and starts nothing (`process.py` does). Every line that is not obvious carries its reason;
the measurements behind the numbers are in docs/decisions/broker.md.
"""

from dataclasses import dataclass, field
from enum import StrEnum, auto
from pathlib import Path

HUB_USERNAME = "hub"
"""The user of our own processes, on the internal socket."""

CANARY_USERNAME = "canary"
"""Proves that a change of the credentials has reached the running broker (`reload.py`). May read and write nothing."""

DEVICE_WRITES = ("presence", "reported", "acks", "usage", "inventory", "events")
DEVICE_READS = ("desired", "commands", "usage/ack")

# Webview Kiosk's topics (its contract, section 2). Each tablet has its own, by its user name.
AGENT_WRITES = ("event/+", "response/+", "will")
AGENT_READS = ("command", "settings", "request")

SOCKET_PATH_BYTES = 107  # sockaddr_un holds 108 with its end mark


class Serves(StrEnum):
    """Whom a broker is for. Devices and foreign agents have one each: other users, other rights, other limits."""

    DEVICES = auto()
    AGENTS = auto()


@dataclass(frozen=True, slots=True)
class Limits:
    """What one broker takes from one school. The reasons are beside the lines that `render_configuration` writes."""

    packet_bytes: int = 262_144
    queued_messages: int = 100_000
    queued_bytes: int = 67_108_864
    inflight_messages: int = 1_000
    connections: int = 2_000
    keepalive_seconds: int = 1_200
    session_expiry: str = "1d"


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """`certificate` holds the whole chain. The school's CA is the devices' business (enrollment), not the broker's."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """One broker: `data_path` is its own folder and survives a reboot, `runtime_path` is short and need not.

    `websocket_port` None: plain MQTT only.
    """

    host: str
    mqtt_port: int
    websocket_port: int | None
    data_path: Path
    runtime_path: Path
    tls: TlsFiles | None = None
    limits: Limits = field(default_factory=Limits)
    log_connections: bool = False
    serves: Serves = Serves.DEVICES

    @property
    def configuration_path(self) -> Path:
        return self.data_path / "mosquitto.conf"

    @property
    def acl_path(self) -> Path:
        return self.data_path / "acl"

    @property
    def credentials_path(self) -> Path:
        return self.data_path / "credentials"

    @property
    def hub_password_path(self) -> Path:
        return self.data_path / "hub-password"

    @property
    def socket_path(self) -> Path:
        return self.runtime_path / "broker.sock"

    @property
    def lock_path(self) -> Path:
        return self.runtime_path / "credentials.lock"


def render_configuration(settings: BrokerSettings) -> str:
    """The text of mosquitto.conf, for 2.0.11 (Debian 12) up to 2.0.22 (Debian 13)."""
    return "\n".join(
        [*_general(settings), *_RETAINING[settings.serves], *_limits(settings.limits), *_listeners(settings), ""]
    )


def render_acl(serves: Serves = Serves.DEVICES) -> str:
    """The contracts' tables as the broker enforces them. Nobody reads what he wrote himself."""
    head = ["# Written by the appliance at each start. Changes made here are lost.", f"user {HUB_USERNAME}"]
    return "\n".join([*head, *_RIGHTS[serves], "topic read $SYS/#", *_PATTERNS[serves], ""])


_RIGHTS = {
    Serves.DEVICES: ("topic readwrite devices/#", "topic readwrite hub/#"),
    Serves.AGENTS: ("topic readwrite wk/#",),
}
_PATTERNS = {
    Serves.DEVICES: (
        *(f"pattern write devices/%u/{topic}" for topic in DEVICE_WRITES),
        *(f"pattern read devices/%u/{topic}" for topic in DEVICE_READS),
        # A pattern without %u is the only way to say "everyone who is signed in"; Mosquitto warns about it at reloads.
        "pattern read hub/time",
    ),
    Serves.AGENTS: (
        *(f"pattern write wk/%u/{topic}" for topic in AGENT_WRITES),
        *(f"pattern read wk/%u/{topic}" for topic in AGENT_READS),
    ),
}


_RETAINING: dict[Serves, tuple[str, ...]] = {
    Serves.DEVICES: (),
    # Nothing there is retained by either side, and a tablet's topics have no end: each would be kept for ever.
    Serves.AGENTS: ("retain_available false",),
}


def _general(settings: BrokerSettings) -> list[str]:
    return [
        "# Written by the appliance at each start. Changes made here are lost.",
        # One password file and one ACL for all listeners: with settings of their own for each, Mosquitto before 2.0.13
        # loses wills, and messages for whoever is not connected are refused by an ACL that is not there.
        "per_listener_settings false",
        "allow_anonymous false",
        "allow_zero_length_clientid false",
        f"password_file {settings.credentials_path}",
        f"acl_file {settings.acl_path}",
        # SQLite is the truth and fills the broker again. A broker with sessions from disk crashes at the next reload
        # (reload.py), tells presences of before the cut, writes 1 GB a day, and refuses to start on a file cut short.
        "persistence false",
        # Started by root (a trial in a container) it stays root, because it has to read our files, which are 0600.
        # Started by anyone else, as in production, it ignores this line.
        "user root",
        "log_dest stderr",
        # Errors only: warnings and notes come with each of our own connections and each reload, and say nothing new.
        "log_type error",
        *(["log_type notice"] if settings.log_connections else []),
        f"connection_messages {_word(settings.log_connections)}",
        # For the health page: connections, and messages that were dropped.
        "sys_interval 10",
    ]


def _limits(limits: Limits) -> list[str]:
    return [
        # Without it 30 acknowledgements take 23 ms instead of 2.
        "set_tcp_nodelay true",
        # The hub itself must see and count payloads above 64 KiB, so the broker cuts only far above.
        f"max_packet_size {limits.packet_bytes}",
        # The line above binds plain MQTT only. Over WebSocket a larger payload is read, answered, and thrown away.
        # No memory_limit: a stranger could use it up with the mere announcement of a large packet.
        f"message_size_limit {limits.packet_bytes}",
        # What waits for the hub is dropped without a word above this, whoever sent it. One device that floods fills
        # 10,000 in 0.1 s, and half of the others' acknowledgements go with it. The bytes bound the memory.
        f"max_queued_messages {limits.queued_messages}",
        f"max_queued_bytes {limits.queued_bytes}",
        # Twice as fast for the hub as the default of 20 when 6,000 acknowledgements come at once; no faster above.
        f"max_inflight_messages {limits.inflight_messages}",
        # Android agents ask for 300 to 900 s; whoever asks for more than this is told (MQTT 5) or refused.
        f"max_keepalive {limits.keepalive_seconds}",
        f"persistent_client_expiration {limits.session_expiry}",
    ]


def _listeners(settings: BrokerSettings) -> list[str]:
    lines = [f"listener 0 {settings.socket_path}"]
    lines += [f"listener {settings.mqtt_port} {settings.host}", "protocol mqtt", *_lan(settings)]
    if settings.websocket_port is not None:
        lines += [f"listener {settings.websocket_port} {settings.host}", "protocol websockets", *_lan(settings)]
    return lines


def _lan(settings: BrokerSettings) -> list[str]:
    lines = [
        # Client id = user name = device id: nobody can take over another's session by using its id.
        "use_username_as_clientid true",
        f"max_connections {settings.limits.connections}",
    ]
    if settings.host and ":" not in settings.host:
        # Without it the WebSocket listener ignores an IPv4 address and listens on all of the machine's.
        lines.append("socket_domain ipv4")
    if settings.tls is None:
        return lines
    return [*lines, f"certfile {settings.tls.certificate}", f"keyfile {settings.tls.key}", "tls_version tlsv1.2"]


def _word(value: bool) -> str:
    return "true" if value else "false"
