"""Starts the appliance again when the backup of the box that it replaces has arrived, and puts that into place first.

By calling itself anew, in the same process: whatever was in memory belongs to the store that is about to be replaced.
"""

import logging
import os
import sys
import threading

from appliance.clock import HubClock
from appliance.config import Config, make_folders
from appliance.domain.people import CONSOLE
from appliance.logs import fact
from appliance.services.lessons import Lessons
from appliance.store.handover import Handover
from appliance.store.models import database
from appliance.store.trouble import STORE_ERRORS

_log = logging.getLogger("start")


class CityHandover:
    def __init__(self, config: Config, stopping: threading.Event) -> None:
        self._config = config
        self._stopping = stopping
        self._handover = Handover(config)
        self._is_again = False

    def apply(self) -> None:
        """Before anything opens the store."""
        if self._handover.apply(HubClock(self._config.runtime_path).now()):
            make_folders(self._config)

    def step(self) -> bool:
        if self._stopping.is_set() or not self._handover.is_wanted():
            return False
        self._is_again = True
        self._stopping.set()
        return True

    def start_again(self) -> None:
        """After all has stopped and the data are let go. Does nothing when a person asked to stop."""
        if self._is_again:
            fact(_log, "starting_again")
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - our own command line


def in_lesson(lessons: Lessons) -> bool:
    """For the clock. A store that cannot be asked: rather wait."""
    try:
        with database.connection_context():
            return bool(lessons.open_of(CONSOLE))
    except STORE_ERRORS:
        return True
