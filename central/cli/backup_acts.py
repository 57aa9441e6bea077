"""`admin backup` and `admin restore`: the whole city in one file."""

import argparse
from pathlib import Path

from central.cli.answers import Act, Answer, Desk, Nouns
from central.config import Config
from central.services.city_backups import restore_backup, write_backup


def add_words(nouns: "Nouns[argparse.ArgumentParser]", everywhere: argparse.ArgumentParser) -> None:
    backup = nouns.add_parser("backup", help="toute la ville dans un fichier, clés comprises", parents=[everywhere])
    backup.add_argument("file", type=Path, metavar="FICHIER")
    restore = nouns.add_parser(
        "restore", help="une ville depuis sa sauvegarde, dans un dossier neuf", parents=[everywhere]
    )
    restore.add_argument("file", type=Path, metavar="FICHIER")


def _backup(desk: Desk, options: argparse.Namespace) -> Answer:
    made = write_backup(desk.config, options.file.absolute(), desk.services.clock.now())
    return Answer(
        {"file": str(made.path), "bytes": made.size, "rows": made.rows},
        [f"Sauvegarde : {made.path} ({made.size // 1024} Kio, {sum(made.rows.values())} lignes)."],
        ["Ce fichier contient les clés de la ville : gardez-le comme elles."],
    )


def restore(config: Config, options: argparse.Namespace) -> Answer:
    """Before anything of a server is opened: there is none yet."""
    config.data_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = restore_backup(config, options.file.absolute())
    return Answer(
        {"data": str(config.data_path), "rows": made.rows},
        [
            f"La ville est restaurée dans {config.data_path} ({sum(made.rows.values())} lignes). Démarrez-la : "
            "les boîtiers renvoient d’eux-mêmes ce qui est venu après la sauvegarde."
        ],
    )


ACTS: dict[str, Act] = {"backup": _backup}
