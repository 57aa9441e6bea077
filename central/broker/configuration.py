"""What the city's Mosquitto is told: values in, the text of its configuration and of its ACL out."""

from dataclasses import dataclass
from pathlib import Path

from protocol.uplink_live import BRIDGE_TOPIC, LIVE_TOPIC, school_topic

CENTRAL_USERNAME = "central"
"""The CN of our own client's certificate; no school's UAI can be that word."""

_PACKET_BYTES = 262_144
_CONNECTIONS = 20_000


@dataclass(frozen=True, slots=True)
class CityBrokerSettings:
    """The four files are of central's keys; `revoked`: the list of certificates that are refused (PEM)."""

    host: str
    port: int
    authority: Path
    certificate: Path
    key: Path
    revoked: Path
    data_path: Path

    @property
    def configuration_path(self) -> Path:
        return self.data_path / "mosquitto.conf"

    @property
    def acl_path(self) -> Path:
        return self.data_path / "acl"


def render_configuration(settings: CityBrokerSettings) -> str:
    """For 2.0.11 (Debian 12) up to 2.0.22 (Debian 13)."""
    lines = [
        "# Written by central at each start. Changes made here are lost.",
        # With settings of their own for each listener, Mosquitto before 2.0.13 loses wills: a school would stay online.
        "per_listener_settings false",
        "allow_anonymous false",
        "persistence false",
        "user root",
        "log_dest stderr",
        "log_type error",
        "connection_messages false",
        "set_tcp_nodelay true",
        f"max_packet_size {_PACKET_BYTES}",
        "max_queued_messages 1000",
        "max_keepalive 1200",
        "persistent_client_expiration 1h",
        "sys_interval 10",
        f"acl_file {settings.acl_path}",
        f"listener {settings.port} {settings.host}",
        f"max_connections {_CONNECTIONS}",
        f"cafile {settings.authority}",
        f"certfile {settings.certificate}",
        f"keyfile {settings.key}",
        f"crlfile {settings.revoked}",
        "tls_version tlsv1.2",
        "require_certificate true",
        # The certificate's CN, a school's UAI, is the user: no payload and no client id says who somebody is.
        "use_identity_as_username true",
        "",
    ]
    return "\n".join(lines)


def render_acl() -> str:
    """A school speaks below its own UAI only, and hears only what is meant for it."""
    return "\n".join(
        [
            "# Written by central at each start. Changes made here are lost.",
            f"user {CENTRAL_USERNAME}",
            "topic readwrite schools/#",
            "topic read $SYS/#",
            # two topics, not a tree: what is retained is one message each, whoever has the certificate
            *(f"pattern write {school_topic('%u', 'up', leaf)}" for leaf in (BRIDGE_TOPIC, LIVE_TOPIC)),
            "pattern read schools/%u/down/#",
            "",
        ]
    )
