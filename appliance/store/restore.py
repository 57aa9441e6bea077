"""Puts a backup in the place of the store, while the appliance is stopped; old or new after a power cut, never half.

Everything is checked and made ready aside first. The one step that counts is the rename of `store.db`: documents are
named by their content, so the restored ones are simply added. The broker's files are thrown away, because the broker
is a cache: what it still held for devices belongs to a past that no longer counts.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import apsw

from appliance.config import Config
from appliance.domain.lessons import EndReason
from appliance.domain.receipts import OPEN, ReceiptState
from appliance.errors import CannotStart, Conflict, Invalid, Unavailable
from appliance.store.backup import sweep, sync_file, sync_folder
from appliance.store.backup_file import DOCUMENTS, STORE, Manifest, extract, read_manifest
from appliance.store.ballast import disk_of
from appliance.store.bulk import execute_many
from appliance.store.city_models import RESTORED, CityLink, Instruction
from appliance.store.database import SCHEMA_VERSION, is_sound, open_store
from appliance.store.epochs import Reason, begin_epoch
from appliance.store.fields import to_milliseconds
from appliance.store.models import (
    Browser,
    Device,
    EnrollmentToken,
    Invitation,
    Journal,
    Lesson,
    LessonDevice,
    Receipt,
    Session,
    database,
)

_ASIDE = ".restore-"
_KEPT = "before-restore-"
_BESIDE = ("-wal", "-shm", "-journal")
HEALER = "appliance"  # the journal's actor of a restore that no person asked for (store/healing.py)


@dataclass(frozen=True, slots=True)
class Restored:
    """`missing`: documents that neither the backup nor this box has, by hash."""

    manifest: Manifest
    missing: tuple[str, ...]


def restore(config: Config, file: Path, now: datetime) -> Restored:
    """Raises Conflict while the appliance runs, Invalid for a file that is not right; then nothing was touched."""
    with hold_data(config):
        return replace_store(config, file, now, by="console")


def replace_store(config: Config, file: Path, now: datetime, by: str) -> Restored:
    """`restore` for whoever holds the data already; `by` is the journal's actor."""
    manifest = read_manifest(file)
    now = max(now, _floor(config, now))
    if manifest.schema > SCHEMA_VERSION:
        raise Invalid("backup_newer")
    if disk_of(config.data_path).free < manifest.size + 2 * manifest.parts[STORE].size:
        raise Unavailable("disk_nearly_full")
    sweep(config.data_path, config.backups_path)
    for left in config.data_path.glob(f"{_ASIDE}*"):
        shutil.rmtree(left, ignore_errors=True)
    aside = config.data_path / f"{_ASIDE}{secrets.token_hex(6)}"
    aside.mkdir(mode=0o700)
    try:
        extract(file, aside)
        _make_ready(aside / STORE, _Past(manifest, _link_of(config)), now, by)
        _swap(config, aside, now)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return Restored(manifest, _missing(config, manifest))


def _missing(config: Config, manifest: Manifest) -> tuple[str, ...]:
    """A document that was there when the backup was made may have been removed since."""
    gone = [sha256 for sha256, size in manifest.on_box.items() if _size_of(config.documents_path / sha256) != size]
    return (*manifest.missing, *gone)


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


