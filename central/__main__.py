"""The command line: `python -m central run | admin …`; `web`, `door` and `desk` are the children's own doors."""

import argparse
import gc
import os
import signal
import sys

from central.cli.french import FrenchParser
from central.cli.options import add_options, read_config
from central.errors import CityError


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["admin"]:
        from central.cli.admin import main as admin

        _have_read()
        return admin(arguments[1:])
    options = _parser().parse_args(arguments)
    try:
        return _DOORS[options.door](options)
    except CityError as error:
        sys.stderr.write(f"\npréau : {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = FrenchParser(prog="./run central", description="Préau, le serveur de la ville.")
    doors = parser.add_subparsers(dest="door", required=True, metavar="COMMANDE")
    add_options(doors.add_parser("run", help="le serveur de la ville", prog="./run central"))
    doors.add_parser("admin", help="écoles, codes, comptes, boîtiers")
    for child in ("web", "door", "desk"):
        add_options(doors.add_parser(child))
    return parser


def _run(options: argparse.Namespace) -> int:
    from central.cli.run import run

    _have_read()
    return run(read_config(options))


def _web(options: argparse.Namespace) -> int:
    from central.web.serve import console

    _have_read()
    return console(read_config(options))


def _door(options: argparse.Namespace) -> int:
    from central.web.serve import door

    _have_read()
    return door(read_config(options))


def _desk(options: argparse.Namespace) -> int:
    from central.cli.desk import main as desk

    _have_read()
    return desk(read_config(options))


def _have_read() -> None:
    """The modules stay for good: garbage is looked for from now on, and never among them."""
    gc.freeze()
    gc.enable()


# Imported when chosen: a child should not carry what the others need.
_DOORS = {"run": _run, "web": _web, "door": _door, "desk": _desk}


def _interruptible(arguments: list[str]) -> int:
    """Asked to stop before it listens for that: what was begun is put away, and nothing is said."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        return main(arguments)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    if not os.environ.get("DATABASE_URL"):  # SQLite: peewee would load PostgreSQL's driver into every process
        sys.modules["psycopg"] = None  # type: ignore[assignment]  # the documented way to say "not here"
    gc.disable()  # looking for garbage while modules are read takes a sixth of the start
    sys.exit(_interruptible(sys.argv[1:]))
