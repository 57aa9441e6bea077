"""A class's simulated tablets beside a real appliance, and what really happened on each of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page, expect

from protocol.device import Command, CommandType, Restrictions
from simulator.background import BackgroundFleet
from simulator.fleet import Fleet, FleetOptions
from simulator.tablet import Hooks, Tablet
from tests.support.appliance import Appliance, wait_for
from tests.support.appliance import Browser as Client

FIREFOX, GCOMPRIS = "org.mozilla.firefox", "org.kde.gcompris"


@dataclass
class Pupils:
    """Tablets by the number on their sticker, from 1. `done`: the commands that each has carried out."""

    fleet: BackgroundFleet
    done: dict[str, list[Command]] = field(default_factory=dict)

    @property
    def ids(self) -> list[str]:
        return list(self.fleet.fleet.tablets)

    def __getitem__(self, number: int) -> Tablet:
        return self.fleet[self.ids[number - 1]]

    def restrictions(self, number: int) -> Restrictions:
        """What the tablet itself applies now."""
        return self.fleet.do(lambda: self[number].device.restrictions)

    def app(self, number: int) -> str | None:
        return self.fleet.do(lambda: self[number].device.front.visible)

    def heard(self, number: int, kind: CommandType) -> list[Command]:
        return [one for one in self.done.get(self.ids[number - 1], []) if one.type is kind]

    def wait_heard(self, numbers: Sequence[int], kind: CommandType, count: int = 1) -> list[Command]:
        """The last such command of each, once all have carried out `count` of them."""
        found = wait_for(
            lambda: all(len(self.heard(number, kind)) >= count for number in numbers) or None,
            30,
            f"tablets {list(numbers)} carried out {kind}",
        )
        assert found
        return [self.heard(number, kind)[-1] for number in numbers]

    def wait_free(self) -> None:
        """Of every restriction, those that are connected."""
        numbers = range(1, len(self.ids) + 1)
        wait_for(
            lambda: all(self.restrictions(one).is_free for one in numbers if self[one].link.up) or None,
            30,
            "all tablets are free",
        )

    def wait_locked(self, numbers: Sequence[int], locked: bool = True) -> None:
        wait_for(
            lambda: all((self.restrictions(number).lock is not None) is locked for number in numbers) or None,
            30,
            f"tablets {list(numbers)} are {'locked' if locked else 'free'}",
        )


@contextmanager
def running_pupils(box: Appliance, profiles: Sequence[str], seed: int = 7, link: str = "") -> Iterator[Pupils]:
    """One tablet for each profile, enrolled in this order, so that number n has the n-th profile.

    `link`: an enrollment link that a page has shown, instead of one made on the console.
    """
    done: dict[str, list[Command]] = {}
    hooks = Hooks(on_done=lambda device_id, command, _at: done.setdefault(device_id, []).append(command))
    options = FleetOptions(seed=seed, tell=lambda _text: None)
    fleet = Fleet(link or box.new_link(), len(profiles), tuple(profiles), options, hooks)
    with BackgroundFleet(fleet) as running:
        yield Pupils(running, done)


@contextmanager
def lesson_of(client: Client, pupils: Pupils, online: int) -> Iterator[str]:
    """A lesson with all tablets, of which `online` are there; its id. Ended at the end, if it has not ended by then."""
    lesson_id = client.start_lesson(pupils.ids)
    try:
        wait_for(lambda: _online(client, lesson_id) == online or None, 30, f"{online} tablets are online")
        yield lesson_id
    finally:
        client.post(f"/lessons/{lesson_id}/end", {})
        pupils.wait_free()


def _online(client: Client, lesson_id: str) -> int:
    return sum(one["presence"] == "online" for one in client.board(lesson_id)["tiles"])


def open_board(page: Page, lesson_id: str) -> Page:
    page.goto(f"/lessons/{lesson_id}")
    expect(page.locator("body")).to_have_attribute("data-link", "live")
    return page


def tile(page: Page, number: int) -> Locator:
    return page.locator(".tile").filter(has=page.locator(".tile-number", has_text=f"{number:02d}"))


def tiles(page: Page, state: str) -> Locator:
    """Those whose band says: free, held, pending, off."""
    return page.locator(f'.tile[data-state="{state}"]')


def gesture_button(page: Page, name: str) -> Locator:
    """Of the bar, by what it restricts or does: lock, sound, camera, internet, apps, open, give, say, find."""
    return page.locator(f'#bar [data-restriction="{name}"], #bar [data-action="{name}"]')


def press_primary(page: Page) -> None:
    """The large button: "Les yeux vers moi", or "Libérer"; it rests a moment after each press."""
    page.locator("#bar:not([data-resting]) #eyes").click()


def sheet(page: Page) -> Locator:
    return page.locator("dialog[open]")
