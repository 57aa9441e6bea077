"""The city in one file: every table of each engine comes back to the letter, and a damaged file changes nothing."""

import gc
import json
import os
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from peewee import BlobField, BooleanField, FloatField, ForeignKeyField, IntegerField, Model

from central.config import Config
from central.errors import CannotStart, Conflict
from central.services.city_backups import restore_backup, write_backup
from central.store.dump import kept_tables
from central.store.fields import JsonField, MomentField
from central.store.models import School, SchoolGroup, Snapshot
from tests.central.conftest import opened_city

_BLOB, _BLOBS = 682 * 3072, 24
# SQLite keeps 32 of pages, one row on its way is there several times; whole, it would be 128 and more.
_MOST = 64 * 1024 * 1024
AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def city(folder: Path, url: str) -> Config:
    config = Config(folder, database_url=url)
    config.secrets_path.mkdir(parents=True)
    (config.secrets_path / "authority.key").write_bytes(b"secret \xff")
    (config.secrets_path / "lock").touch()
    return config


def value_for(field: Any) -> object:
    """One that a careless copy would change."""
    if isinstance(field, ForeignKeyField):
        return None if field.null and field.rel_model is field.model else first_key(field.rel_model)
    for kind, value in (
        (MomentField, AT),
        (JsonField, {"é\u2028": ["<script>", 1.5, None]}),
        (BlobField, b"\x00\xff"),
        (BooleanField, True),
        (FloatField, 48.25),
        (IntegerField, 41),
    ):
        if isinstance(field, kind):
            return value
    return "L’école, 1"[: getattr(field, "max_length", 255) or 255]


def first_key(table: type[Model]) -> object:
    return table.select().get().get_id()


def fill_every_table() -> None:
    for table in kept_tables():
        if table._meta.table_name != "setting":
            table.insert({field: value_for(field) for field in table._meta.sorted_fields}).execute()


def all_rows() -> dict[str, list[tuple[object, ...]]]:
    return {table._meta.table_name: [_plain(row) for row in table.select().tuples()] for table in kept_tables()}


def _plain(row: Any) -> tuple[object, ...]:
    return tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)


def test_every_row_and_every_key_comes_back(city_url: str, tmp_path: Path) -> None:
    config = city(tmp_path / "old", city_url)
    with opened_city(city_url, config.data_path):
        fill_every_table()
        before = all_rows()
        made = write_backup(config, tmp_path / "b.zip", AT)
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert len([name for name, rows in before.items() if rows]) == len(kept_tables())
    new = Config(tmp_path / "new", database_url=city_url)
    new.data_path.mkdir()
    with opened_city(city_url, new.data_path):  # empties PostgreSQL
        pass
    restore_backup(new, tmp_path / "b.zip")
    with opened(new):
        after = all_rows()
        assert {name: rows for name, rows in after.items() if name != "journal"} == {
            name: rows for name, rows in before.items() if name != "journal"
        }
        assert SchoolGroup.create(name="une autre", created_at=AT).id > 41, "numbers go on above those that came"
    assert (new.secrets_path / "authority.key").read_bytes() == b"secret \xff"
    assert not (new.secrets_path / "lock").exists()


def opened(config: Config) -> Any:
    from central.store.database import connected, open_database  # after the restore has bound it

    open_database(config.database_url, config.sqlite_path)
    return connected()


def test_nothing_that_is_there_is_overwritten(city_url: str, tmp_path: Path) -> None:
    config = city(tmp_path / "old", city_url)
    with opened_city(city_url, config.data_path):
        School.create(uai="0750655E", name="Tilleuls", created_at=AT)
        write_backup(config, tmp_path / "b.zip", AT)
        with pytest.raises(Conflict):
            write_backup(config, tmp_path / "b.zip", AT)
    with pytest.raises(CannotStart, match="contient déjà des clés"):
        restore_backup(config, tmp_path / "b.zip")
    if city_url:
        with pytest.raises(CannotStart, match="pas vide"):
            restore_backup(replace(config, data_path=tmp_path / "other"), tmp_path / "b.zip")


def test_a_city_of_many_snapshots_does_not_have_to_fit_into_memory(city_url: str, tmp_path: Path) -> None:
    config = city(tmp_path / "old", city_url)
    with opened_city(city_url, config.data_path):
        School.create(uai="0750655E", name="Tilleuls", created_at=AT)
        blob = os.urandom(3072) * (_BLOB // 3072)
        for number in range(_BLOBS):
            Snapshot.create(
                school="0750655E", appliance="a-1", epoch="e", at=AT, sha256=f"{number}", size=_BLOB, sealed=blob
            )
        with grows_less_than(_MOST):
            write_backup(config, tmp_path / "b.zip", AT)
    new = Config(tmp_path / "new", database_url=city_url)
    new.data_path.mkdir()
    with opened_city(city_url, new.data_path):  # empties PostgreSQL
        pass
    with grows_less_than(_MOST):
        restore_backup(new, tmp_path / "b.zip")
    with opened(new):
        assert [bytes(row.sealed) == blob for row in Snapshot.select().iterator()] == [True] * _BLOBS


@contextmanager
def grows_less_than(most: int) -> Iterator[None]:
    """The whole process: what the engines' own libraries hold counts, too."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the highest is counted from here
    before = _resident("VmRSS")
    yield
    assert _resident("VmHWM") - before < most


def _resident(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


@pytest.mark.parametrize("damage", ["cut", "changed", "foreign", "newer", "key"])
def test_a_file_that_is_not_whole_is_refused_and_changes_nothing(damage: str, tmp_path: Path) -> None:
    config = city(tmp_path / "old", "")
    with opened_city("", config.data_path):
        School.create(uai="0750655E", name="Tilleuls", created_at=AT)
        path = write_backup(config, tmp_path / "b.zip", AT).path
    _damage(path, damage)
    new = Config(tmp_path / "new")
    new.data_path.mkdir()
    with pytest.raises(CannotStart):
        restore_backup(new, path)
    assert not new.secrets_path.exists()
    with opened_city("", new.data_path):
        assert School.select().count() == 0


def _damage(path: Path, how: str) -> None:
    if how == "cut":
        path.write_bytes(path.read_bytes()[:-400])
        return
    if how == "foreign":
        path.write_bytes(b"PK\x05\x06" + bytes(18))
        return
    if how == "key":  # all tables are right; one of the city's keys is not
        with zipfile.ZipFile(path) as archive:
            crc = archive.getinfo("secrets/authority.key").CRC
        path.write_bytes(path.read_bytes().replace(struct.pack("<I", crc), struct.pack("<I", crc ^ 1)))
        return
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    if how == "newer":
        files["manifest.json"] = json.dumps(json.loads(files["manifest.json"]) | {"schema": 999}).encode()
    else:
        files["tables/school.jsonl"] = files["tables/school.jsonl"].replace(b"Tilleuls", b"Moulins!")
    with zipfile.ZipFile(path, "w") as archive:
        for name, raw in files.items():
            archive.writestr(name, raw)
