"""`admin`: what the city's administrator does from a script or a console, beside a running server or without one.

Owns the frame: which server, which answer, which exit code (0 done, 1 refused, 2 misused). The acts are in the parts.
"""

import argparse
import json
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from central.bootstrap import build_services, open_databases
from central.cli import account_acts, backup_acts, city_acts, doctor_acts, key_acts, online_key_acts, school_acts
from central.cli.answers import Act, Answer, Desk
from central.cli.french import FrenchParser
from central.cli.options import DEFAULT_DATA
from central.cli.sentences import sentence
from central.config import Config
from central.errors import CannotStart, CityError
from central.services.settings import SERVED_AT, read_setting
from central.store.database import connected
from central.store.trouble import STORE_ERRORS

# Each has `add_words(nouns, everywhere)` and `ACTS`: "noun" or "noun verb" -> (desk, options) -> Answer.
_PARTS = (city_acts, school_acts, account_acts, backup_acts, key_acts, online_key_acts, doctor_acts)
_ACTS: dict[str, Act] = {name: act for part in _PARTS for name, act in part.ACTS.items()}
_NEW_CITY = "city init"
_RESTORE = "restore"  # before there is a server
_TROUBLE: tuple[type[Exception], ...] = (*STORE_ERRORS, OSError)


def main(argv: list[str]) -> int:
    options = _parser().parse_args(argv)
    act = f"{options.noun} {options.verb}" if getattr(options, "verb", None) else options.noun
    try:
        answer = _answer(act, options)
    except CityError as error:
        return _fail(sentence(error))
    except _TROUBLE as error:
        return _fail(f"Le serveur n’a pas pu le faire ({type(error).__name__} : {error}). Rien n’a été changé.")
    _show(answer, as_json=getattr(options, "json", False))
    return 0


def _parser() -> argparse.ArgumentParser:
    everywhere = FrenchParser(add_help=False)
    everywhere.add_argument(
        "--data", type=Path, default=argparse.SUPPRESS, metavar="DOSSIER", help=f"dossier des données ({DEFAULT_DATA})"
    )
    everywhere.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="répondre par un document JSON"
    )
    parser = FrenchParser(
        prog="./run admin --central",
        description="Administrer le serveur de la ville, qu’il fonctionne ou non. Avec PostgreSQL : DATABASE_URL dans "
        "l’environnement, comme pour le serveur.",
        parents=[everywhere],
    )
    nouns = parser.add_subparsers(dest="noun", required=True, metavar="COMMANDE")
    for part in _PARTS:
        part.add_words(nouns, everywhere)
    return parser


def _answer(act: str, options: argparse.Namespace) -> Answer:
    if act in key_acts.OFFLINE:
        return key_acts.OFFLINE[act](options)
    config = Config(data_path=getattr(options, "data", DEFAULT_DATA).absolute())
    config = replace(config, database_url=os.environ.get("DATABASE_URL", ""))
    if act == _RESTORE:
        return backup_acts.restore(config, options)
    if not config.secrets_path.is_dir():
        if act != _NEW_CITY:
            raise CannotStart(
                "no_city",
                f"Aucun serveur dans {config.data_path}. Donnez son dossier (--data DOSSIER), ou commencez par "
                "« city init ».",
            )
        config.secrets_path.mkdir(mode=0o700, parents=True)
    open_databases(config)
    with connected():
        config = _as_served(config, options)
        return _ACTS[act](Desk(config, build_services(config)), options)


def _as_served(config: Config, options: argparse.Namespace) -> Config:
    """Under the names and ports with which it was last started: a claim code leads there."""
    served = read_setting(SERVED_AT) or {}
    given = {name: getattr(options, name, None) for name in ("city", "uplink_name", "uplink_port", "public_url")}
    return replace(config, **{**served, **{name: value for name, value in given.items() if value}})


def _show(answer: Answer, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(answer.document, ensure_ascii=False, default=_as_json))
        return
    for note in answer.notes:
        print(note, file=sys.stderr)
    for line in answer.lines:
        print(line)


def _as_json(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return str(value)


def _fail(text: str) -> int:
    print(f"préau : {printable(text)}", file=sys.stderr)
    return 1


def printable(text: str) -> str:
    """A hostile name must not drive the terminal."""
    return "".join(c if c.isprintable() or c in "\u00a0\u202f" else "\ufffd" for c in text)
