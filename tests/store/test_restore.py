import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appliance.config import Config, make_folders
from appliance.errors import Conflict, Invalid
from appliance.services.outbox import put
from appliance.store.backup import write_backup
from appliance.store.backup_file import read_manifest
from appliance.store.city_models import CityLink, Incarnation, OutboxRecord
from appliance.store.database import SCHEMA_VERSION, open_store
from appliance.store.models import (
    Cart,
    Device,
    Document,
    EnrollmentToken,
    Gesture,
    Invitation,
    Journal,
    Lesson,
    LessonDevice,
    Receipt,
    Session,
    User,
    database,
)
from appliance.store.restore import hold_data, is_running, restore
from protocol.uplink_words import RecordType
from tests.services.link import join_city
from tests.support.store import HandClock, opened_store

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
LATER = AT + timedelta(days=2)
CONTENT = b"%PDF-1.7 a document"


def fill() -> None:
    user = User.create(login="durand", name="Mme Durand", role="teacher", password_hash="$argon2id$x", created_at=AT)
    Cart.create(name="A", created_at=AT)
    Session.create(id_hash="s", user=user, created_at=AT, seen_at=AT, force_insert=True)
    Invitation.create(token_hash="i", user=user, expires_at=AT, force_insert=True)
    EnrollmentToken.create(token_hash="t", uses=3, created_at=AT, created_by="user:1", expires_at=LATER)
    for number, version in ((1, 7), (2, 4_000_000_000)):
        Device.create(
            id=f"d-{number}", serial=f"R{number}", number=number, name="T", kind="tablet", capabilities=[],
            credential="$7$x", enrolled_at=AT, version=version, version_at=AT, force_insert=True,
        )  # fmt: skip
    lesson = Lesson.create(id="l", teacher=user, title="CP", started_at=AT, ends_at=LATER, force_insert=True)
    LessonDevice.create(lesson=lesson, device="d-1", base={}, eyes_up="Hop", joined_at=AT)
    gesture = Gesture.create(id="g", lesson=lesson, kind="message", args={}, at=AT, force_insert=True)
    Receipt.create(
        id="r", gesture=gesture, device="d-1", state="queued", expires_at=LATER, updated_at=AT, force_insert=True
    )


@pytest.fixture
def backup(config: Config) -> Path:
    """Of a school in the middle of a lesson; the store is closed again."""
    with opened_store(config.data_path):
        fill()
        target = config.backups_path / "x.preau"
        write_backup(config, target, "École", AT)
    return target


def carts(config: Config) -> list[str]:
    with opened_store(config.data_path):
        return [row.name for row in Cart.select().order_by(Cart.name)]


def add_cart(config: Config, name: str) -> None:
    with opened_store(config.data_path):
        Cart.create(name=name, created_at=AT)


def test_the_store_is_as_it_was_and_its_past_is_over(config: Config, backup: Path) -> None:
    add_cart(config, "B, after the backup")

    restore(config, backup, LATER)

    with opened_store(config.data_path):
        assert [row.name for row in Cart.select()] == ["A"]
        lesson = Lesson.get_by_id("l")
        assert (lesson.ended_at, lesson.end_reason) == (LATER, "restored")
        assert LessonDevice.get().left_at == LATER
        assert Session.select().count() == Invitation.select().count() == 0
        assert EnrollmentToken.get().revoked_at == LATER
        assert User.get().password_hash == "$argon2id$x"
        assert Device.get_by_id("d-1").credential == "$7$x"
        assert Journal.get().action == "backup.restore"


def test_versions_of_desired_state_never_go_back(config: Config, backup: Path) -> None:
    with opened_store(config.data_path):
        Device.update(version=60).where(Device.id == "d-1").execute()

    restore(config, backup, LATER)

    with opened_store(config.data_path):
        assert Device.get_by_id("d-1").version == int(LATER.timestamp())
        assert Device.get_by_id("d-2").version == 4_000_000_001


