"""The simulator's command line: enroll devices, run them until Ctrl-C, say what happens.

python -m simulator --link http://preau.local/t/TOKEN --devices 15 --profile steady flaky --state devices.json
python -m simulator --agent webview-kiosk --setup t07.json --switch owner=no
"""

import argparse
import asyncio
import contextlib
import logging
import random
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from simulator.enrollment import EnrollmentFailed
from simulator.fleet import Fleet, FleetOptions
from simulator.profiles import Profile, UnknownProfile
from simulator.state_file import UnreadableState
from simulator.webview_kiosk.agent import Start
from simulator.webview_kiosk.fleet import Kiosks
from simulator.webview_kiosk.options import BadOption, parse_switches, parse_troubles
from simulator.webview_kiosk.setup_files import BadSetup, load_setup
from simulator.webview_kiosk.switches import Manner, Trouble

REFUSED = 1
WEBVIEW_KIOSK = "webview-kiosk"
SUMMARY_EVERY_SECONDS = 1.0
SUMMARY_IN_LOG_EVERY_SECONDS = 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = build_parser()
    asked = parser.parse_args(arguments)
    if asked.agent is None and asked.link is None:
        parser.error("--link est nécessaire (ou --agent et --setup)")
    if asked.agent is not None and not asked.setup:
        parser.error("--setup est nécessaire : les réglages d’au moins une tablette")
    if asked.link == "-":  # a link is a key: whoever may list processes should not read it
        asked.link = sys.stdin.readline().strip()
    _set_up_log(asked.quiet)
    _allow_many_sockets()
    try:
        return asyncio.run(_run(asked) if asked.agent is None else _run_kiosks(asked))
    except (EnrollmentFailed, UnreadableState, UnknownProfile, BadOption, BadSetup) as error:
        print(f"Simulateur : {error}", file=sys.stderr)
        return REFUSED


async def _run(asked: argparse.Namespace) -> int:
    tell = _keep_quiet if asked.quiet else _tell
    options = FleetOptions(
        seed=asked.seed,
        speed=asked.speed,
        state_path=asked.state,
        mqtt_version=asked.mqtt_version,
        stagger_seconds=asked.stagger,
        downloads_at_once=asked.downloads,
        ca_path=asked.ca,
        tell=tell,
    )
    ending = _until_a_signal()
    fleet = Fleet(asked.link, asked.devices, asked.profile, options)
    tell(f"Inscription de {asked.devices} appareils simulés…")
    async with fleet, contextlib.nullcontext() if asked.quiet else _Summary(lambda: _line(fleet)):
        tell(f"{len(fleet.tablets)} appareils simulés en marche. Ctrl-C pour arrêter.")
        await fleet.last(ending, asked.seconds)
    return 0


async def _run_kiosks(asked: argparse.Namespace) -> int:
    """One fake tablet for each set-up: a set-up names its tablet."""
    tell = _keep_quiet if asked.quiet else _tell
    ending = _until_a_signal()
    starts = [
        Start(
            switches=parse_switches(asked.switch),
            manner=Manner(troubles=parse_troubles(asked.trouble)),
            chance=random.Random(None if asked.seed is None else asked.seed + number),
            settings=await asyncio.to_thread(load_setup, place),
        )
        for number, place in enumerate(asked.setup)
    ]
    kiosks = Kiosks(starts)
    async with kiosks, contextlib.nullcontext() if asked.quiet else _Summary(kiosks.line):
        tell(f"{len(starts)} tablettes Webview Kiosk simulées en marche. Ctrl-C pour arrêter.")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ending.wait(), asked.seconds)
    return 0


def _until_a_signal() -> asyncio.Event:
    ending = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    return ending


def _line(fleet: Fleet) -> str:
    devices = [tablet.device for tablet in fleet.tablets.values()]
    locked = sum(device.restrictions.lock is not None for device in devices)
    hands = sum(device.hand_is_raised for device in devices)
    return f"{fleet.up_count} sur {len(devices)} connectés · {locked} verrouillés · {hands} mains levées"


