"""The backup of the box that this one replaces: brought by the uplink, put into place at a start, before anything opens
the store. Old or new after a power cut: whatever is found here at a start is carried on.

    snapshot.preau   fetched, checked
    restore.json     hand over at the next start; the supervisor starts the appliance again when it sees it
    restored.json    done; refused.json: it could not be, and why
"""

import json
from datetime import datetime
from pathlib import Path

from appliance.config import Config
from appliance.errors import Invalid, PreauError, Unavailable
from appliance.store.backup import sync_file, sync_folder
from appliance.store.backup_file import STORE, read_manifest
from appliance.store.ballast import disk_of
from appliance.store.database import SCHEMA_VERSION
from appliance.store.restore import replace_store

BY = "city"


class Handover:
    """Files in `DATA/city/` only; the identity beside them is not touched."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.snapshot_path = config.city_path / "snapshot.preau"
        self._wanted = config.city_path / "restore.json"
        self._done = config.city_path / "restored.json"
        self._refused = config.city_path / "refused.json"

    def is_wanted(self) -> bool:
        return self._wanted.exists()

    def was_restored(self) -> bool:
        return self._done.exists()

    def refusal(self) -> str:
        """The code of the error; empty when there was none."""
        return str(_read(self._refused).get("code", ""))

    def check(self) -> None:
        """While the appliance still works: what a start would stumble over. Raises Invalid, Unavailable."""
        manifest = read_manifest(self.snapshot_path)
        if manifest.schema > SCHEMA_VERSION:
            raise Invalid("backup_newer")
        if disk_of(self._config.data_path).free < manifest.size + 2 * manifest.parts[STORE].size:
            raise Unavailable("disk_nearly_full")

    def ask(self) -> None:
        _write(self._wanted, "{}")

    def forget(self) -> None:
        """Nothing of it is needed any more. The snapshot first: its marks tell what became of it."""
        for path in (self.snapshot_path, self._wanted, self._done, self._refused):
            path.unlink(missing_ok=True)

    def apply(self, now: datetime) -> bool:
        """At a start, holding the data, the store not open. False when there was nothing to do."""
        if not self.is_wanted():
            return False
        try:
            restored = replace_store(self._config, self.snapshot_path, now, by=BY)
        except (PreauError, OSError) as error:
            code = error.code if isinstance(error, PreauError) else "disk_trouble"
            _write(self._refused, json.dumps({"code": code}))
        else:
            made_at = restored.manifest.created_at.isoformat()
            _write(self._done, json.dumps({"made_at": made_at, "missing": len(restored.missing)}))
        self._wanted.unlink(missing_ok=True)
        sync_folder(self._wanted.parent)
        return True


def _write(path: Path, text: str) -> None:
    """Old or new after a power cut, never half."""
    aside = path.with_suffix(".new")
    aside.write_text(text)
    sync_file(aside)
    aside.replace(path)
    sync_folder(path.parent)


def _read(path: Path) -> dict[str, object]:
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
