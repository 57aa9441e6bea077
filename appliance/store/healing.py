"""A damaged store is set aside at the start, and the latest good automatic backup takes its place.

For whoever holds the data already. Why only automatic ones, and what is lost: docs/decisions/backups.md.
"""

import contextlib
import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw
from peewee import DatabaseError

from appliance.config import Config
from appliance.errors import CannotStart, Invalid, Unavailable
from appliance.store.backup import sync_folder
from appliance.store.backup_file import AUTOMATIC, ENDING, read_manifest
from appliance.store.restore import HEALER, Restored, replace_store

KEPT = timedelta(days=30)
_SET_ASIDE = "store.damaged-"
_WHEN = "%Y%m%d-%H%M%S"
_BESIDE = ("", "-wal")
_WORDS = ("malformed", "not a database")


def is_damage(error: BaseException | None) -> bool:
    """Of the store's content. A file that cannot be opened, is full, busy or another program's is something else."""
    while error is not None:
        if isinstance(error, apsw.CorruptError | apsw.NotADBError):
            return True
        if isinstance(error, CannotStart) and error.code == "data_damaged":
            return True
        if isinstance(error, DatabaseError) and any(word in str(error) for word in _WORDS):
            return True
        error = error.__cause__ or error.__context__
    return False


def heal(config: Config, now: datetime) -> Restored | None:
    """None: no automatic backup is good, or the disk has no room for it; nothing was changed then."""
    backups = [file for _, file in sorted(_readable(config.backups_path), reverse=True)]
    if not backups:
        return None
    aside = _set_aside(config, now)
    for file in backups:
        with contextlib.suppress(Invalid, Unavailable):
            return replace_store(config, file, now, by=HEALER)
    for path in aside:
        path.unlink(missing_ok=True)
    return None


def forget_damaged(data_path: Path, now: datetime) -> None:
    """What was set aside has pupils' names in it."""
    for path in data_path.glob(f"{_SET_ASIDE}*"):
        written = path.name.removeprefix(_SET_ASIDE)[:15]
        with contextlib.suppress(ValueError):
            if now - datetime.strptime(written, _WHEN).replace(tzinfo=UTC) > KEPT:
                path.unlink(missing_ok=True)


def _readable(folder: Path) -> Iterator[tuple[datetime, Path]]:
    for file in folder.glob(f"{AUTOMATIC}*{ENDING}"):
        with contextlib.suppress(Invalid):
            yield read_manifest(file).created_at, file


def _set_aside(config: Config, now: datetime) -> list[Path]:
    """Under a second name, so that a power cut finds the damaged store or the new one, and never none."""
    name = f"{_SET_ASIDE}{now.astimezone(UTC):{_WHEN}}-{secrets.token_hex(3)}.db"
    made = []
    for ending in _BESIDE:
        part = config.store_path.with_name(config.store_path.name + ending)
        if part.exists():
            made.append(config.data_path / (name + ending))
            os.link(part, made[-1])
    sync_folder(config.data_path)
    return made
