"""What a city's officer and a head type to join: once for each school; a file remembers that it is done."""

import json
import threading
import time
from typing import Any

from simulator.city.plan import CITY, SCHOOLS, SchoolPlan, Town
from simulator.city.programs import Failed, ask

_PATIENCE_SECONDS = 120.0
_LOOK_SECONDS = 0.5
_OFFICER = "dsi"


class Joining:
    """Its methods wait; each school may be in a thread of its own."""

    def __init__(self, town: Town, stopping: threading.Event) -> None:
        self._town = town
        self._stopping = stopping

    def found_city(self) -> None:
        """Its root key stays beside the data here; a real city takes it offline."""
        root = self._town.folder / "racine.key"
        if not root.exists():
            self._town.city_path.mkdir(parents=True, exist_ok=True)
            url = f"http://localhost:{self._town.city.http}"
            ask(["central", "admin", "city", "init", "--data", str(self._town.city_path), "--root", str(root),
                 "--city", CITY, "--public-url", url])  # fmt: skip

    def add_schools(self) -> None:
        if all(self.is_done(school) for school in SCHOOLS):
            return
        known = {one["uai"] for one in self._ask_city("schools", "list")["schools"]}
        for school in SCHOOLS:
            if school.uai not in known:
                place = [str(degrees) for degrees in school.place]
                self._ask_city("schools", "add", school.uai, school.name, "--group", "Démonval", "--place", *place)

    def is_done(self, school: SchoolPlan) -> bool:
        return self._town.joined_path(school.word).exists()

    def join(self, school: SchoolPlan) -> None:
        """A running one. One that will be switched off has told the city everything before this returns."""
        joined = self._town.joined_path(school.word)
        if joined.exists():
            return
        ports = self._town.schools[school.word]
        code = self._ask_city("claim-code", school.uai)["code"]
        self._ask_school(school, "city-claim", code, "--address", f"localhost:{ports.line}")
        if not self._wait_until_told(school):
            return
        self._ask_school(school, "city-broker", f"localhost:{ports.line_mqtt}")
        joined.parent.mkdir(parents=True, exist_ok=True)
        joined.touch()

    def sign_in_link(self) -> str:
        """A new one at each start: who opens it chooses a key or a password, as a new officer does."""
        known = {one["login"] for one in self._ask_city("accounts", "list")["accounts"]}
        words = (
            ("invite", _OFFICER) if _OFFICER in known else ("add", _OFFICER, "--role", "admin", "--name", "Agent DSI")
        )
        return str(self._ask_city("accounts", *words)["link"])

    def _wait_until_told(self, school: SchoolPlan) -> bool:
        """False when somebody ends the demonstration before."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._has_told(school):
            if time.monotonic() > deadline:
                raise Failed(f"{school.name} ne se rattache pas à la ville.")
            if self._stopping.wait(_LOOK_SECONDS):
                return False
        return True

    def _has_told(self, school: SchoolPlan) -> bool:
        status = json.loads(self._ask_school(school, "city-status", "--json"))
        return bool(status.get("hello_at")) and not (school.is_off and status["waiting"])

    def _ask_school(self, school: SchoolPlan, act: str, *words: str) -> str:
        return ask(["appliance", "admin", act, "--data", str(self._town.school_path(school.word)), *words])

    def _ask_city(self, *words: str) -> dict[str, Any]:
        answer = ask(["central", "admin", *words, "--data", str(self._town.city_path), "--json"])
        found: dict[str, Any] = json.loads(answer)
        return found
