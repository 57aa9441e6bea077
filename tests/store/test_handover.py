"""The replaced box's backup, put into place at a start: cut, refused or damaged, one whole store is there."""

from pathlib import Path

import pytest

from appliance.config import Config, make_folders
from appliance.domain.people import CONSOLE
from appliance.errors import Invalid
from appliance.services.backups import Backups
from appliance.services.carts import Carts
from appliance.store import handover as handing
from appliance.store.database import open_store
from appliance.store.handover import Handover
from appliance.store.models import Cart, database
from tests.support.store import HandClock

CLOCK = HandClock()


def new_box(folder: Path, cart: str) -> Config:
    config = Config(folder / "data", running_at=folder / "run")
    folder.mkdir()
    make_folders(config)
    open_store(config.store_path)
    with database.connection_context():
        Carts(CLOCK).add(cart, CONSOLE)
    return config


def carts(config: Config) -> list[str]:
    open_store(config.store_path)
    with database.connection_context():
        return [row.name for row in Cart.select()]


@pytest.fixture
def blank(tmp_path: Path) -> Config:
    """A box that was brought the backup of another one, with a cart « Ancienne »."""
    old = new_box(tmp_path / "old", "Ancienne")
    with database.connection_context():
        saved, _ = Backups(CLOCK, old).create(CONSOLE)
    config = new_box(tmp_path / "blank", "Neuve")
    config.city_path.mkdir(mode=0o700)
    saved.replace(Handover(config).snapshot_path)
    (config.city_path / "key.pem").write_text("the identity")
    return config


def test_nothing_is_put_into_place_before_it_was_asked(blank: Config) -> None:
    Handover(blank).check()
    assert not Handover(blank).apply(CLOCK.now())
    assert carts(blank) == ["Neuve"]


def test_the_old_box_s_store_is_there_after_the_start(blank: Config) -> None:
    handover = Handover(blank)
    handover.ask()
    assert handover.apply(CLOCK.now())
    assert carts(blank) == ["Ancienne"]
    assert handover.was_restored() and not handover.is_wanted() and not handover.refusal()
    assert (blank.city_path / "key.pem").read_text() == "the identity"
    handover.forget()
    assert [path.name for path in blank.city_path.iterdir()] == ["key.pem"]


@pytest.mark.parametrize("step", ["replace_store", "_write", "sync_folder"])
def test_a_cut_at_any_step_is_gone_on_with_at_the_next_start(
    blank: Config, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    handover = Handover(blank)
    handover.ask()

    def cut(*_: object, **__: object) -> object:
        raise KeyboardInterrupt  # nothing catches it, as nothing catches the power

    with monkeypatch.context() as patch:
        patch.setattr(handing, step, cut)
        with pytest.raises(KeyboardInterrupt):
            handover.apply(CLOCK.now())
    Handover(blank).apply(CLOCK.now())
    assert Handover(blank).was_restored() and not Handover(blank).is_wanted()
    assert carts(blank) == ["Ancienne"]


def test_a_damaged_backup_leaves_what_is_there(blank: Config) -> None:
    handover = Handover(blank)
    handover.snapshot_path.write_bytes(b"PK no backup at all")
    with pytest.raises(Invalid):
        handover.check()
    handover.ask()
    assert handover.apply(CLOCK.now())
    assert handover.refusal() and not handover.was_restored()
    assert carts(blank) == ["Neuve"]
