"""The command line of `admin`: its words and options. `--data` and `--json` may stand anywhere."""

import argparse
import re
from datetime import timedelta
from pathlib import Path

from appliance.cli.french import FrenchParser

DEFAULT_DATA = Path("preau-data")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "j": "days", "w": "weeks"}


def duration(text: str) -> timedelta:
    """`30m`, `12h`, `1d` (or `1j`), `2w`."""
    found = re.fullmatch(r"([0-9]{1,6})([mhdjw])", text.strip().lower())
    if not found:
        raise argparse.ArgumentTypeError(f"« {text} » n’est pas une durée : 30m, 12h, 1d ou 2w")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def base_url(text: str) -> str:
    if not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+/?", text):
        raise argparse.ArgumentTypeError(f"« {text} » n’est pas une adresse : http://boitier.local:8080")
    return text.rstrip("/")


def make_parser() -> argparse.ArgumentParser:
    everywhere = FrenchParser(add_help=False)
    everywhere.add_argument(
        "--data", type=Path, default=argparse.SUPPRESS, metavar="DOSSIER", help=f"dossier des données ({DEFAULT_DATA})"
    )
    everywhere.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="répondre par un document JSON"
    )
    parser: argparse.ArgumentParser = FrenchParser(
        prog="./run admin", description="Administrer un boîtier, qu’il fonctionne ou non.", parents=[everywhere]
    )
    nouns = parser.add_subparsers(dest="noun", required=True, metavar="COMMANDE")
    _add_user(_group(nouns, "user", "personnes qui se connectent", everywhere), everywhere)
    _add_cart(_group(nouns, "cart", "classes mobiles", everywhere), everywhere)
    _add_token(_group(nouns, "token", "liens d’inscription", everywhere), everywhere)
    _add_device(_group(nouns, "device", "appareils", everywhere), everywhere)
    backup = nouns.add_parser("backup", help="sauvegarder", parents=[everywhere])
    backup.add_argument("file", nargs="?", type=Path, metavar="FICHIER", help="où l’écrire (sinon dans le boîtier)")
    restore = nouns.add_parser("restore", help="restaurer une sauvegarde (boîtier arrêté)", parents=[everywhere])
    restore.add_argument("file", type=Path, metavar="FICHIER")
    _add_city(nouns, everywhere)
    nouns.add_parser("doctor", help="ce qui ne va pas, et que faire", parents=[everywhere])
    nouns.add_parser("metrics-token", help="ouvrir /metrics à Prometheus", parents=[everywhere])
    return parser


_Subparsers = argparse._SubParsersAction


def _group(
    nouns: "_Subparsers[argparse.ArgumentParser]", name: str, text: str, everywhere: argparse.ArgumentParser
) -> "_Subparsers[argparse.ArgumentParser]":
    noun = nouns.add_parser(name, help=text, description=text, parents=[everywhere])
    return noun.add_subparsers(dest="verb", required=True, metavar="ACTION")


def _add_user(verbs: "_Subparsers[argparse.ArgumentParser]", everywhere: argparse.ArgumentParser) -> None:
    add = verbs.add_parser("add", help="ajouter quelqu’un", parents=[everywhere])
    add.add_argument("login", metavar="IDENTIFIANT")
    add.add_argument("--name", required=True, metavar="NOM", help="comme les élèves le connaissent : « Mme Durand »")
    add.add_argument("--role", choices=("teacher", "administrator"), default="teacher")
    add.add_argument("--language", choices=("fr", "en"), default="fr")
    _add_password(add, required=False)
    _add_base(add)
    invite = verbs.add_parser("invite", help="nouveau lien d’invitation", parents=[everywhere])
    invite.add_argument("login", metavar="IDENTIFIANT")
    _add_base(invite)
    password = verbs.add_parser("password", help="nouveau mot de passe (lu sur l’entrée)", parents=[everywhere])
    password.add_argument("login", metavar="IDENTIFIANT")
    _add_password(password, required=True)
    for name, text in (("deactivate", "désactiver quelqu’un"), ("reactivate", "réactiver quelqu’un")):
        verbs.add_parser(name, help=text, parents=[everywhere]).add_argument("login", metavar="IDENTIFIANT")
    verbs.add_parser("list", help="qui peut se connecter", parents=[everywhere])


def _add_password(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument(
        "--password-stdin", action="store_true", required=required, help="lire le mot de passe sur l’entrée standard"
    )


def _add_base(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--base", type=base_url, metavar="URL", help="adresse des pages du boîtier (celle de son dernier démarrage)"
    )


def _add_cart(verbs: "_Subparsers[argparse.ArgumentParser]", everywhere: argparse.ArgumentParser) -> None:
    for name, text in (("add", "ajouter une classe mobile"), ("remove", "supprimer une classe mobile vide")):
        verbs.add_parser(name, help=text, parents=[everywhere]).add_argument("name", metavar="NOM")
    verbs.add_parser("list", help="les classes mobiles", parents=[everywhere])


def _add_token(verbs: "_Subparsers[argparse.ArgumentParser]", everywhere: argparse.ArgumentParser) -> None:
    new = verbs.add_parser("new", help="nouveau lien (la dernière ligne affichée)", parents=[everywhere])
    new.add_argument("--cart", metavar="NOM", help="classe mobile où vont les appareils")
    new.add_argument("--uses", type=int, default=1, metavar="N", help="nombre d’appareils (1)")
    new.add_argument(
        "--expires", type=duration, default=timedelta(days=1), metavar="DURÉE", help="30m, 12h, 1d, 2w (1d)"
    )
    _add_base(new)
    verbs.add_parser("list", help="les liens d’inscription", parents=[everywhere])
    verbs.add_parser("revoke", help="révoquer un lien", parents=[everywhere]).add_argument("id", type=int, metavar="ID")


def _add_device(verbs: "_Subparsers[argparse.ArgumentParser]", everywhere: argparse.ArgumentParser) -> None:
    listing = verbs.add_parser("list", help="les appareils", parents=[everywhere])
    listing.add_argument("--cart", metavar="NOM", help="d’une classe mobile seulement")
    listing.add_argument("--all", action="store_true", help="aussi ceux qui ne sont plus en service")
    for name, text in (("revoke", "retirer l’accès à un appareil, tout de suite"), ("retire", "fin de service")):
        verbs.add_parser(name, help=text, parents=[everywhere]).add_argument("id", metavar="ID")


def _add_city(nouns: "_Subparsers[argparse.ArgumentParser]", everywhere: argparse.ArgumentParser) -> None:
    claim = nouns.add_parser("city-claim", help="rattacher le boîtier à la ville", parents=[everywhere])
    claim.add_argument("code", metavar="CODE|FICHIER", help="le code de la ville, ou son fichier ville.preau.json")
    claim.add_argument("--address", metavar="ADRESSE", help="adresse de la ville, avec un code : ville.example:8443")
    claim.add_argument("--wait", type=float, default=60.0, metavar="SECONDES", help="attendre la réponse (60)")
    nouns.add_parser("city-status", help="où en est la liaison avec la ville", parents=[everywhere])
    broker = nouns.add_parser("city-broker", help="la liaison rapide par un relais du réseau", parents=[everywhere])
    broker.add_argument("addresses", metavar="HÔTE:PORT", help="à la place de celle de la ville ; '' : sans")
    nouns.add_parser("city-leave", help="quitter la ville, ou retirer la demande", parents=[everywhere])
