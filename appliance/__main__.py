"""The command line: `python -m appliance run | demo | admin …`; `bridge` and `web` are the children's own doors."""

import argparse
import gc
import signal
import sys
from pathlib import Path

from appliance.cli.french import FrenchParser
from appliance.cli.options import add_options, read_config
from appliance.errors import CannotStart, PreauError

_DATA = Path("preau-data")


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["admin"]:
        from appliance.cli.admin import main as admin

        _have_read()
        return admin(arguments[1:])
    options = _parser().parse_args(arguments)
    try:
        return _DOORS[options.door](options)
    except CannotStart as error:
        sys.stderr.write(f"\npréau : {error}\n")
        return 1
    except PreauError as error:
        sys.stderr.write(f"\npréau : {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = FrenchParser(prog="./run", description="Préau, le boîtier de l’école.")
    doors = parser.add_subparsers(dest="door", required=True, metavar="COMMANDE")
    run = doors.add_parser("run", help="un boîtier, sans données de démonstration", prog="./run appliance")
    add_options(run, data=_DATA, host="0.0.0.0")  # noqa: S104 - an appliance serves its LAN
    demo = doors.add_parser("demo", help="une école de démonstration", prog="./run demo")
    add_options(demo, data=Path("preau-demo"), host="127.0.0.1")
    demo.add_argument("--devices", type=int, default=15, metavar="N", help="tablettes simulées (15)")
    demo.add_argument("--school", default="École des Tilleuls", metavar="NOM", help="nom de l’école")
    demo.add_argument("--uai", default="0880123F", metavar="CODE", help="son code UAI")
    doors.add_parser("admin", help="utilisateurs, chariots, liens, appareils, sauvegardes")
    for child in ("bridge", "web"):
        add_options(doors.add_parser(child), data=_DATA, host="0.0.0.0")  # noqa: S104 - as above
    return parser


def _run(options: argparse.Namespace) -> int:
    from appliance.cli.appliance import main as appliance

    _have_read()
    return appliance(read_config(options))


def _demo(options: argparse.Namespace) -> int:
    from appliance.cli.demo import Scene
    from appliance.cli.demo import main as demo

    _have_read()
    return demo(read_config(options), Scene(options.devices, options.school, options.uai))


def _bridge(options: argparse.Namespace) -> int:
    from appliance.broker_bridge.start import main as bridge

    _have_read()
    return bridge(read_config(options))


def _web(options: argparse.Namespace) -> int:
    from appliance.web.serve import main as web

    _have_read()
    return web(read_config(options))


def _have_read() -> None:
    """The modules stay for good: garbage is looked for from now on, and never among them."""
    gc.freeze()
    gc.enable()


# Imported when chosen: a child should not carry what the others need.
_DOORS = {"run": _run, "demo": _demo, "bridge": _bridge, "web": _web}


def _interruptible(arguments: list[str]) -> int:
    """Asked to stop before it listens for that: what was begun is put away, and nothing is said."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        return main(arguments)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    gc.disable()  # looking for garbage while modules are read takes a sixth of the start
    # The store is SQLite: peewee would load PostgreSQL's driver into every process where the city's server is at home.
    sys.modules["psycopg"] = None  # type: ignore[assignment]  # the documented way to say "not here"
    sys.exit(_interruptible(sys.argv[1:]))
