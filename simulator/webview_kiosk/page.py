"""The web page inside the agent: where it is, where it may go, how often it was loaded. No browser."""

import re

from simulator.webview_kiosk import keys
from simulator.webview_kiosk.settings import Settings


def bare(address: str) -> str:
    """As the agent tells it."""
    return address.rstrip("/")


class Page:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._history: list[str] = []
        self._at = -1
        self.loads = 0

    @property
    def address(self) -> str:
        return self._history[self._at] if self._history else ""

    def open_first(self) -> None:
        """At an app's start: the home page, or where it was."""
        if self._settings.flag(keys.RESET_ON_LAUNCH) or not self._history:
            self._history, self._at = [bare(self._settings.text(keys.HOME))], 0
        self.loads += 1

    def go(self, address: str) -> bool:
        """Whether the address changed; the same one again is loaded, and a forbidden one is not."""
        if not self.may_open(address):
            return False
        self.loads += 1
        if bare(address) == self.address:
            return False
        self._history = [*self._history[: self._at + 1], bare(address)]
        self._at += 1
        return True

    def go_home(self) -> bool:
        home = self._settings.text(keys.HOME)
        return bare(home) != self.address and self.go(home)

    def step(self, by: int) -> bool:
        """Back or forward."""
        if not 0 <= self._at + by < len(self._history):
            return False
        self._at += by
        self.loads += 1
        return True

    def refresh(self) -> None:
        if self._settings.flag(keys.ALLOW_REFRESH):
            self.loads += 1

    def rebuild(self) -> None:
        """State lost, the same address loaded again."""
        self.loads += 1

    def may_open(self, address: str) -> bool:
        """The white list wins over the black one; both are regular expressions that need match only a part."""
        if _matches(self._settings.text(keys.WHITELIST), address):
            return True
        return not _matches(self._settings.text(keys.BLACKLIST), address)


def _matches(patterns: str, address: str) -> bool:
    for pattern in patterns.split("\n"):
        try:
            if pattern and re.search(pattern, address):
                return True
        except re.error:
            continue
    return False
