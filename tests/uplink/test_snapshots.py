"""The box's backup on its way to the city: sent once, and what keeps it from arriving is said."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from tests.support.central import Central
from tests.uplink.hand_box import HandBox
from uplink.line import Line
from uplink.snapshots import NOTHING_KEPT, TOO_LARGE, Snapshots
from uplink.trouble import Trouble, TroubleCode

NewBox = Callable[..., HandBox]


class Door:
    """The line, as far as an upload needs it: refuses with a status, or takes all."""

    def __init__(self, status: int | None = None) -> None:
        self.status = status
        self.taken = 0

    def upload(self, _route: str, _file: Path, _headers: dict[str, str], _kind: str) -> None:
        if self.status is not None:
            raise Trouble(TroubleCode.REJECTED, status=self.status)
        self.taken += 1


def test_a_backup_that_is_too_large_is_said_until_one_is_taken(new_box: NewBox, tmp_path: Path) -> None:
    notes: list[str] = []
    with new_box().opened() as box:
        backups = box.services.backups
        backups.automatic(box.services.clock.now())
        box.config.city_path.mkdir()
        snapshots = Snapshots(backups, box.config.city_path, notes.append)
        assert snapshots.step(cast(Line, Door(413)))
        assert notes == [TOO_LARGE]
        assert not snapshots.is_due(), "the same one is not offered again"
        (box.config.city_path / "sent-snapshot.json").unlink()
        with pytest.raises(Trouble):
            snapshots.step(cast(Line, Door(507)))
        assert notes == [TOO_LARGE], "a full disk there passes"
        assert snapshots.step(cast(Line, Door()))
    assert notes == [TOO_LARGE, ""]


def test_what_the_box_notes_is_a_finding_that_the_city_hears(city: Central, uai: str, new_box: NewBox) -> None:
    with new_box().opened() as box:
        box.join(city, uai)
        box.services.city.note_snapshot(TOO_LARGE)
        assert "snapshot_too_large" in [one.code for one in box.services.city.findings()]
        box.services.city.note_snapshot("")
        assert box.services.city.findings() == []


def test_a_blank_box_that_finds_nothing_to_take_over_says_so(city: Central, uai: str, new_box: NewBox) -> None:
    with new_box().opened() as box:
        box.join(city, uai)
        old = box.appliance
    said = city.admin("claim-code", uai, "--replaces", old)
    assert "n’a aucune sauvegarde de cette école" in said.stderr
    with new_box("blank").opened() as blank:
        blank.ask_to_join(said.stdout.splitlines()[-1])
        blank.until(lambda: blank.standing() == "active")
        status = blank.services.city.status()
        assert status is not None
        assert status.takeover_trouble == NOTHING_KEPT
