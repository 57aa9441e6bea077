"""Where everything of one city's server is, and what it was started with. Touches nothing when imported."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Config:
    """`database_url` empty: SQLite in `data_path`. `public_url`: the console's address, as browsers type it.

    `uplink_name`: the host name or address that schools reach; it is in the server's certificate.
    `mqtt_port` 0: no broker of our own. `brokers`: addresses of other ones (`host:port`, commas between them), which
    schools and we use instead; with neither, schools look once a minute.
    """

    data_path: Path
    host: str = "127.0.0.1"
    http_port: int = 8090
    uplink_host: str = "0.0.0.0"  # noqa: S104 - schools call it; mutual TLS
    uplink_port: int = 8443
    mqtt_port: int = 8883
    brokers: str = ""
    uplink_name: str = "localhost"
    public_url: str = ""
    database_url: str = ""
    workers: int = 2
    city: str = "Ville"
    oidc_issuer: str = ""  # empty: no identity provider
    oidc_client: str = ""
    oidc_secret_path: Path | None = None

    @property
    def console_url(self) -> str:
        """The console's one address, without a slash at the end: links, cookies and passkeys are made for it."""
        return (self.public_url or f"http://localhost:{self.http_port}").rstrip("/")

    @property
    def console_host(self) -> str:
        return urlsplit(self.console_url).hostname or "localhost"

    @property
    def sqlite_path(self) -> Path:
        return self.data_path / "city.db"

    @property
    def secrets_path(self) -> Path:
        """0700: the authority's key, the online key, the sessions' key, the key that seals snapshots."""
        return self.data_path / "secrets"

    @property
    def broker_path(self) -> Path:
        return self.data_path / "broker"

    @property
    def backups_path(self) -> Path:
        return self.data_path / "backups"

    @property
    def runtime_path(self) -> Path:
        """Sockets and status; short, since a socket's path holds 108 bytes."""
        return self.data_path / "run"

    @property
    def broker_addresses(self) -> str:
        """As schools get them by their claim; empty when there is none."""
        return self.brokers or (f"{self.uplink_name}:{self.mqtt_port}" if self.mqtt_port else "")