class _Summary:
    """One line that stays in place on a terminal; in a log, one line a minute."""

    def __init__(self, line: Callable[[], str]) -> None:
        self._line = line
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._repeat())

    async def __aexit__(self, *_error: object) -> None:
        if self._task is not None:
            self._task.cancel()
        if sys.stdout.isatty():
            print()

    async def _repeat(self) -> None:
        is_terminal = sys.stdout.isatty()
        while True:
            await asyncio.sleep(SUMMARY_EVERY_SECONDS if is_terminal else SUMMARY_IN_LOG_EVERY_SECONDS)
            text, end = (f"\r{self._line()}\x1b[K", "") if is_terminal else (self._line(), "\n")
            print(text, end=end, flush=True)


def _tell(text: str) -> None:
    print(text, flush=True)


def _keep_quiet(_text: str) -> None:
    """With --quiet only what goes wrong is told, on the log."""


def _set_up_log(quiet: bool) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("time=%(asctime)s level=%(levelname)s %(message)s"))
    logging.basicConfig(level=logging.WARNING if quiet else logging.INFO, handlers=[handler])


def _allow_many_sockets() -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./run simulate", description="Des appareils simulés, pour les essais, la formation et les tests."
    )
    parser.add_argument("--link", help="lien d’inscription (http://boîtier/t/…) ; - : lu sur l’entrée")
    parser.add_argument("--devices", type=_positive, default=15, metavar="N", help="nombre d’appareils (15)")
    parser.add_argument(
        "--profile",
        nargs="+",
        action="extend",
        default=[],
        metavar="NOM",
        help=f"à tour de rôle, ou combinés par « + » : {', '.join(Profile)} (défaut : une classe vraisemblable)",
    )
    parser.add_argument("--seed", type=int, help="hasard répétable : mêmes numéros de série, mêmes gestes")
    parser.add_argument("--speed", type=_speed, default=1.0, metavar="F", help="vitesse des élèves et batteries (1)")
    parser.add_argument("--state", type=Path, metavar="FICHIER", help="garde les appareils d’une fois sur l’autre")
    parser.add_argument("--for", dest="seconds", type=float, metavar="SECONDES", help="s’arrête seul après ce temps")
    parser.add_argument("--stagger", type=float, default=0.0, metavar="SECONDES", help="étale les premières connexions")
    parser.add_argument("--downloads", type=_positive, default=8, metavar="N", help="téléchargements à la fois (8)")
    parser.add_argument("--mqtt-version", type=int, choices=(3, 5), default=5, help="MQTT 3.1.1 ou 5 (5)")
    parser.add_argument("--ca", metavar="FICHIER", help="autorité de certification d’un boîtier en https")
    parser.add_argument("--quiet", action="store_true", help="ne dit que les ennuis")
    _add_agent(parser)
    return parser


def _add_agent(parser: argparse.ArgumentParser) -> None:
    """Tablets held by a foreign agent: set up by the administration, not enrolled by a link."""
    more = parser.add_argument_group("agents d’un autre éditeur")
    more.add_argument("--agent", choices=(WEBVIEW_KIOSK,), help="simule cet agent au lieu d’appareils du protocole")
    more.add_argument(
        "--setup",
        nargs="+",
        action="extend",
        default=[],
        metavar="RÉGLAGES",
        help="fichiers de réglages, ou adresses montrées pour la tablette : une tablette chacun",
    )
    more.add_argument("--switch", nargs="+", action="extend", default=[], metavar="NOM=VALEUR", help="voir docs")
    more.add_argument(
        "--trouble", nargs="+", action="extend", default=[], metavar="NOM", help=f"mal se tenir : {', '.join(Trouble)}"
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("au moins 1")
    return number


def _speed(text: str) -> float:
    factor = float(text)
    if not 0 < factor <= 1000:
        raise argparse.ArgumentTypeError("entre 0 et 1000")
    return factor


if __name__ == "__main__":
    sys.exit(main())
