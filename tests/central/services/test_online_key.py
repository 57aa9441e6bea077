"""The next online key: prepared, known to the schools, taken into use; another one when it was revoked meanwhile."""

from pathlib import Path

import pytest

from central.errors import Conflict
from central.keys.folder import KeyFolder
from central.keys.online import load_online_key
from central.keys.signatures import public_id
from central.services.online_key import OnlineKeys
from tests.central.services.desk import BOSS, Desk


@pytest.fixture
def desk(city_db: str) -> Desk:
    return Desk()


@pytest.fixture
def folder(tmp_path: Path) -> KeyFolder:
    folder = KeyFolder(tmp_path / "keys")
    load_online_key(folder)
    return folder


@pytest.fixture
def keys(desk: Desk, folder: KeyFolder) -> OnlineKeys:
    return OnlineKeys(desk.clock, folder, desk.rings)


def test_the_next_key_signs_once_a_signed_ring_names_it(desk: Desk, keys: OnlineKeys, folder: KeyFolder) -> None:
    key_id = keys.prepare(BOSS)
    assert keys.prepare(BOSS) == key_id
    with pytest.raises(Conflict, match="next_key_unsigned"):
        keys.switch(BOSS)
    desk.sign_ring()

    assert keys.switch(BOSS) == key_id == public_id("online", load_online_key(folder).public)
    with pytest.raises(Conflict, match="no_next_key"):
        keys.switch(BOSS)


def test_a_next_key_that_was_revoked_is_never_used_and_another_takes_its_place(
    desk: Desk, keys: OnlineKeys, folder: KeyFolder
) -> None:
    signing = load_online_key(folder).public
    lost = keys.prepare(BOSS)
    desk.sign_ring()
    desk.rings.revoke_key(lost, BOSS)
    for act in (keys.switch, lambda _: keys.behind()):  # before the root has signed that, too
        with pytest.raises(Conflict, match="no_next_key"):
            act(BOSS)

    fresh = keys.prepare(BOSS)
    assert fresh != lost and keys.prepare(BOSS) == fresh
    desk.sign_ring()
    assert load_online_key(folder).public == signing
    assert keys.switch(BOSS) == fresh == public_id("online", load_online_key(folder).public)
