import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from central.errors import CityError
from central.store.models import Appliance, ClaimTicket, Snapshot
from tests.central.receiving import OTHER_UAI, START, UAI, Box, add_school


def code_of(call: Callable[[], Any]) -> tuple[str, dict[str, object]]:
    with pytest.raises(CityError) as caught:
        call()
    return caught.value.code, dict(caught.value.params)


def test_seven_snapshots_are_kept_sealed_and_only_a_replacement_gets_one(box: Box) -> None:
    snapshots = box.place.receiving.snapshots
    files = [b"PK\x03\x04" + f"sauvegarde {number}".encode() * 50 for number in range(9)]
    for plain in files:
        box.place.clock.advance(86_400)
        snapshots.keep(box.known, plain, hashlib.sha256(plain).hexdigest())
    snapshots.keep(box.known, files[-1], hashlib.sha256(files[-1]).hexdigest())

    assert Snapshot.select().count() == 7
    assert all(b"sauvegarde" not in bytes(row.sealed) for row in Snapshot.select())
    assert code_of(lambda: snapshots.keep(box.known, b"x", "0" * 64))[0] == "snapshot_altered"
    assert code_of(lambda: snapshots.latest_for(box.known))[0] == "not_a_replacement"
    new = add_school(appliance="a-new")
    ClaimTicket.create(secret_hash="h", school=UAI, created_at=START, created_by="dsi", expires_at=START,
                       appliance="a-new", replaces="a-one")  # fmt: skip
    assert snapshots.latest_for(new).plain == files[-1]
    stranger = add_school(OTHER_UAI, "a-far")
    assert code_of(lambda: snapshots.latest_for(stranger))[0] == "not_a_replacement"


def test_a_box_whose_backup_is_on_the_line_is_busy_for_as_long(box: Box) -> None:
    def busy_for() -> float:
        until = Appliance.get_by_id("a-one").turn_until
        return float((until - box.place.clock.now()).total_seconds())

    with box.place.receiving.snapshots.coming(box.known):
        assert busy_for() == 900
        box.place.clock.advance(400)
    assert busy_for() == 0


def test_a_box_that_has_gone_wrong_pushes_no_good_backup_out(box: Box) -> None:
    snapshots = box.place.receiving.snapshots
    good = [b"PK\x03\x04 day %d" % number for number in range(7)]
    for plain in good:
        box.place.clock.advance(86_400)
        snapshots.keep(box.known, plain, hashlib.sha256(plain).hexdigest())
    for number in range(20):
        plain = b"PK\x03\x04 rubbish %d" % number
        snapshots.keep(box.known, plain, hashlib.sha256(plain).hexdigest())
    assert Snapshot.select().count() == 7
    kept = {row.sha256 for row in Snapshot.select()}
    assert {hashlib.sha256(plain).hexdigest() for plain in good[:-1]} <= kept
    assert code_of(lambda: snapshots.keep(box.known, b"{", hashlib.sha256(b"{").hexdigest()))[0] == "snapshot_altered"