@contextlib.contextmanager
def hold_data(config: Config) -> Iterator[None]:
    """As the running appliance holds it; raises Conflict when it does."""
    descriptor = os.open(config.data_path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("appliance_running") from None
        yield
    finally:
        os.close(descriptor)


def _floor(config: Config, now: datetime) -> datetime:
    """The latest moment that this box has known: its clock may be wrong while it is stopped."""
    try:
        return datetime.fromtimestamp(float(config.clock_floor_path.read_text()), UTC)
    except (OSError, ValueError, OverflowError):
        return now


def is_running(config: Config) -> bool:
    try:
        descriptor = os.open(config.data_path / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@dataclass(frozen=True, slots=True)
class _Past:
    """What was backed up, and this box's link to its city as it was until now: empty if there was none.

    `link` None: the store cannot say it any more.
    """

    manifest: Manifest
    link: Mapping[str, object] | None


def _make_ready(store: Path, past: _Past, now: datetime, by: str) -> None:
    """Migrates the copy, closes what was open in it, and begins another epoch: no number of the past is used twice."""
    try:
        open_store(store)
    except CannotStart as error:
        raise Invalid("backup_damaged") from error
    with database.connection_context():
        if not is_sound():
            raise Invalid("backup_damaged")
        with database.atomic("IMMEDIATE"):
            _close_the_past(now)
            _begin_anew(past.link, now, Reason.REPAIRED if by == HEALER else Reason.RESTORED)
            made_at = past.manifest.created_at.isoformat()
            Journal.create(at=now, actor=by, action="backup.restore", detail={"made_at": made_at})
        database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    for ending in _BESIDE:
        store.with_name(store.name + ending).unlink(missing_ok=True)
    sync_file(store)


def _link_of(config: Config) -> Mapping[str, object] | None:
    """Without its keys a link is none, whatever the store says."""
    if not any(config.city_path.glob("*.pem")):
        return {}
    try:
        connection = apsw.Connection(str(config.store_path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            cursor = connection.execute("SELECT * FROM city_link WHERE id = 1")
            return {
                name: value for row in cursor for (name, *_), value in zip(cursor.get_description(), row, strict=True)
            }
        finally:
            connection.close()
    except apsw.Error:
        return None


def _begin_anew(link: Mapping[str, object] | None, now: datetime, reason: Reason) -> None:
    """This box stays joined as it was until now: the next hello must bring the latest token."""
    if link is not None:
        CityLink.delete().execute()
    if link:
        CityLink.insert(link).execute()
    begin_epoch(now, reason)


def _close_the_past(now: datetime) -> None:
    """No lesson, order, session or link of the backup goes on; versions are above all that any device has ever seen.

    Tokens end too: one that was revoked after the backup must not come back to life.
    """
    Lesson.update(ended_at=now, end_reason=EndReason.RESTORED).where(Lesson.ended_at.is_null()).execute()
    LessonDevice.update(left_at=now).where(LessonDevice.left_at.is_null()).execute()
    Receipt.update(state=ReceiptState.CANCELED, updated_at=now).where(Receipt.state.in_(list(OPEN))).execute()
    # It may have been carried out since: nothing of it is done again, and the city is told that nobody knows.
    Instruction.update(detail=RESTORED).where(Instruction.finished_at.is_null()).execute()
    EnrollmentToken.update(revoked_at=now).where(EnrollmentToken.revoked_at.is_null()).execute()
    for ended in (Session, Browser, Invitation):
        ended.delete().execute()
    floor, moment = int(now.timestamp()), to_milliseconds(now)
    execute_many(
        "UPDATE device SET version = max(version + 1, ?), version_at = ? WHERE id = ?",
        [(floor, moment, row.id) for row in Device.select(Device.id)],
    )


def _swap(config: Config, aside: Path, now: datetime) -> None:
    config.documents_path.mkdir(mode=0o700, exist_ok=True)
    for path in (aside / DOCUMENTS).iterdir():
        sync_file(path)
        path.replace(config.documents_path / path.name)
    sync_folder(config.documents_path)
    kept = config.data_path / f"{_KEPT}{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    kept.mkdir(mode=0o700)
    _set_aside(config.store_path, kept)
    shutil.rmtree(config.broker_path, ignore_errors=True)
    (aside / STORE).replace(config.store_path)
    sync_folder(config.data_path)
    for old in config.data_path.glob(f"{_KEPT}*"):
        shutil.rmtree(old)


def _set_aside(store: Path, kept: Path) -> None:
    """The old store gets a second name; its journal is moved, because the new store must never meet it."""
    if store.exists():
        _empty_journal(store)
        os.link(store, kept / store.name)
    for ending in _BESIDE:
        beside = store.with_name(store.name + ending)
        if beside.exists():
            beside.replace(kept / beside.name)
    sync_folder(kept)
    sync_folder(store.parent)


def _empty_journal(store: Path) -> None:
    """So that the old store is whole by itself. One that is damaged cannot do it, and is kept as it is."""
    with contextlib.suppress(apsw.Error):
        connection = apsw.Connection(str(store), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()
