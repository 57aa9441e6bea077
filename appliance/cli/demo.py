"""`./run demo`: a school with two teachers, two carts, a classroom, simulated tablets and a link for browser tabs.

The passwords are made for this folder at its first start and kept beside the data, so that a second start shows them.
"""

import json
import secrets
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from appliance.broker.credentials import write_atomically
from appliance.cli.demo_tabs import first_cart, open_tabs
from appliance.cli.run import EachSecond, Running, run
from appliance.config import Config
from appliance.domain.people import CONSOLE, Role
from appliance.errors import CannotStart, PreauError
from appliance.services.people import NewPerson
from appliance.services.settings import write_setting
from appliance.store.models import Classroom, Device, User, database
from appliance.store.trouble import STORE_ERRORS
from appliance.supervisor import Program
from protocol.uai import is_uai

_WORDS = (
    "cerise", "tilleul", "caillou", "galet", "noisette", "plume", "sentier", "lavande", "ardoise", "mimosa",
    "hirondelle", "cabane", "nuage", "violon", "citron", "moulin", "pivoine", "castor", "bouleau", "grenier",
)  # fmt: skip
_PEOPLE = (
    ("direction", "Claire Martin", Role.ADMINISTRATOR, "direction"),
    ("durand", "Mme Durand", Role.TEACHER, "enseignante"),
    ("petit", "M. Petit", Role.TEACHER, "enseignant"),
)
_PUPILS = (
    "Léa M.;Sacha B.;Inès K.;Hugo D.;Lina T.;Noé G.;Jade R.;Adam S.;Zoé P.;Yanis L.;"
    "Manon C.;Théo V.;Aya F.;Louis J.;Rose N."
)

_ABOUT_TABS = (
    "           Ce lien, ouvert dans un onglet, en fait une tablette de la séance en cours ; s’il n’y en a pas,",
    "           celle de Mme Durand commence. Un onglet, un élève ; le deuxième, dans une fenêtre privée.",
)


@dataclass(frozen=True, slots=True)
class Scene:
    """What is asked for: how many simulated tablets, in which school."""

    devices: int = 15
    school: str = "École des Tilleuls"
    uai: str = "0880123F"


def main(config: Config, scene: Scene) -> int:
    if not 0 <= scene.devices <= 1000:
        raise CannotStart("bad_devices", "--devices : de 0 à 1000.")
    if not is_uai(scene.uai):
        raise CannotStart("bad_uai", "--uai : sept chiffres et la lettre qui leur convient.")
    return run(config, lambda running: _fill_and_say(running, scene))


def _fill_and_say(running: Running, scene: Scene) -> EachSecond:
    devices = scene.devices
    path = running.config.data_path / "demo.json"
    with database.connection_context():
        logins = _passwords(path)
        is_new = User.get_or_none() is None
        if is_new:
            _fill(running, logins, scene)
        link = _link(running, devices)
        tabs = open_tabs(running.services, running.config.data_path, devices)
    if devices:
        running.supervisor.add(_simulator(running, link, devices))
    _say(running, logins, devices, tabs.path)
    steps = (tabs, _NameGiver(running, devices)) if is_new and devices else (tabs,)
    return lambda: [step() for step in steps]


class _NameGiver:
    """At the first start, once all tablets are enrolled, each gets a pupil of the classroom; then never again."""

    def __init__(self, running: Running, devices: int) -> None:
        self._running = running
        self._devices = devices
        self._is_done = False

    def __call__(self) -> None:
        if self._is_done:
            return
        with suppress(PreauError, *STORE_ERRORS), database.connection_context():
            if Device.select().where(Device.status == "active").count() < self._devices:
                return
            self._is_done = True
            classroom, cart = Classroom.select().first(), first_cart()
            if classroom is not None and cart is not None:
                self._running.services.rosters.assign_in_order(classroom.id, cart.id, CONSOLE)


def _passwords(path: Path) -> dict[str, str]:
    if not path.exists():
        made = {login: _password() for login, *_ in _PEOPLE}
        write_atomically(path, json.dumps(made, ensure_ascii=False))
    read: dict[str, str] = json.loads(path.read_text())
    return read


def _password() -> str:
    """Easy to copy by hand: about 28 bits, behind the sign-in's limits, for a school that does not exist."""
    return f"{secrets.choice(_WORDS)}-{secrets.choice(_WORDS)}-{secrets.randbelow(1_000_000):06d}"


def _fill(running: Running, logins: dict[str, str], scene: Scene) -> None:
    services = running.services
    write_setting("school_name", scene.school)
    write_setting("school_code", scene.uai)
    for cart in ("Classe mobile A", "Classe mobile B"):
        services.carts.add(cart, CONSOLE)
    classroom = services.rosters.add("CE2 B", CONSOLE, "CE2")
    for pupil in _PUPILS.split(";"):
        first_name, initial = pupil.rstrip(".").split(" ")
        services.rosters.add_pupil(classroom.id, first_name, initial, CONSOLE)
    for login, name, role, _ in _PEOPLE:
        services.people.add(CONSOLE, NewPerson(login, name, role), logins[login])


def _link(running: Running, devices: int) -> str:
    """A new link at each start; a simulator that knows its devices already does not use it up."""
    cart = first_cart()
    token = running.services.tokens.new(CONSOLE, max(1, devices), timedelta(days=1), None if cart is None else cart.id)
    return running.base_url + token.path


def _simulator(running: Running, link: str, devices: int) -> Program:
    state = running.config.data_path / "simulateur.json"
    command = [sys.executable, "-m", "simulator", "--link", "-", "--devices", str(devices), "--state", str(state)]
    return Program("simulator", [*command, "--quiet"], told=link + "\n")  # not for everybody who may list processes


def _say(running: Running, logins: dict[str, str], devices: int, tab_path: str) -> None:
    roles = {login: role for login, _, _, role in _PEOPLE}
    lines = ["", f"Préau, démonstration : {devices} tablettes simulées.", f"  Page     {running.base_url}/"]
    lines += [f"  {roles[login]:<12} {login:<10} {password}" for login, password in logins.items()]
    lines += [f"  Élève    {running.base_url}{tab_path}", *_ABOUT_TABS]
    lines += [f"  Données  {running.config.data_path}", "  Ctrl-C arrête tout ; les données restent.", "", ""]
    sys.stdout.write("\n".join(lines))
    sys.stdout.flush()
