"""No tablet is locked out by a change of its password, whatever gets lost on the way."""

from collections.abc import Iterator
from pathlib import Path

import peewee
import pytest

from appliance.broker.credentials import verify_password
from appliance.broker_bridge.agents.translation import Rotates, Turn
from appliance.broker_bridge.agents.turns import CERTAIN_SECONDS, SWAP_SECONDS, Deed, Turns
from appliance.domain.channels import AgentName, Profile
from appliance.services.agent_links import AgentLinks, kept_links
from appliance.store.models import AgentLink, Journal, database
from tests.services.school import nobody_listens
from tests.support.classroom import School, device_id
from tests.support.store import HandClock, opened_store

ONE = device_id(1)


class Change:
    """One tablet, and a broker of which is known what it was told."""

    def __init__(self, school: School) -> None:
        self.school, self.broker_takes, self.told = school, True, list[str]()
        self.links = AgentLinks(school.clock, nobody_listens(school.runtime_path), lambda: None, 1884)
        self.links.enable(school.head)
        self.old = self.links.link(school.head, ONE, AgentName.WEBVIEW_KIOSK, Profile.OWNER).password
        self.begin_anew()

    def begin_anew(self) -> None:
        """A restart of the bridge."""
        self._deeds: list[Deed] = []
        self.turns = Turns(self._deeds.append, self._apply)

    def _apply(self) -> bool:
        self.told.append(AgentLink.get().credential)
        return self.broker_takes

    def take(self, turn: Turn, password: str = "") -> None:
        self.turns.take(ONE, Rotates(turn, password))
        self.commit()

    def commit(self) -> None:
        deeds, self._deeds[:] = list(self._deeds), []
        with database.atomic("IMMEDIATE"):
            for deed in deeds:
                deed(self.school.clock.now())
        self.turns.committed()

    def look(self, at: float, *, answers: bool = False) -> None:
        (kept,) = kept_links()
        self.turns.heal(kept, answers=answers, monotonic=at)
        self.commit()

    def counts(self, password: str) -> bool:
        return verify_password(AgentLink.get().credential, password)

    def state(self) -> object:
        (kept,) = kept_links()
        return kept.rotation.get("state")

    @property
    def deeds(self) -> list[str]:
        return [row.action for row in Journal.select() if row.actor == "bridge"]


@pytest.fixture
def change(tmp_path: Path) -> Iterator[Change]:
    with opened_store(tmp_path):
        yield Change(School(HandClock(), tmp_path))


def test_the_broker_knows_the_new_password_before_anybody_is_heard_again(change: Change) -> None:
    assert change.turns.begin(ONE)
    assert not change.turns.begin(ONE)
    assert change.told == []
    change.take(Turn.LEAVING, "new-password")
    assert verify_password(change.told[-1], "new-password")
    change.take(Turn.RETURNED)
    assert (change.state(), change.deeds, change.counts("new-password")) == ("done", ["agent.rotated"], True)


def test_a_tablet_that_never_left_keeps_the_old_one(change: Change) -> None:
    change.turns.begin(ONE)
    change.take(Turn.UNDONE)
    assert (change.state(), change.counts(change.old), change.told) == ("undone", True, [])


def test_a_tablet_that_does_not_come_back_finds_the_old_one_then_the_new_one_until_it_is_there(change: Change) -> None:
    change.turns.begin(ONE)
    change.take(Turn.LEAVING, "new-password")
    change.take(Turn.UNDONE)
    assert change.counts(change.old)
    seen = []
    for second in range(0, 100, 5):
        change.look(float(second))
        seen.append(change.counts(change.old))
    assert seen == [True] * 4 + [False] * 4 + [True] * 4 + [False] * 4 + [True] * 4
    change.look(101.0, answers=True)
    assert change.deeds == ["agent.rotation_undone"]
    assert (change.state(), change.deeds) == ("undone", ["agent.rotation_undone"])


def test_a_tablet_that_took_the_new_one_too_late_is_found_with_it(change: Change) -> None:
    change.turns.begin(ONE)
    change.take(Turn.LEAVING, "new-password")
    change.take(Turn.UNDONE)
    change.look(0.0)
    change.look(SWAP_SECONDS)
    change.look(SWAP_SECONDS + 3, answers=True)
    assert (change.state(), change.counts("new-password")) == ("done", True)


def test_a_broker_that_could_not_be_told_proves_nothing(change: Change) -> None:
    """Who came back may have come with the old password, and is put out later."""
    change.turns.begin(ONE)
    change.broker_takes = False
    change.take(Turn.LEAVING, "new-password")
    change.take(Turn.RETURNED)
    assert change.counts(change.old)
    change.look(0.0, answers=True)
    assert change.state() == "waiting"
    change.look(CERTAIN_SECONDS, answers=True)
    assert change.state() == "undone"


@pytest.mark.parametrize("takes_new", [True, False])
def test_a_restart_of_ours_in_between_is_healed(change: Change, takes_new: bool) -> None:
    change.turns.begin(ONE)
    change.take(Turn.LEAVING, "new-password")
    change.begin_anew()
    at = 0.0
    while change.state() == "waiting" and at < 200:
        at += 1.0
        change.look(at, answers=change.counts("new-password") is takes_new)
    assert change.state() == ("done" if takes_new else "undone")
    assert change.counts("new-password" if takes_new else change.old)


def test_a_restart_of_ours_before_anything_was_sent_changes_nothing(change: Change) -> None:
    change.turns.begin(ONE)
    change.begin_anew()
    change.look(0.0)
    assert (change.state(), change.counts(change.old)) == ("undone", True)


def test_a_tablet_that_leaves_in_the_middle_is_healed_when_it_is_back(change: Change) -> None:
    change.turns.begin(ONE)
    change.take(Turn.LEAVING, "new-password")
    change.turns.forget(ONE)
    for second in range(100):
        change.look(float(second), answers=change.counts(change.old))
    assert (change.state(), change.counts(change.old)) == ("undone", True)
    assert change.turns.begin(ONE)


def test_a_tablet_whose_agent_is_unlinked_in_the_middle_changes_nothing(change: Change) -> None:
    change.turns.begin(ONE)
    change.links.unlink(change.school.head, ONE)
    change.take(Turn.LEAVING, "new-password")
    assert change.told == []


def test_a_change_that_could_not_be_written_has_not_begun(change: Change) -> None:
    database.execute_sql("CREATE TRIGGER no BEFORE UPDATE ON agent_link BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(peewee.IntegrityError):
        change.turns.begin(ONE)
    database.execute_sql("DROP TRIGGER no")
    assert change.turns.begin(ONE)
