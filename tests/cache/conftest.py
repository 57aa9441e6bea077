"""A folder of documents with limits that a test can change."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance.cache.documents import DocumentFiles, Limits

MIB = 1024 * 1024


@dataclass
class Shelf:
    """`room`: what the disk would still take; a test sets it."""

    folder: Path
    longest: int = 20 * MIB
    room: int = 100 * MIB

    @property
    def files(self) -> DocumentFiles:
        return DocumentFiles(self.folder, Limits(self.longest, lambda: self.room))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)