def test_a_clock_that_went_back_does_not_take_versions_back(config: Config, backup: Path) -> None:
    config.clock_floor_path.write_text(f"{LATER.timestamp():.3f}\n")

    restore(config, backup, datetime(1970, 1, 1, tzinfo=UTC))

    with opened_store(config.data_path):
        assert Device.get_by_id("d-1").version == int(LATER.timestamp())


def test_an_open_receipt_in_a_backup_is_canceled(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.store.backup._STRIP", ())  # as a backup by another version might be
    with opened_store(config.data_path):
        fill()
        write_backup(config, tmp_path / "x.preau", "", AT)

    restore(config, tmp_path / "x.preau", LATER)

    with opened_store(config.data_path):
        assert Receipt.get_by_id("r").state == "canceled"
        assert Session.select().count() == 0


def test_documents_come_back_and_the_broker_starts_afresh(config: Config, tmp_path: Path) -> None:
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    with opened_store(config.data_path):
        fill()
        (config.documents_path / sha256).write_bytes(CONTENT)
        database.execute_sql(
            "INSERT INTO document (sha256, name, mime, size, uploaded_at) VALUES (?, 'a.pdf', 'application/pdf', ?, 0)",
            (sha256, len(CONTENT)),
        )
        write_backup(config, tmp_path / "x.preau", "", AT)
    (config.documents_path / sha256).write_bytes(b"damaged since")
    (config.broker_path / "mosquitto.db").write_bytes(b"retained")

    restore(config, tmp_path / "x.preau", LATER)

    assert (config.documents_path / sha256).read_bytes() == CONTENT
    assert not (config.broker_path / "mosquitto.db").exists()


def test_documents_that_stayed_on_the_box_are_kept_and_those_that_went_are_named(config: Config) -> None:
    kept, gone = (hashlib.sha256(content).hexdigest() for content in (CONTENT, CONTENT + b"2"))
    with opened_store(config.data_path):
        fill()
        for sha256, content in ((kept, CONTENT), (gone, CONTENT + b"2")):
            (config.documents_path / sha256).write_bytes(content)
            Document.create(
                sha256=sha256,
                name="a.pdf",
                mime="application/pdf",
                size=len(content),
                uploaded_at=AT,
                force_insert=True,
            )
        write_backup(config, config.backups_path / "x.preau", "", AT, with_documents=False)
    (config.documents_path / gone).unlink()

    restored = restore(config, config.backups_path / "x.preau", LATER)

    assert restored.missing == (gone,)
    assert (config.documents_path / kept).read_bytes() == CONTENT
    with opened_store(config.data_path):
        assert Document.select().count() == 2


def test_an_empty_box_takes_over_a_school(config: Config, backup: Path, tmp_path: Path) -> None:
    blank = Config(tmp_path / "blank")
    make_folders(blank)
    restore(blank, backup, LATER)

    assert carts(blank) == ["A"]
    shutil.rmtree(blank.runtime_path)


def test_nothing_but_the_new_is_left_behind(config: Config, backup: Path) -> None:
    restore(config, backup, LATER)

    names = {path.name for path in config.data_path.iterdir()}
    assert not any(name.startswith((".restore-", "before-restore-", ".backup-")) for name in names)
    assert not names & {"store.db-wal", "store.db-shm"}
    assert config.store_path.stat().st_mode & 0o077 == 0


def test_a_damaged_store_can_be_replaced(config: Config, backup: Path) -> None:
    config.store_path.write_bytes(b"garbage" * 1000)
    (config.data_path / "store.db-wal").write_bytes(b"older garbage" * 1000)

    restore(config, backup, LATER)

    assert carts(config) == ["A"]


def test_a_running_appliance_is_left_alone(config: Config, backup: Path) -> None:
    add_cart(config, "B")
    assert not is_running(config)
    with hold_data(config):
        assert is_running(config)
        with pytest.raises(Conflict) as refused:
            restore(config, backup, LATER)

    assert refused.value.code == "appliance_running"
    assert carts(config) == ["A", "B"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-1000]),
        lambda path: path.write_bytes(path.read_bytes().replace(b"Mme Durand", b"Mme Durond")),
        lambda path: path.write_bytes(b"PK\x03\x04"),
        lambda path: path.unlink(),
    ],
    ids=["cut", "changed", "empty", "gone"],
)
def test_a_backup_that_is_not_right_changes_nothing(
    config: Config, backup: Path, spoil: Callable[[Path], None]
) -> None:
    add_cart(config, "B")
    spoil(backup)

    with pytest.raises(Invalid):
        restore(config, backup, LATER)

    assert carts(config) == ["A", "B"]
    assert not any(path.name.startswith((".restore-", "before-")) for path in config.data_path.iterdir())


