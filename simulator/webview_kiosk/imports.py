"""A settings message: taken over after a moment, and the page rebuilt beside it, which is the trap."""

from typing import Any

from simulator.webview_kiosk.lenient import Unreadable, parse_object
from simulator.webview_kiosk.tablet import IMPORT_SECONDS, FakeTablet


def take_settings(tablet: FakeTablet, payload: bytes, now: float) -> None:
    """No answer. One that does not parse counts as empty: it toasts and rebuilds all the same."""
    try:
        message = parse_object(payload)
    except Unreadable:
        message = {}
    values = _values(message)
    reloads = message.get("reloadActivity", True) is True
    if message.get("showToast", True) is True:
        tablet.toast("settings")
    before = tablet.settings.copy()

    def store(_now: float) -> None:
        tablet.settings.apply(values)
        if reloads and not tablet.has_service:
            _rebuild(tablet)

    if reloads and tablet.has_service:  # it runs beside the import, and wins
        _rebuild(tablet, before)
    if values:
        tablet.after(tablet.chance.uniform(*IMPORT_SECONDS), store, now)
    else:
        store(now)


def _rebuild(tablet: FakeTablet, values: Any = None) -> None:
    tablet.settings.rebuild(values)
    if tablet.has_page:
        tablet.page.rebuild()


def _values(message: dict[str, Any]) -> dict[str, Any]:
    data = message.get("data")
    values = data.get("settings") if isinstance(data, dict) else None
    return values if isinstance(values, dict) else {}
