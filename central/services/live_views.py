"""The live view of one school: asked for while an officer looks, shown as it last came over the bridge.

Owns the asking and the reading; the bridge's client writes the pictures. Nothing else depends on one arriving.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from central.clock import Clock
from central.store.database import transaction
from central.store.desk_models import LiveView, Watch

WATCHED_FOR = timedelta(seconds=45)
FRESH_FOR = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Live:
    """`is_fresh`: it came while somebody was looking, not an hour ago."""

    at: datetime | None
    is_fresh: bool
    picture: Mapping[str, object]


class LiveViews:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def look(self, uai: str) -> Live:
        """Keeps the school watched for a while longer, and gives the last picture."""
        now = self._clock.now()
        with transaction():
            Watch.insert(school=uai, until=now + WATCHED_FOR).on_conflict(
                conflict_target=[Watch.school], preserve=[Watch.until]
            ).execute()
        row = LiveView.get_or_none(LiveView.school == uai)
        if row is None:
            return Live(None, False, {})
        return Live(row.at, now - row.at <= FRESH_FOR, row.picture)
