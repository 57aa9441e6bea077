"""A real store in a temporary folder, and a clock that tests move by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from appliance.store.database import open_store
from appliance.store.models import database


class HandClock:
    """The hub's time, standing still until a test moves it."""

    def __init__(self, at: datetime = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def pass_by(self, **spans: float) -> None:
        self.at += timedelta(**spans)


@contextmanager
def opened_store(folder: Path) -> Iterator[Path]:
    """Bound and connected for this thread; closed again, so that the next test binds its own."""
    path = folder / "store.db"
    open_store(path)
    database.connect(reuse_if_open=True)
    try:
        yield path
    finally:
        database.close()
