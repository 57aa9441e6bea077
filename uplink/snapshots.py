"""The box's daily backup, kept at the city; and the way back, into a box that takes another one's place."""

import contextlib
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from appliance.broker.credentials import write_atomically
from appliance.services.backups import BackupLine, Backups
from appliance.store.backup import sync_file, sync_folder
from protocol.uplink import PREFIX
from uplink.client import Client, Request
from uplink.line import Line
from uplink.trouble import Trouble, TroubleCode

DIGEST = "X-Preau-SHA256"
MADE_AT = "X-Preau-Made-At"
MEDIA_TYPE = "application/octet-stream"
MOST_BYTES = 512 * 1024 * 1024
_SECONDS = 1800.0
_TOO_MUCH = (413,)
TOO_LARGE, NOTHING_KEPT = "too_large", "no_snapshot"
"""As the box's pages tell it: of its own backups, and of the one that it should have taken over."""


class Snapshots:
    """Remembers in a small file which backup the city has: a box that boots twenty times sends it once."""

    def __init__(self, backups: Backups, folder: Path, note: Callable[[str], None]) -> None:
        """`note`: what keeps the city from having one; empty when nothing does."""
        self._backups = backups
        self._note = note
        self._path = folder / "sent-snapshot.json"

    def is_due(self) -> bool:
        latest = self._latest()
        return latest is not None and latest.name != self._sent()

    def step(self, line: Line) -> bool:
        """In a turn. One that is too large is not offered again, the next day's is; a full disk there passes."""
        latest = self._latest()
        if latest is None or latest.name == self._sent():
            return False
        path = self._backups.path_of(latest.name)
        headers = {"Content-Type": MEDIA_TYPE, DIGEST: _digest(path), MADE_AT: latest.created_at.isoformat()}
        found = ""
        try:
            line.upload("snapshot", path, headers, "snapshot")
        except Trouble as trouble:
            if trouble.status not in _TOO_MUCH:
                raise
            found = TOO_LARGE
        self._note(found)
        write_atomically(self._path, json.dumps({"name": latest.name}))
        return True

    def _latest(self) -> BackupLine | None:
        return next((line for line in self._backups.listed() if line.is_daily), None)

    def _sent(self) -> str:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            return str(json.loads(self._path.read_text()).get("name", ""))
        return ""


def fetch_snapshot(client: Client, target: Path) -> bool:
    """Whole and as the city says at `target`; False when it keeps none. Raises Trouble."""
    aside = target.with_suffix(".part")
    try:
        answer = client.ask(Request("GET", f"{PREFIX}/snapshot", most=MOST_BYTES, into=aside, seconds=_SECONDS))
        if _digest(aside) != answer.headers.get(DIGEST.lower(), ""):
            raise Trouble(TroubleCode.FOREIGN, "not the snapshot that was announced")
        sync_file(aside)  # whoever reads of it in `restore.json` after a power cut finds it whole
        aside.replace(target)
        sync_folder(target.parent)
    except Trouble as trouble:
        if trouble.status == 404:
            return False
        raise
    finally:
        client.close()
        aside.unlink(missing_ok=True)
    return True


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
