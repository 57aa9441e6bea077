"""The lines between the schools and the city: two ports each, in one thread of ours."""

import asyncio
import threading
from pathlib import Path

from simulator.city.plan import SCHOOLS, Town
from simulator.line import Line, Quality

_HOST = "127.0.0.1"
_START_SECONDS = 20.0


class Lines:
    """Open as long as this is: `stop` cuts them all."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._ending = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="lines", daemon=True)

    def start(self) -> None:
        for school in SCHOOLS:
            path = self._town.line_path(school.word)
            if not path.exists():
                set_quality(path, school.line)
        self._thread.start()
        self._ready.wait(_START_SECONDS)

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ending.set)
            self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        serving = [asyncio.create_task(line.serve()) for line in self._lines()]
        self._ready.set()
        await self._ending.wait()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    def _lines(self) -> list[Line]:
        city, lines = self._town.city, []
        for word, ports in self._town.schools.items():
            path = self._town.line_path(word)
            lines += [
                Line(ports.line, (_HOST, city.uplink), path),
                Line(ports.line_mqtt, (_HOST, city.mqtt), path),
            ]
        return lines


def set_quality(path: Path, quality: Quality) -> None:
    """Takes effect within a third of a second, in a demonstration that runs or in the next one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(quality.value + "\n", encoding="utf-8")
