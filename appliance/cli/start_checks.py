"""What can be said before anything is started: what is missing, taken, damaged or does not fit, and what to do."""

import socket
import ssl
import sys
from pathlib import Path

from appliance.bootstrap import broker_settings, open_databases
from appliance.broker.process import allow_open_files, find_mosquitto, port_is_free, require_free_ports
from appliance.clock import HubClock
from appliance.config import Config, make_folders
from appliance.errors import CannotStart
from appliance.store.database import how_to_restore, is_sound
from appliance.store.healing import heal, is_damage
from appliance.store.models import database
from appliance.store.trouble import STORE_ERRORS

_TROUBLE: tuple[type[Exception], ...] = (CannotStart, *STORE_ERRORS)


def check_before(config: Config) -> None:
    """Raises CannotStart for the first thing that would not work."""
    find_mosquitto()
    allow_open_files()
    _check_host(config.host)
    _check_distinct_ports(config)
    _check_tls(config)
    if not port_is_free(config.host, config.http_port):
        raise CannotStart(
            "port_in_use",
            f"Le port {config.http_port} ({config.host}) est déjà utilisé par un autre programme. "
            "Arrêtez-le, ou choisissez un autre port : --http PORT.",
        )
    require_free_ports(broker_settings(config))


def open_sound_store(config: Config) -> None:
    """A damaged store is set aside for the latest good automatic backup. Raises CannotStart where there is none."""
    try:
        _open_store(config)
    except _TROUBLE as trouble:
        restored = heal(config, HubClock(config.runtime_path).now()) if is_damage(trouble) else None
        if restored is None:
            raise
        made_at = restored.manifest.created_at.astimezone()
        print(
            f"Les données étaient abîmées : la sauvegarde du {made_at:%d/%m/%Y à %H:%M} a pris leur place. "
            "La page Santé dit quoi vérifier.",
            file=sys.stderr,
        )
        make_folders(config)
        _open_store(config)


def _open_store(config: Config) -> None:
    open_databases(config)
    with database.connection_context():
        if not is_sound():
            raise CannotStart(
                "data_damaged",
                f"{config.store_path} est endommagé. Rien n’a été modifié. {how_to_restore(config.data_path)}",
            )


def _check_host(host: str) -> None:
    try:
        for family, kind, _, _, address in socket.getaddrinfo(
            host, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            with socket.socket(family, kind) as trial:
                trial.bind(address)
    except OSError as error:
        raise CannotStart(
            "not_our_address",
            f"{host} n’est pas une adresse de cette machine. Donnez l’une des siennes, ou 0.0.0.0 : --host ADRESSE.",
        ) from error


def _check_distinct_ports(config: Config) -> None:
    if len({config.http_port, config.mqtt_port, config.websocket_port, config.agents_port}) < 4:
        raise CannotStart(
            "same_port",
            f"Quatre ports différents sont nécessaires : --http {config.http_port}, --mqtt {config.mqtt_port}, "
            f"--websocket {config.websocket_port}, --agents {config.agents_port}.",
        )


def _check_tls(config: Config) -> None:
    """Certificate, key and authority come together, can be read, and belong together."""
    given = (config.tls_certificate, config.tls_key, config.tls_ca)
    if not any(given):
        return
    if config.tls_certificate is None or config.tls_key is None:
        raise CannotStart("tls_incomplete", "Pour TLS, donnez --tls-cert et --tls-key, et --tls-ca pour les tablettes.")
    for path in given:
        if path is not None:
            _check_readable(path)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(config.tls_certificate, config.tls_key)
    except (ssl.SSLError, OSError) as error:
        raise CannotStart(
            "tls_mismatch",
            f"{config.tls_certificate} et {config.tls_key} ne vont pas ensemble, ou ne sont pas en PEM ({error}).",
        ) from error


def _check_readable(path: Path) -> None:
    try:
        path.read_bytes()
    except OSError as error:
        raise CannotStart("tls_unreadable", f"{path} ne peut pas être lu ({error.strerror}).") from error
