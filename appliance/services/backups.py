"""Backups kept on the box: made by hand or each day, listed, handed out, removed. Restoring is `store.restore`'s."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from appliance.clock import Clock
from appliance.config import Config
from appliance.domain.people import APPLIANCE, Actor
from appliance.domain.schools import file_word
from appliance.domain.storage import Level
from appliance.errors import Conflict, Invalid, NotFound
from appliance.services.journal import record
from appliance.services.settings import read_setting
from appliance.store.backup import sweep, write_backup
from appliance.store.backup_file import AUTOMATIC, ENDING, Manifest, read_manifest
from appliance.store.ballast import storage_level
from appliance.store.models import database

KEPT_DAYS = 7
_EVERY = timedelta(hours=23)
_NAME = re.compile(r"(auto-)?preau-[A-Za-z0-9-]{1,60}\.preau")
_FULL = (Level.ESSENTIAL, Level.SURVIVAL)


@dataclass(frozen=True, slots=True)
class BackupLine:
    name: str
    size: int
    created_at: datetime
    is_daily: bool
    has_documents: bool


class Backups:
    def __init__(self, clock: Clock, config: Config) -> None:
        self._clock = clock
        self._config = config

    def create(self, actor: Actor, target: Path | None = None) -> tuple[Path, Manifest]:
        """With the documents; in the box's own folder unless `target` says where, which must be a new file."""
        if target is not None:
            _must_be_free(target)
        return self._write(actor, target or self._folder() / self._name(self._clock.now()))

    def automatic(self, now: datetime) -> Path | None:
        """Once a day, the last seven kept, without the documents, which are on the box already.

        None when today's is there or the disk is nearly full.
        """
        daily = [line for line in self.listed() if line.is_daily]
        if (daily and now - daily[0].created_at < _EVERY) or storage_level(self._config.data_path) in _FULL:
            return None
        path, _ = self._write(APPLIANCE, self._folder() / (AUTOMATIC + self._name(now)), with_documents=False)
        for old in daily[KEPT_DAYS - 1 :]:
            (self._folder() / old.name).unlink(missing_ok=True)
        return path

    def listed(self) -> list[BackupLine]:
        """The latest first; a file that is none of ours is left alone and not shown."""
        found = [_line(path) for path in self._config.backups_path.glob(f"*{ENDING}") if _NAME.fullmatch(path.name)]
        return sorted((line for line in found if line), key=lambda line: line.created_at, reverse=True)

    def path_of(self, name: str) -> Path:
        path = self._config.backups_path / name
        if not _NAME.fullmatch(name) or not path.is_file():
            raise NotFound("no_backup")
        return path

    def remove(self, name: str, actor: Actor) -> None:
        path = self.path_of(name)
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            record(now, actor, "backup.remove", f"backup:{name}")
        path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """What backups that were killed left behind; cheap, for the start."""
        sweep(self._config.data_path, self._folder())

    def _write(self, actor: Actor, target: Path, *, with_documents: bool = True) -> tuple[Path, Manifest]:
        now = self._clock.now()
        school = read_setting("school_name") or read_setting("school_code")
        manifest = write_backup(self._config, target, school, now, with_documents=with_documents)
        with database.atomic("IMMEDIATE"):
            record(
                now, actor, "backup.create", f"backup:{target.name}", size=manifest.size, missing=len(manifest.missing)
            )
        return target, manifest

    def _name(self, now: datetime) -> str:
        school = file_word(read_setting("school_code") or read_setting("school_name"))
        return f"preau-{school}-{now.astimezone():%Y%m%d-%H%M}{ENDING}"

    def _folder(self) -> Path:
        self._config.backups_path.mkdir(mode=0o700, exist_ok=True)
        return self._config.backups_path


def _must_be_free(target: Path) -> None:
    """Nothing is ever overwritten: the name that is typed may be the last good copy's."""
    if target.exists() or target.is_symlink():
        raise Conflict("backup_exists", path=str(target))
    if not target.parent.is_dir():
        raise Invalid("no_folder", path=str(target.parent))


def _line(path: Path) -> BackupLine | None:
    try:
        manifest = read_manifest(path)
        is_daily, size = path.name.startswith(AUTOMATIC), path.stat().st_size
        return BackupLine(path.name, size, manifest.created_at, is_daily, not manifest.on_box)
    except (Invalid, OSError):
        return None