def test_a_backup_of_a_later_version_is_refused_by_name(
    config: Config, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_manifest(backup).schema == SCHEMA_VERSION
    monkeypatch.setattr("appliance.store.restore.SCHEMA_VERSION", SCHEMA_VERSION - 1)

    with pytest.raises(Invalid) as refused:
        restore(config, backup, LATER)

    assert refused.value.code == "backup_newer"


# Kills itself at the n-th change of a name in the data folder.
KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from appliance.config import Config
from appliance.store.restore import restore
left = int(sys.argv[3])
def audit(event, args):
    global left
    if event in ("os.rename", "os.link", "os.remove", "os.rmdir", "shutil.rmtree", "os.mkdir"):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(audit)
restore(Config(Path(sys.argv[1])), Path(sys.argv[2]), datetime(2026, 11, 25, 8, tzinfo=UTC))
"""


def test_a_restore_that_is_killed_at_any_step_leaves_the_old_store_or_the_new(config: Config, backup: Path) -> None:
    seen = set()
    for step in range(60):
        with opened_store(config.data_path):
            if Cart.get_or_none(Cart.name == "B") is None:
                Cart.create(name="B", created_at=AT)
        command = [sys.executable, "-c", KILLED, str(config.data_path), str(backup), str(step)]
        ended = subprocess.run(command, check=False, env={**os.environ, "PYTHONPATH": os.getcwd()})  # noqa: PTH109 - text for an environment
        found = tuple(carts(config))
        assert found in (("A",), ("A", "B")), step
        seen.add(found)
        if ended.returncode == 0:
            break
        assert ended.returncode == -signal.SIGKILL
    else:
        raise AssertionError("the restore never came to its end")
    assert seen == {("A",), ("A", "B")}
    assert not any(path.name.startswith((".restore-", "before-")) for path in config.data_path.iterdir())
    open_store(config.store_path)


def test_a_restored_store_begins_another_epoch_and_stays_joined_as_it_was(
    config: Config, store: Path, clock: HandClock
) -> None:
    """Numbers after the backup may have been used: what is kept says where it was written first."""
    join_city(clock.now())
    put(clock.now(), RecordType.AUDIT, {"actor": "x", "action": "user.add"})
    epoch = Incarnation.get().epoch
    backup = config.backups_path / "one.preau"
    write_backup(config, backup, "École", clock.now())
    CityLink.update(token="newer-token").execute()
    config.city_path.mkdir()
    (config.city_path / "key.pem").write_text("key")
    database.close()
    restore(config, backup, clock.now())
    open_store(config.store_path)
    with database.connection_context():
        life, (batch_row,) = Incarnation.get(), list(OutboxRecord.select())
        assert (life.reason, life.epoch == epoch) == ("restored", False)
        assert (batch_row.seq, batch_row.origin) == (1, f"{epoch}/1")
        assert CityLink.get().token == "newer-token"
    (config.city_path / "key.pem").unlink()
    restore(config, backup, clock.now())
    open_store(config.store_path)
    with database.connection_context():
        assert CityLink.select().count() == 0  # without its keys a link is none
