"""The demonstration: starts the city and its schools, joins them at the first start, says where everything is."""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

from simulator.city.joining import Joining
from simulator.city.lines import Lines
from simulator.city.plan import CITY, SCHOOLS, SchoolPlan, Town
from simulator.city.programs import Failed, Program
from simulator.city.watch import Watch

_READY = "Ctrl-C arrête tout"
_LOOK_SECONDS = 0.5
_PACE = "0.05"  # a box looks every three seconds instead of every minute: nobody waits a minute before a demonstration


class Show:
    """`devices` of the first school, or None for as many as planned."""

    def __init__(self, town: Town, devices: int | None, stopping: threading.Event) -> None:
        self._town = town
        self._devices = devices
        self._stopping = stopping
        self._lines = Lines(town)
        self._joining = Joining(town, stopping)
        self._programs: list[Program] = []

    def open(self) -> None:
        """Returns when all serve, or when it is asked to stop."""
        try:
            self._open()
        except Failed:
            if not self._stopping.is_set():  # Ctrl-C in a terminal ends the programs as well as us
                raise

    def keep(self) -> None:
        """Until it is asked to stop."""
        watch = Watch(self._programs, _READY, _say)
        while not self._stopping.wait(_LOOK_SECONDS):
            watch.step(time.monotonic())

    def close(self) -> None:
        for program in self._programs:
            program.end()
        for program in self._programs:
            program.wait()
        self._lines.stop()

    def _open(self) -> None:
        """Programs are started here, in the main thread: they end with the thread that started them."""
        _say(f"{CITY} et ses écoles démarrent ; la première fois, cela prend une minute.")
        self._lines.start()
        self._joining.found_city()
        city = self._start("la ville", self._city_command())
        schools = [(school, self._open_school(school)) for school in SCHOOLS if self._is_wanted(school)]
        city.said_until(_READY)
        _say(f"  {CITY} est prête.")
        self._joining.add_schools()
        with ThreadPoolExecutor(1) as hand:
            link = hand.submit(self._joining.sign_in_link)
            said = self._ready_all(schools)
        if not self._stopping.is_set():
            first = [line for line in said[SCHOOLS[0].word] if line.strip() and _READY not in line]
            _say("\n".join(["", *first, *self._about(link.result())]))

    def _is_wanted(self, school: SchoolPlan) -> bool:
        return not (school.is_off and self._joining.is_done(school))

    def _ready_all(self, schools: list[tuple[SchoolPlan, Program]]) -> dict[str, list[str]]:
        """What each said. They mostly wait for one another's answers: side by side."""
        with ThreadPoolExecutor(len(schools)) as hands:
            asked = {hands.submit(self._ready, *one): one[0] for one in schools}
            for one in as_completed(asked):
                one.result()
                _say(f"  {asked[one].name} est prête{', puis éteinte' if asked[one].is_off else ''}.")
            return {school.word: one.result() for one, school in asked.items()}

    def _ready(self, school: SchoolPlan, program: Program) -> list[str]:
        words = program.said_until(_READY)
        self._joining.join(school)
        if school.is_off:
            program.end()
            program.wait()
        return words

    def _start(self, name: str, arguments: list[str]) -> Program:
        program = Program(name, arguments, self._town.folder / "journaux" / f"{name.replace(' ', '-')}.log")
        self._programs.append(program)
        return program

    def _open_school(self, school: SchoolPlan) -> Program:
        ports = self._town.schools[school.word]
        return self._start(
            school.word,
            ["appliance", "demo", "--data", str(self._town.school_path(school.word)), "--http", str(ports.http),
             "--mqtt", str(ports.mqtt), "--websocket", str(ports.websocket), "--agents", str(ports.agents),
             "--city-pace", _PACE, "--devices", str(self._devices_of(school)), "--school", school.name,
             "--uai", school.uai],
        )  # fmt: skip

    def _devices_of(self, school: SchoolPlan) -> int:
        """The other schools never have more than asked for."""
        if self._devices is None:
            return school.devices
        return self._devices if school is SCHOOLS[0] else min(self._devices, school.devices)

    def _city_command(self) -> list[str]:
        city = self._town.city
        return [
            "central", "run", "--data", str(self._town.city_path), "--http", str(city.http), "--uplink-host",
            "127.0.0.1", "--uplink", str(city.uplink), "--mqtt", str(city.mqtt), "--city", CITY, "--workers", "1",
        ]  # fmt: skip

    def _about(self, link: str) -> list[str]:
        others = [
            f"  {school.name:<20} http://127.0.0.1:{self._town.schools[school.word].http}/  "
            + ("éteinte" if school.is_off else "au bout d’une mauvaise ligne")
            for school in SCHOOLS[1:]
        ]
        command = f"./run demo{self._folder_option()} line {SCHOOLS[0].word}"
        return [
            "",
            f"{CITY}, console de la DSI :",
            f"  Entrer   {link}",
            "           (une fois ; un autre à chaque démarrage)",
            "Les autres écoles :",
            *others,
            "La ligne de la première école :",
            f"  couper    {command} cut",
            f"  rétablir  {command} good",
            "",
            "Ctrl-C arrête tout ; les données restent.",
            "",
        ]

    def _folder_option(self) -> str:
        return "" if self._town.folder == Town.usual_folder() else f" --data {self._town.folder}"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
