"""Which schools there are, where everything of them is, and on which ports. Starts nothing."""

import json
import os
import socket
from dataclasses import dataclass, replace
from pathlib import Path

from simulator.line import Quality


@dataclass(frozen=True, slots=True)
class SchoolPlan:
    """`word`: what a person types for it. `is_off`: joined and told everything, then switched off."""

    word: str
    name: str
    uai: str
    place: tuple[float, float]  # latitude, longitude
    devices: int
    line: Quality = Quality.GOOD
    is_off: bool = False


SCHOOLS = (
    SchoolPlan("tilleuls", "École des Tilleuls", "0880123F", (48.1745, 6.4511), 15),
    SchoolPlan("vallon", "École du Vallon", "0880124G", (48.1952, 6.4301), 8, Quality.POOR),
    SchoolPlan("moulin", "École du Moulin", "0880131P", (48.1600, 6.4790), 6, is_off=True),
)
CITY = "Ville de Démonval"


@dataclass(frozen=True, slots=True)
class Ports:
    """Of one school: `line` leads to central's door, `line_mqtt` to the city's broker."""

    http: int
    mqtt: int
    websocket: int
    agents: int
    line: int
    line_mqtt: int


@dataclass(frozen=True, slots=True)
class CityPorts:
    http: int
    uplink: int
    mqtt: int


@dataclass(frozen=True, slots=True)
class Town:
    """`folder` holds the city (`ville/`), the schools (by their words), their lines and what was planned."""

    folder: Path
    city: CityPorts
    schools: dict[str, Ports]

    def line_path(self, word: str) -> Path:
        return self.folder / "lignes" / word

    def joined_path(self, word: str) -> Path:
        """There when the school has joined the city."""
        return self.folder / "rattachements" / word

    def school_path(self, word: str) -> Path:
        return self.folder / word

    @property
    def city_path(self) -> Path:
        return self.folder / "ville"

    @staticmethod
    def usual_folder() -> Path:
        return Path("preau-demo").absolute()


def plan(folder: Path, first_http: int, first_mqtt: int) -> Town:
    """The same ports at each start: the addresses that schools and certificates have learned must go on being true.

    The first school has the usual ones, or those that were asked for; the others any that are free.
    """
    path = folder / "demonstration.json"
    first = SCHOOLS[0].word
    if path.exists():
        town = _read(folder, json.loads(path.read_text(encoding="utf-8")))
        schools = town.schools | {first: replace(town.schools[first], http=first_http, mqtt=first_mqtt)}
        return replace(town, schools=schools)
    free = _free_ports(3 + 6 * len(SCHOOLS))
    schools = {one.word: Ports(*(free.pop() for _ in range(6))) for one in SCHOOLS}
    schools[first] = replace(schools[first], http=first_http, mqtt=first_mqtt)
    town = Town(folder, CityPorts(*(free.pop() for _ in range(3))), schools)
    _write(path, town)
    return town


def _read(folder: Path, value: dict[str, dict[str, dict[str, int]]]) -> Town:
    schools = {word: Ports(**ports) for word, ports in value["schools"].items()}
    return Town(folder, CityPorts(**value["city"]["ports"]), schools)


def _write(path: Path, town: Town) -> None:
    value = {
        "city": {"ports": _ports(town.city)},
        "schools": {word: _ports(ports) for word, ports in town.schools.items()},
    }
    aside = path.with_suffix(".new")
    with aside.open("w", encoding="utf-8") as file:
        json.dump(value, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def _ports(ports: Ports | CityPorts) -> dict[str, int]:
    return {name: getattr(ports, name) for name in type(ports).__dataclass_fields__}


def _free_ports(count: int) -> list[int]:
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in held]
    finally:
        for one in held:
            one.close()
