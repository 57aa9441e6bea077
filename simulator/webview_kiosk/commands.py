"""The agent's commands: when each runs, what it does to the tablet. Nobody is ever told that one was done."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from simulator.webview_kiosk import keys
from simulator.webview_kiosk.effects import Cause, Join, Leave
from simulator.webview_kiosk.lenient import Unreadable, parse_object
from simulator.webview_kiosk.switches import WEBVIEW_KIOSK, Trouble
from simulator.webview_kiosk.tablet import FakeTablet

Data = dict[str, Any]


class Runs(StrEnum):
    ALWAYS = "always"
    WITH_PAGE = "with page"
    IN_FRONT = "in front"


@dataclass(frozen=True, slots=True)
class Command:
    runs: Runs
    act: Callable[[FakeTablet, Data, float], None]


def obey(tablet: FakeTablet, payload: bytes, now: float) -> None:
    """An unreadable or unknown one makes a toast where the page shows, and nothing else."""
    try:
        order = parse_object(payload)
    except Unreadable as error:
        _complain(tablet, str(error))
        return
    known = COMMANDS.get(str(order.get("command")))
    data = order.get("data") if isinstance(order.get("data"), dict) else {}
    if known is None or not isinstance(data, dict):
        _complain(tablet, f"unknown command {order.get('command')}")
        return
    if order.get("wakeScreen") is True:
        tablet.wake(now)
    if order.get("interact", True) is True:
        tablet.touched_at = now
    if _may_run(tablet, known.runs):
        known.act(tablet, data, now)


def _may_run(tablet: FakeTablet, runs: Runs) -> bool:
    return runs is Runs.ALWAYS or (tablet.has_page and (runs is Runs.WITH_PAGE or tablet.is_visible))


def _complain(tablet: FakeTablet, text: str) -> None:
    if tablet.has_page:
        tablet.toast(text)


def _go_to(tablet: FakeTablet, data: Data, now: float) -> None:
    if tablet.page.go(str(data.get("url", ""))):
        tablet.address_changed(now)


def _search(tablet: FakeTablet, data: Data, now: float) -> None:
    query = str(data.get("query", ""))
    _go_to(tablet, {"url": query if "://" in query else f"https://duckduckgo.com/?q={query}"}, now)


def _go_home(tablet: FakeTablet, _data: Data, now: float) -> None:
    if tablet.page.go_home():
        tablet.address_changed(now)


def _history(by: int) -> Callable[[FakeTablet, Data, float], None]:
    def act(tablet: FakeTablet, _data: Data, now: float) -> None:
        if tablet.page.step(by):
            tablet.address_changed(now)

    return act


def _refresh(tablet: FakeTablet, _data: Data, _now: float) -> None:
    tablet.page.refresh()


def _lock(tablet: FakeTablet, _data: Data, now: float) -> None:
    if tablet.manner.has(Trouble.NO_LOCK):
        tablet.toast("lock failed")
        return
    tablet.lock(now)


def _unlock(tablet: FakeTablet, _data: Data, now: float) -> None:
    tablet.unlock(now)


def _lock_device(tablet: FakeTablet, _data: Data, now: float) -> None:
    """The admin file declares no such policy: Android refuses, even the owner."""
    if tablet.switches.owner and tablet.switches.dims_on_lock_device:
        tablet.screen_off(now)
    else:
        tablet.toast("lock_device refused")


def _launch(tablet: FakeTablet, data: Data, now: float) -> None:
    package = str(data.get("packageName", ""))
    if not _may_launch(tablet, package):
        tablet.toast(f"cannot launch {package}")
    elif package == WEBVIEW_KIOSK and tablet.is_locked:
        tablet.restart_lost(now)
    else:
        tablet.use_app(package, now)


def _may_launch(tablet: FakeTablet, package: str) -> bool:
    switches = tablet.switches
    if package not in switches.installed or not (tablet.is_visible or switches.owner):
        return False
    if not tablet.is_locked or package == WEBVIEW_KIOSK:
        return True
    return package in switches.allowed and tablet.settings.flag(keys.LOCK_TASK_HOME)


def _toast(tablet: FakeTablet, data: Data, _now: float) -> None:
    tablet.toast(str(data.get("message", "")))


def _notify(tablet: FakeTablet, data: Data, _now: float) -> None:
    if tablet.settings.stored_flag("device.allow_notifications"):
        tablet.notices.append(str(data.get("contentText", "")))


def _nothing(_tablet: FakeTablet, _data: Data, _now: float) -> None:
    """Leaves no trace that anybody could ask for."""


def _reconnect(tablet: FakeTablet, _data: Data, _now: float) -> None:
    tablet.do(Leave(Cause.RECONNECT))
    tablet.do(Join())


COMMANDS: dict[str, Command] = {
    "go_to_url": Command(Runs.WITH_PAGE, _go_to),
    "search": Command(Runs.WITH_PAGE, _search),
    "go_home": Command(Runs.WITH_PAGE, _go_home),
    "refresh": Command(Runs.WITH_PAGE, _refresh),
    "go_back": Command(Runs.WITH_PAGE, _history(-1)),
    "go_forward": Command(Runs.WITH_PAGE, _history(1)),
    "page_up": Command(Runs.WITH_PAGE, _nothing),
    "page_down": Command(Runs.WITH_PAGE, _nothing),
    "lock": Command(Runs.IN_FRONT, _lock),
    "unlock": Command(Runs.WITH_PAGE, _unlock),
    "lock_device": Command(Runs.ALWAYS, _lock_device),
    "launch_package": Command(Runs.ALWAYS, _launch),
    "toast": Command(Runs.ALWAYS, _toast),
    "notify": Command(Runs.ALWAYS, _notify),
    "clear_history": Command(Runs.ALWAYS, _nothing),
    "clear_cache": Command(Runs.ALWAYS, _nothing),
    "reconnect": Command(Runs.ALWAYS, _reconnect),
}
