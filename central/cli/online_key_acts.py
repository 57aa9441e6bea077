"""`admin online-key`: another key in the place of the one with which the server signs (docs/operations.md)."""

import argparse

from central.cli.answers import Act, Answer, Desk, Nouns
from central.errors import CannotStart
from central.services.journal import CONSOLE

_SHOWN = 10


def add_words(nouns: "Nouns[argparse.ArgumentParser]", everywhere: argparse.ArgumentParser) -> None:
    key = nouns.add_parser("online-key", help="remplacer la clé avec laquelle le serveur signe", parents=[everywhere])
    verbs = key.add_subparsers(dest="verb", required=True, metavar="ACTION")
    verbs.add_parser("new", help="préparer la clé suivante, à faire connaître par le trousseau", parents=[everywhere])
    switch = verbs.add_parser("switch", help="signer avec elle, une fois connue des écoles", parents=[everywhere])
    switch.add_argument("--now", action="store_true", help="sans attendre les boîtiers qui n’ont pas le trousseau")


def _new(desk: Desk, _options: argparse.Namespace) -> Answer:
    key_id = desk.services.online_keys.prepare(CONSOLE)
    return Answer(
        {"id": key_id},
        [
            f"Clé suivante du serveur : {key_id}. Elle ne signe encore rien.",
            "Faites signer le trousseau (ring-export, ring-sign, ring-import), puis : online-key switch",
        ],
    )


def _switch(desk: Desk, options: argparse.Namespace) -> Answer:
    keys = desk.services.online_keys
    behind = keys.behind()
    if behind and not options.now:
        names = ", ".join(f"{uai} ({appliance})" for appliance, uai in behind[:_SHOWN])
        raise CannotStart(
            "ring_not_everywhere",
            f"Boîtiers qui n’ont pas encore le trousseau : {len(behind)} ({names}{', …' * (len(behind) > _SHOWN)}). "
            "Ils le prennent à leur prochain appel ; attendez-les, ou ajoutez --now.",
        )
    key_id = keys.switch(CONSOLE)
    return Answer(
        {"id": key_id, "behind": len(behind)},
        [f"La clé du serveur est maintenant {key_id}. Redémarrez le serveur, puis retirez l’ancienne (key-revoke)."],
    )


ACTS: dict[str, Act] = {"online-key new": _new, "online-key switch": _switch}
