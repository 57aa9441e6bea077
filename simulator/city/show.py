"""The demonstration: starts the city and its schools, joins them at the first start, says where everything is."""

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from simulator.city.lines import Lines
from simulator.city.plan import CITY, SCHOOLS, SchoolPlan, Town
from simulator.city.programs import Failed, Program, ask

_PATIENCE_SECONDS = 120.0
_LOOK_SECONDS = 0.5
_READY = "Ctrl-C arrête tout"
_OFFICER = "dsi"


class Show:
    """`devices` of the first school, or None for as many as planned."""

    def __init__(self, town: Town, devices: int | None, stopping: threading.Event) -> None:
        self._town = town
        self._devices = devices
        self._stopping = stopping
        self._lines = Lines(town)
        self._programs: list[Program] = []

    def open(self) -> None:
        """Returns when all serve, or when it is asked to stop."""
        _say("La ville démarre…")
        self._lines.start()
        self._found_city()
        self._start("la ville", self._city_command())
        first: list[str] = []
        for school in SCHOOLS:
            if self._stopping.is_set():
                return
            _say(f"{school.name} démarre…")
            program, words = self._open_school(school)
            self._join(school)
            if school.is_off:
                program.stop()
                self._programs.remove(program)
            first = first or words
        _say("\n".join(["", *(line for line in first if line.strip()), "", *self._about_city(), ""]))

    def close(self) -> None:
        for program in reversed(self._programs):
            program.stop()
        self._lines.stop()

    def _start(self, name: str, arguments: list[str]) -> tuple[Program, list[str]]:
        program = Program(name, arguments, self._town.folder / "journaux" / f"{name.replace(' ', '-')}.log")
        self._programs.append(program)
        return program, program.said_until(_READY)

    def _found_city(self) -> None:
        """Its root key stays beside the data here; a real city takes it offline."""
        root = self._town.folder / "racine.key"
        if not root.exists():
            self._town.city_path.mkdir(parents=True, exist_ok=True)
            url = f"http://localhost:{self._town.city.http}"
            ask(["central", "admin", "city", "init", "--data", str(self._town.city_path), "--root", str(root),
                 "--city", CITY, "--public-url", url])  # fmt: skip

    def _open_school(self, school: SchoolPlan) -> tuple[Program, list[str]]:
        ports = self._town.schools[school.word]
        devices = school.devices if self._devices is None or school is not SCHOOLS[0] else self._devices
        return self._start(
            school.word,
            ["appliance", "demo", *self._data(school), "--http", str(ports.http), "--mqtt", str(ports.mqtt),
             "--websocket", str(ports.websocket), "--agents", str(ports.agents), "--devices", str(devices),
             "--school", school.name, "--uai", school.uai],
        )  # fmt: skip

    def _city_command(self) -> list[str]:
        city = self._town.city
        return [
            "central", "run", "--data", str(self._town.city_path), "--http", str(city.http), "--uplink-host",
            "127.0.0.1", "--uplink", str(city.uplink), "--mqtt", str(city.mqtt), "--city", CITY, "--workers", "1",
        ]  # fmt: skip

    def _data(self, school: SchoolPlan) -> list[str]:
        return ["--data", str(self._town.school_path(school.word))]

    def _join(self, school: SchoolPlan) -> None:
        """At the first start: what the city's officer and the school's head would do; then until the city knows it."""
        joined = self._town.folder / "rattachements" / school.word
        if joined.exists():
            return
        joined.parent.mkdir(parents=True, exist_ok=True)
        if school.uai not in {one["uai"] for one in self._ask_city("schools", "list")["schools"]}:
            latitude, longitude = school.place
            self._ask_city(
                "schools",
                "add",
                school.uai,
                school.name,
                "--group",
                "Démonval",
                "--place",
                str(latitude),
                str(longitude),
            )
        ports = self._town.schools[school.word]
        code = self._ask_city("claim-code", school.uai)["code"]
        line = f"localhost:{ports.line}"
        ask(["appliance", "admin", "city-claim", *self._data(school), code, "--address", line])
        self._wait(lambda: self._is_known(school), f"{school.name} ne se rattache pas à la ville.")
        ask(["appliance", "admin", "city-broker", *self._data(school), f"localhost:{ports.line_mqtt}"])
        if school.is_off:
            self._wait(lambda: self._has_told_all(school), f"{school.name} n’a pas tout dit à la ville.")
        joined.touch()

    def _is_known(self, school: SchoolPlan) -> bool:
        appliances = self._ask_city("appliances", "list")["appliances"]
        return any(one["school"] == school.uai and one["hello_at"] for one in appliances)

    def _has_told_all(self, school: SchoolPlan) -> bool:
        status = json.loads(ask(["appliance", "admin", "city-status", *self._data(school), "--json"]))
        return bool(status.get("hello_at")) and status["waiting"] == 0

    def _wait(self, fact: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not fact():
            if time.monotonic() > deadline:
                raise Failed(otherwise)
            if self._stopping.wait(_LOOK_SECONDS):
                return

    def _ask_city(self, *words: str) -> dict[str, Any]:
        answer = ask(["central", "admin", *words, "--data", str(self._town.city_path), "--json"])
        found: dict[str, Any] = json.loads(answer)
        return found

    def _about_city(self) -> list[str]:
        link = self._sign_in_link()
        others = [
            f"  {school.name:<20} http://127.0.0.1:{self._town.schools[school.word].http}/  "
            + ("éteinte" if school.is_off else "au bout d’une mauvaise ligne")
            for school in SCHOOLS[1:]
        ]
        command = f"./run demo{self._folder_option()} line {SCHOOLS[0].word}"
        return [
            f"{CITY}, console de la DSI :",
            f"  Entrer   {link}",
            "           (une fois ; un autre à chaque démarrage)",
            "Les autres écoles :",
            *others,
            f"Couper la ligne d’une école :  {command} cut        la rétablir :  {command} good",
            "Ctrl-C arrête tout ; les données restent.",
        ]

    def _folder_option(self) -> str:
        return "" if self._town.folder == Path("preau-demo").absolute() else f" --data {self._town.folder}"

    def _sign_in_link(self) -> str:
        """A new one at each start: who opens it chooses a key or a password, as a new officer does."""
        known = {one["login"] for one in self._ask_city("accounts", "list")["accounts"]}
        words = (
            ("invite", _OFFICER) if _OFFICER in known else ("add", _OFFICER, "--role", "admin", "--name", "Agent DSI")
        )
        return str(self._ask_city("accounts", *words)["link"])


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
