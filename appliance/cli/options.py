"""The options that say which appliance is meant; the same for every process, so that a parent can call a child."""

import argparse
from pathlib import Path

from appliance.config import Config, default_agents_port, default_websocket_port


def _port(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        port = 0
    if not 1 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text} n’est pas un port (1 à 65535)")
    return port


def add_options(parser: argparse.ArgumentParser, *, data: Path, host: str) -> None:
    parser.add_argument("--data", type=Path, default=data, metavar="DOSSIER", help=f"dossier des données ({data})")
    parser.add_argument("--host", default=host, metavar="ADRESSE", help=f"adresse d’écoute ({host})")
    parser.add_argument("--http", type=_port, default=8080, metavar="PORT", help="port des pages (8080)")
    parser.add_argument("--mqtt", type=_port, default=1883, metavar="PORT", help="port MQTT des tablettes (1883)")
    parser.add_argument(
        "--websocket", type=_port, metavar="PORT", help="port MQTT sur WebSocket (celui de MQTT + 7118 : 9001)"
    )
    parser.add_argument(
        "--agents",
        type=_port,
        metavar="PORT",
        help="port MQTT des agents, s’ils sont permis (celui de MQTT + 1 : 1884)",
    )
    parser.add_argument(
        "--name", action="append", default=[], metavar="NOM", help="autre nom de ce boîtier sur le réseau"
    )
    parser.add_argument("--viewers", type=int, default=60, metavar="N", help="pages ouvertes à la fois (60)")
    parser.add_argument("--city-pace", type=float, default=1.0, help=argparse.SUPPRESS)
    parser.add_argument("--tls-cert", type=Path, metavar="FICHIER", help="certificat (chaîne, PEM) : TLS pour MQTT")
    parser.add_argument("--tls-key", type=Path, metavar="FICHIER", help="clé du certificat (PEM)")
    parser.add_argument("--tls-ca", type=Path, metavar="FICHIER", help="autorité à donner aux tablettes (PEM)")


def read_config(options: argparse.Namespace) -> Config:
    websocket = options.websocket or default_websocket_port(options.mqtt)
    return Config(
        data_path=options.data.absolute(),
        host=options.host,
        http_port=options.http,
        mqtt_port=options.mqtt,
        websocket_port=websocket,
        agents_port=options.agents or default_agents_port(options.mqtt, options.http, websocket),
        names=tuple(options.name),
        viewers=options.viewers,
        city_pace=options.city_pace,
        tls_certificate=options.tls_cert,
        tls_key=options.tls_key,
        tls_ca=options.tls_ca,
    )


def as_arguments(config: Config) -> list[str]:
    """The options that make the same Config again."""
    arguments = [
        "--data", str(config.data_path), "--host", config.host, "--http", str(config.http_port),
        "--mqtt", str(config.mqtt_port), "--websocket", str(config.websocket_port),
        "--agents", str(config.agents_port), "--viewers", str(config.viewers),
        "--city-pace", str(config.city_pace),
    ]  # fmt: skip
    for name in config.names:
        arguments += ["--name", name]
    for option, path in (
        ("--tls-cert", config.tls_certificate),
        ("--tls-key", config.tls_key),
        ("--tls-ca", config.tls_ca),
    ):
        if path is not None:
            arguments += [option, str(path)]
    return arguments
