"""The options that say which server is meant; the same for every process, so that a parent can call a child."""

import argparse
import os
from pathlib import Path

from central.broker.connection import read_addresses
from central.config import Config

DEFAULT_DATA = Path("preau-city")


def _port(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        port = -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text} n’est pas un port (1 à 65535, 0 : aucun)")
    return port


def _addresses(text: str) -> str:
    try:
        return text if not text or read_addresses(text) else ""
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} n’est pas une suite d’adresses hôte:port") from None


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, default=DEFAULT_DATA, metavar="DOSSIER", help=f"dossier des données ({DEFAULT_DATA})"
    )
    parser.add_argument("--host", default="127.0.0.1", metavar="ADRESSE", help="où la console écoute (127.0.0.1)")
    parser.add_argument("--http", type=_port, default=8090, metavar="PORT", help="port de la console (8090)")
    parser.add_argument(
        "--uplink-host",
        default="0.0.0.0",  # noqa: S104 - schools call from outside
        metavar="ADRESSE",
        help="où les écoles appellent (toutes)",
    )
    parser.add_argument("--uplink", type=_port, default=8443, metavar="PORT", help="port des écoles, TLS mutuel (8443)")
    parser.add_argument(
        "--uplink-name", default="localhost", metavar="NOM", help="nom ou adresse que les écoles appellent (localhost)"
    )
    parser.add_argument("--mqtt", type=_port, default=0, metavar="PORT", help="port MQTT des écoles (0 : aucun)")
    parser.add_argument(
        "--brokers", type=_addresses, default="", metavar="HÔTE:PORT,…", help="d’autres serveurs MQTT à sa place"
    )
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="processus de chaque service (2)")
    parser.add_argument("--public-url", default="", metavar="URL", help="adresse de la console dans les navigateurs")
    parser.add_argument("--city", default="", metavar="NOM", help="nom de la ville (le dernier donné)")


def read_config(options: argparse.Namespace) -> Config:
    """The database is in the environment: its address may hold a password, which a command line would show to all."""
    secret = os.environ.get("PREAU_OIDC_SECRET_FILE", "")
    return Config(
        data_path=options.data.absolute(),
        host=options.host,
        http_port=options.http,
        uplink_host=options.uplink_host,
        uplink_port=options.uplink,
        mqtt_port=0 if options.brokers else options.mqtt,
        brokers=options.brokers,
        uplink_name=options.uplink_name,
        public_url=options.public_url,
        database_url=os.environ.get("DATABASE_URL", ""),
        workers=max(1, options.workers),
        city=options.city,
        oidc_issuer=os.environ.get("PREAU_OIDC_ISSUER", ""),
        oidc_client=os.environ.get("PREAU_OIDC_CLIENT", ""),
        oidc_secret_path=Path(secret) if secret else None,
    )


def as_arguments(config: Config) -> list[str]:
    """The options that make the same Config again, in the same environment."""
    return [
        "--data", str(config.data_path), "--host", config.host, "--http", str(config.http_port),
        "--uplink-host", config.uplink_host, "--uplink", str(config.uplink_port), "--uplink-name", config.uplink_name,
        "--mqtt", str(config.mqtt_port), "--brokers", config.brokers, "--workers", str(config.workers),
        "--public-url", config.public_url,
        "--city", config.city,
    ]  # fmt: skip
