"""`./run demo`: a city with three schools; `./run demo line SCHOOL good|poor|cut` while it runs."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from simulator.city.lines import set_quality
from simulator.city.plan import SCHOOLS, Town, plan
from simulator.city.programs import Failed
from simulator.city.show import Show
from simulator.line import Quality


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        return _line(options) if options.act == "line" else _demo(options)
    except Failed as error:
        sys.stderr.write(f"\npréau : {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./run demo",
        description="Une ville de démonstration et ses trois écoles. Avec --alone en premier : une école seule.",
    )
    parser.add_argument("--data", type=Path, default=Town.usual_folder(), metavar="DOSSIER", help="dossier des données")
    parser.add_argument("--http", type=int, default=8080, metavar="PORT", help="page de la première école (8080)")
    parser.add_argument("--mqtt", type=int, default=1883, metavar="PORT", help="ses tablettes (1883)")
    parser.add_argument("--devices", type=int, default=None, metavar="N", help="ses tablettes simulées (15)")
    acts = parser.add_subparsers(dest="act", metavar="")
    line = acts.add_parser("line", help="la ligne d’une école : bonne (good), mauvaise (poor), coupée (cut)")
    line.add_argument("school", choices=[one.word for one in SCHOOLS])
    line.add_argument("quality", choices=[one.value for one in Quality])
    return parser


def _line(options: argparse.Namespace) -> int:
    town = plan(options.data.absolute(), options.http, options.mqtt)
    set_quality(town.line_path(options.school), Quality(options.quality))
    sys.stdout.write(f"Ligne de l’école « {options.school} » : {options.quality}.\n")
    return 0


def _demo(options: argparse.Namespace) -> int:
    options.data.mkdir(parents=True, exist_ok=True)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())
    show = Show(plan(options.data.absolute(), options.http, options.mqtt), options.devices, stopping)
    try:
        show.open()
        show.keep()
    finally:
        show.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
