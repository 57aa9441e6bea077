import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from appliance.store.live import Live, forget_live, live_database, open_live, read_live, write_live
from tests.support.store import HandClock

NOW = HandClock().at


@pytest.fixture
def live(tmp_path: Path) -> Iterator[None]:
    open_live(tmp_path / "live.db")
    with live_database.connection_context():
        yield
    live_database.close()


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize("first", ["a", "b"])
def test_rows_written_together_keep_their_own_columns_whichever_comes_first(first: str) -> None:
    silent = Live(device_id="d-aaaaaaaa", presence="online", seen_at=NOW)
    talkative = Live(
        device_id="d-bbbbbbbb", presence="online", seen_at=NOW, version=7, applied={"sound": "blocked"},
        unsupported=["camera"], errors={}, battery_level=85, charging=True, storage_free=7, foreground="org.x",
        hand_at=NOW, own="online", agent="ready", boot="b-1",
    )  # fmt: skip
    write_live([silent, talkative] if first == "a" else [talkative, silent])
    rows = read_live()
    assert rows["d-bbbbbbbb"].__data__ == talkative.__data__
    assert rows["d-aaaaaaaa"].battery_level is None
    assert rows["d-aaaaaaaa"].version == 0


@pytest.mark.usefixtures("live")
def test_a_row_replaces_the_one_before_it() -> None:
    write_live([Live(device_id="d-aaaaaaaa", presence="online", seen_at=NOW, battery_level=9)])
    write_live([Live(device_id="d-aaaaaaaa", presence="offline", seen_at=NOW)])
    (row,) = read_live().values()
    assert (row.presence, row.battery_level) == ("offline", None)


@pytest.mark.usefixtures("live")
def test_only_the_devices_that_are_asked_for_are_read_and_the_forgotten_are_gone() -> None:
    ids = ["d-aaaaaaaa", "d-bbbbbbbb", "d-cccccccc"]
    write_live(Live(device_id=one, presence="online", seen_at=NOW) for one in ids)
    assert set(read_live(ids[:2])) == set(ids[:2])
    forget_live([ids[0]])
    assert set(read_live()) == set(ids[1:])


def test_another_connection_reads_while_rows_are_written(tmp_path: Path) -> None:
    open_live(tmp_path / "live.db")
    with live_database.connection_context(), live_database.atomic("IMMEDIATE"):
        Live.create(device_id="d-aaaaaaaa", presence="online", seen_at=NOW)
        path = str(live_database.database)
        assert apsw.Connection(path).execute("SELECT count(*) FROM live").fetchone() == (0,)
    live_database.close()


def test_live_storage_that_another_version_left_behind_is_begun_anew(tmp_path: Path) -> None:
    """It dies with the runtime folder, but for an appliance that was killed and then upgraded."""
    with closing(sqlite3.connect(tmp_path / "live.db")) as older:
        older.execute("CREATE TABLE live (device_id TEXT PRIMARY KEY, presence TEXT)")
        older.execute("INSERT INTO live VALUES ('d-aaaaaaaa', 'online')")
        older.commit()
    open_live(tmp_path / "live.db")
    with live_database.connection_context():
        assert read_live() == {}
        write_live([Live(device_id="d-aaaaaaaa", presence="online", seen_at=NOW)])
    open_live(tmp_path / "live.db")
    with live_database.connection_context():
        assert set(read_live()) == {"d-aaaaaaaa"}
    live_database.close()
