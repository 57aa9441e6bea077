"""Looks after the programs while the demonstration runs: what has fallen is started again, and said."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simulator.city.programs import Program

_MOST_FALLS = 5  # one after the other; then a person must look
_PAUSE_SECONDS = 2.0  # what its children held (ports, the folder's lock) is free by then


@dataclass(slots=True)
class _Fall:
    """`at`: monotonic, of its next start."""

    at: float
    falls: int = 1
    is_given_up: bool = False


class Watch:
    """`ready`: what a program says when it serves. `step` is called in the main thread."""

    def __init__(self, programs: Sequence[Program], ready: str, say: Callable[[str], None]) -> None:
        self._programs = programs
        self._ready = ready
        self._say = say
        self._fallen: dict[str, _Fall] = {}

    def step(self, monotonic: float) -> None:
        for program in self._programs:
            fall = self._fallen.get(program.name)
            if program.has_fallen:
                self._raise(program, fall, monotonic)
            elif fall is not None and program.says(self._ready):
                del self._fallen[program.name]
                self._say(f"  De retour : {program.name}.")

    def _raise(self, program: Program, fall: _Fall | None, monotonic: float) -> None:
        if fall is None:
            self._fallen[program.name] = _Fall(monotonic + _PAUSE_SECONDS)
            self._say(f"  Arrêt inattendu : {program.name}. Redémarrage…")
            return
        if fall.is_given_up or monotonic < fall.at:
            return
        if fall.falls > _MOST_FALLS:
            fall.is_given_up = True
            self._say(f"  Ne redémarre pas : {program.name}. Son journal : {program.log_path}")
            return
        fall.falls, fall.at = fall.falls + 1, monotonic + _PAUSE_SECONDS
        program.start()
