"""One fake tablet as a state machine: Android, the agent's app and what people do to it. Messages in, effects out.

No I/O and no clock: `now` is a monotonic time that the caller gives. Owns the life cycle, the lock and what is told
without being asked; `commands.py` and `answers.py` own what is asked.
"""

import random
from collections.abc import Callable

from simulator.timers import Timers
from simulator.webview_kiosk import keys
from simulator.webview_kiosk.effects import Cause, Effect, Event, Join, Leave, Vanish
from simulator.webview_kiosk.page import Page
from simulator.webview_kiosk.settings import Settings
from simulator.webview_kiosk.switches import WEBVIEW_KIOSK, LockState, Manner, Route, Switches

LOCK_POLL_SECONDS = 1.0
ADDRESS_SETTLES_SECONDS = 1.0
WAKES_FOR_SECONDS = 5.0
IMPORT_SECONDS = (0.05, 0.8)


class FakeTablet:
    def __init__(self, settings: Settings, switches: Switches, manner: Manner, chance: random.Random) -> None:
        self.settings = settings
        self.switches = switches
        self.manner = manner
        self.chance = chance
        self.timers = Timers()
        self.page = Page(settings)
        self.battery = 80
        self.is_plugged = False
        self.toasts: list[str] = []
        self.notices: list[str] = []
        self.touched_at = 0.0
        self.is_running = False
        self.is_connected = False
        self._told_lock = switches.lock
        self._effects: list[Effect] = []
        settings.restricted |= set(switches.restricted)
        self._preset()

    def _preset(self) -> None:
        if self.switches.fgs is not None:
            self.settings.apply({keys.FOREGROUND_SERVICE: self.switches.fgs})
            self.settings.rebuild()
        if self.switches.expiry is not None:
            self.settings.apply({"mqtt.connection.session_expiry_interval": self.switches.expiry})

    # What it is at the moment

    @property
    def has_service(self) -> bool:
        return self.settings.flag(keys.FOREGROUND_SERVICE)

    @property
    def is_visible(self) -> bool:
        """The activity is started: on the screen, and the screen on."""
        return self.is_running and self.switches.screen and self.switches.front == WEBVIEW_KIOSK

    @property
    def has_page(self) -> bool:
        """The page screen is composed: with the service behind another app, too."""
        return self.is_running and self.switches.route is Route.PAGE

    @property
    def is_locked(self) -> bool:
        return self.switches.lock is not LockState.NONE

    @property
    def wants_connection(self) -> bool:
        return self.is_running and (self.is_visible or self.has_service)

    def take(self) -> list[Effect]:
        effects, self._effects = self._effects, []
        return effects

    def step(self, now: float) -> None:
        self.timers.run(now)

    def after(self, seconds: float, act: Callable[[float], None], now: float) -> None:
        self.timers.at(now + seconds * self.manner.pace, act)

    def do(self, effect: Effect) -> None:
        self._effects.append(effect)

    def tell(self, name: str, data: dict[str, object] | None = None) -> None:
        """Nothing is kept for later."""
        if self.is_connected:
            self._effects.append(Event(name, data))

    def toast(self, text: str) -> None:
        self.toasts.append(text)

    # What people and Android do to it

    def open(self, now: float) -> None:
        """The app is started by hand, or by Android after a reboot where it is the home app."""
        if self.is_running:
            self.bring_to_front(now)
            return
        self.is_running = True
        self.switches.front, self.switches.screen = WEBVIEW_KIOSK, True
        self.page.open_first()
        if self.settings.flag(keys.LOCK_ON_LAUNCH):
            self.lock(now)
        self.do(Join())

    def start_as_switched(self, now: float) -> None:
        """As the switches stand: an app that is not in front connects only with its service."""
        self.is_running = True
        self.page.open_first()
        if self.settings.flag(keys.LOCK_ON_LAUNCH) and self.is_visible:
            self.lock(now)
        if self.wants_connection:
            self.do(Join())

    def kill(self, _now: float) -> None:
        """Out of memory, or the power: no word, and it does not come back by itself."""
        self.is_running = False
        self.do(Vanish())

    def close(self, _now: float) -> None:
        """The activity is destroyed in order."""
        self.is_running = False
        self.do(Leave(Cause.DESTROYED if self.has_service else Cause.STOPPED))

    def screen_off(self, now: float) -> None:
        self._change(now, screen=False)

    def screen_on(self, now: float) -> None:
        self._change(now, screen=True)

    def use_app(self, package: str, now: float) -> bool:
        """The pupil opens another app; False where the lock forbids it."""
        if self.is_locked and package not in (*self.switches.allowed, WEBVIEW_KIOSK):
            return False
        self._change(now, front=package)
        return True

    def bring_to_front(self, now: float) -> None:
        self._change(now, front=WEBVIEW_KIOSK)

    def open_settings(self) -> None:
        self.switches.route = Route.SETTINGS

    def close_settings(self) -> None:
        self.switches.route = Route.PAGE

    def plug(self, is_plugged: bool) -> None:
        self.is_plugged = is_plugged
        self.tell("power_plugged" if is_plugged else "power_unplugged")

    def manage(self, restricted: tuple[str, ...]) -> None:
        """Another device owner fixes these keys."""
        self.settings.restricted = set(restricted)
        self.tell("application_restrictions_changed")

    def browse(self, address: str, now: float) -> None:
        """The pupil follows a link in the page."""
        if self.page.go(address):
            self.address_changed(now)

    def _change(self, now: float, screen: bool | None = None, front: str | None = None) -> None:
        was_visible, was_on = self.is_visible, self.switches.screen
        if screen is not None:
            self.switches.screen = screen
        if front is not None:
            self.switches.front = front
        if not self.is_running:
            return
        if self.has_service:
            self._tell_change(was_visible, was_on)
        elif was_visible and not self.is_visible:
            self.do(Leave(Cause.STOPPED))
        elif self.is_visible and not was_visible:
            self.do(Join())
        self.touched_at = now

    def _tell_change(self, was_visible: bool, was_on: bool) -> None:
        if self.switches.screen and not was_on:
            self.tell("screen_on")
            self.tell("user_present")
        if self.is_visible != was_visible:
            self.tell("app_foreground" if self.is_visible else "app_background")
        if was_on and not self.switches.screen:
            self.tell("screen_off")

    # What its own commands do to it

    def lock(self, now: float) -> None:
        """Only what is in front may lock itself, and only its owner without asking the pupil."""
        if not self.is_visible:
            self.toast("lock: not in front")
            return
        if self.switches.owner:
            self._set_lock(LockState.LOCK_TASK, now)
        elif self.switches.pupil_agrees:
            self._set_lock(LockState.SCREEN_PINNING, now)

    def unlock(self, now: float) -> None:
        """No password. The other apps of the lock close, and the agent shows again."""
        if self.is_locked:
            self._set_lock(LockState.NONE, now)
            if self.switches.front != WEBVIEW_KIOSK:
                self.bring_to_front(now)

    def wake(self, now: float) -> None:
        """Lights the display for a moment; without the service nobody would be connected to ask it."""
        if self.has_service and not self.switches.screen:
            self.screen_on(now)
            self.after(WAKES_FOR_SECONDS, self.screen_off, now)

    def restart_lost(self, _now: float) -> None:
        """Its own package started while locked: it ends, and stays away until somebody opens it."""
        self.is_running = False
        self.do(Leave(Cause.STOPPED))

    def address_changed(self, now: float) -> None:
        address = self.page.address

        def settle(_now: float) -> None:
            if self.page.address == address:
                self.tell("url_changed", {"url": address})

        self.after(ADDRESS_SETTLES_SECONDS, settle, now)

    def _set_lock(self, state: LockState, now: float) -> None:
        self.switches.lock = state
        self.after(LOCK_POLL_SECONDS * self.chance.random(), self._poll_lock, now)

    def _poll_lock(self, _now: float) -> None:
        """Once a second it looks; what changed back meanwhile, or while it was away, nobody learns."""
        if self.switches.lock is self._told_lock:
            return
        self._told_lock = self.switches.lock
        if self.is_locked:
            self.tell("lock", {"lockStateType": self.switches.lock.value})
        else:
            self.tell("unlock")
