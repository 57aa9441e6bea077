"""`admin city`: a new city, with its offline root."""

import argparse
import sys
from pathlib import Path

from central.cli.answers import Act, Answer, Desk, Nouns
from central.keys.signatures import SigningSecret
from central.services.journal import CONSOLE
from central.services.settings import SERVED_AT, read_setting, write_setting


def add_words(nouns: "Nouns[argparse.ArgumentParser]", everywhere: argparse.ArgumentParser) -> None:
    city = nouns.add_parser("city", help="la ville", parents=[everywhere])
    init = city.add_subparsers(dest="verb", required=True, metavar="ACTION").add_parser(
        "init", help="une ville neuve : ses clés, et sa clé racine à garder hors ligne", parents=[everywhere]
    )
    init.add_argument(
        "--root", type=Path, required=True, metavar="FICHIER", help="où écrire la clé racine ; ou la lire"
    )
    init.add_argument("--passphrase-stdin", action="store_true", help="lire sa phrase secrète sur l’entrée standard")
    init.add_argument("--city", metavar="NOM", help="nom de la ville")
    init.add_argument("--public-url", metavar="URL", help="adresse de la console dans les navigateurs")


def _city_init(desk: Desk, options: argparse.Namespace) -> Answer:
    """Told again with the same root, nothing changes."""
    passphrase = sys.stdin.readline().rstrip("\r\n") if options.passphrase_stdin else ""
    fresh = not options.root.exists()
    root = SigningSecret.new() if fresh else SigningSecret.load(options.root, passphrase)
    if fresh:
        root.save(options.root, passphrase)
    _keep_names(desk)
    desk.services.rings.found(root, desk.services.keys.online.public, CONSOLE)
    notes = [] if passphrase else ["Attention : la clé racine n’est pas protégée par une phrase secrète."]
    return Answer(
        {"root": str(options.root), "public": root.public},
        [
            f"La ville est prête. Clé racine : {options.root}. Mettez-la hors ligne, en deux endroits sûrs : sans "
            "elle, aucune clé d’agent ne peut plus être certifiée ni retirée."
        ],
        notes,
    )


def _keep_names(desk: Desk) -> None:
    """Until the server is started with names of its own."""
    served = dict(read_setting(SERVED_AT) or {})
    served.setdefault("city", desk.config.city)
    served.setdefault("public_url", desk.config.public_url)
    write_setting(SERVED_AT, served)


ACTS: dict[str, Act] = {"city init": _city_init}
