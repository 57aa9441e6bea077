"""A damaged store is set aside for the latest good automatic backup, or nothing is touched."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appliance.cli.start_checks import open_sound_store
from appliance.config import Config
from appliance.errors import CannotStart
from appliance.store.backup import write_backup
from appliance.store.healing import KEPT, forget_damaged, heal
from appliance.store.live import live_database
from appliance.store.models import Cart, Journal, database
from tests.support.store import opened_store

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)


def back_up(config: Config, name: str, cart: str, days: int) -> Path:
    """After one more cart was made."""
    target = config.backups_path / name
    with opened_store(config.data_path):
        Cart.create(name=cart, created_at=AT)
        write_backup(config, target, "École", AT + timedelta(days=days))
    return target


def carts(config: Config) -> list[str]:
    with opened_store(config.data_path):
        return [row.name for row in Cart.select().order_by(Cart.name)]


def spoil(path: Path, offset: int) -> bytes:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(random.Random(offset).randbytes(4096))
    return path.read_bytes()


def start(config: Config) -> None:
    try:
        open_sound_store(config)
    finally:
        database.close()
        live_database.close()


@pytest.mark.parametrize("offset", [0, 4096], ids=["its head", "its tables"])
def test_the_latest_automatic_backup_takes_the_place_of_a_damaged_store(
    config: Config, offset: int, capsys: pytest.CaptureFixture[str]
) -> None:
    back_up(config, "auto-preau-x-1.preau", "A", 1)
    back_up(config, "auto-preau-x-2.preau", "B", 2)
    back_up(config, "preau-x-3.preau", "C, by hand and later", 3)
    damaged = spoil(config.store_path, offset)

    start(config)

    assert carts(config) == ["A", "B"]
    (aside,) = config.data_path.glob("store.damaged-*.db")
    assert aside.read_bytes() == damaged
    with opened_store(config.data_path):
        line = Journal.get()
        assert (line.actor, line.action) == ("appliance", "backup.restore")
        assert line.detail == {"made_at": (AT + timedelta(days=2)).isoformat()}
    assert "25/11/2026" in capsys.readouterr().err


def test_a_backup_that_is_damaged_too_is_passed_over(config: Config) -> None:
    back_up(config, "auto-preau-x-1.preau", "A", 1)
    spoil(back_up(config, "auto-preau-x-2.preau", "B", 2), 8192)
    spoil(config.store_path, 4096)

    start(config)

    assert carts(config) == ["A"]


def test_without_a_good_automatic_backup_nothing_is_touched_and_the_way_back_is_said(config: Config) -> None:
    by_hand = back_up(config, "preau-x.preau", "A", 1)
    spoil(back_up(config, "auto-preau-x-2.preau", "B", 2), 8192)
    damaged = spoil(config.store_path, 4096)

    with pytest.raises(CannotStart) as refused:
        start(config)

    assert "./run admin" in str(refused.value)
    assert by_hand.exists()
    assert config.store_path.read_bytes() == damaged
    assert list(config.data_path.glob("store.damaged-*")) == []


def test_a_sound_store_and_a_foreign_one_are_left_alone(config: Config) -> None:
    back_up(config, "auto-preau-x-1.preau", "A", 1)
    with opened_store(config.data_path):
        Cart.create(name="B", created_at=AT)
    start(config)
    assert carts(config) == ["A", "B"]

    with opened_store(config.data_path):
        database.execute_sql("PRAGMA application_id = 7")
    with pytest.raises(CannotStart) as refused:
        start(config)
    assert refused.value.code == "data_foreign"


def test_what_was_set_aside_goes_after_thirty_days(config: Config) -> None:
    back_up(config, "auto-preau-x-1.preau", "A", 1)
    spoil(config.store_path, 4096)
    assert heal(config, AT) is not None
    forget_damaged(config.data_path, AT + KEPT)
    assert len(list(config.data_path.glob("store.damaged-*"))) == 1
    forget_damaged(config.data_path, AT + KEPT + timedelta(seconds=1))
    assert list(config.data_path.glob("store.damaged-*")) == []
