"""What a hello's answer may change here, and what it must not any more."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from appliance.domain.people import CONSOLE
from appliance.services.incarnation import Life
from appliance.store.models import Journal
from tests.support.central import Central
from tests.uplink.hand_box import HandBox, hellos
from uplink.city_time import CityTime
from uplink.hello import say_hello
from uplink.keys import Keys
from uplink.line import Line, Link, read_link
from uplink.trouble import Trouble, TroubleCode


@dataclass
class Joined:
    box: HandBox
    line: Line
    link: Link
    life: Life | None

    def leave(self) -> tuple[str, ...]:
        self.box.services.city.leave(CONSOLE)
        return ()

    def is_as_before(self) -> bool:
        rolled_back = Journal.select().where(Journal.action == "city.rolled_back")
        return self.box.services.incarnations.now() == self.life and not rolled_back.exists()


@pytest.fixture
def joined(city: Central, uai: str, new_box: Callable[..., HandBox]) -> Iterator[Joined]:
    with new_box().opened() as box:
        box.join(city, uai)
        box.note(3)
        box.until(lambda: not box.waiting())
        link = read_link()
        assert link is not None
        line = Line(link, Keys(box.config.city_path), box.services.clock, lambda: None)
        yield Joined(box, line, link, box.services.incarnations.now())
        line.close()


def test_the_answer_of_a_city_that_was_left_meanwhile_is_believed_no_more(joined: Joined) -> None:
    greeting = replace(joined.box.uplink._greeting, heavy=joined.leave)
    with pytest.raises(Trouble) as trouble:
        say_hello(greeting, joined.line, joined.link)
    assert trouble.value.code is TroubleCode.CLOCK
    assert joined.is_as_before()


def test_a_city_that_was_left_has_not_more_than_this_store(city: Central, joined: Joined) -> None:
    """Left in the moment in which its answer is taken over: its cursors are beyond those of an outbox that is gone."""

    class Now(CityTime):
        def learn(self, at: datetime, began: float) -> None:
            super().learn(at, began)
            joined.leave()

    greeting = replace(joined.box.uplink._greeting, city_time=Now(joined.box.config.runtime_path))
    before = hellos(city, joined.link.appliance)
    say_hello(greeting, joined.line, joined.link)
    assert hellos(city, joined.link.appliance) == before + 1, "another one was said"
    assert joined.is_as_before()
