"""How often something may fail before it must wait. In the database, because there are many workers."""

from datetime import datetime, timedelta

from central.errors import TooMany
from central.store.database import writing
from central.store.desk_models import Throttle as Row


class Throttle:
    """`most` failures within `window`, then nothing until the window has passed. Keys are `purpose:what`."""

    def __init__(self, purpose: str, most: int, window: timedelta) -> None:
        self._purpose = purpose
        self._most = most
        self._window = window

    def check(self, key: str, now: datetime) -> None:
        """Raises TooMany. Writes nothing, so that a flood costs one look each."""
        row = Row.get_or_none(Row.key == self._name(key))
        if row is not None and row.failures >= self._most and row.until > now:
            raise TooMany("too_many_attempts", retry_after=max(1, int((row.until - now).total_seconds())))

    def failed(self, key: str, now: datetime) -> bool:
        """Counts one more; whether it was the last one that was free."""
        name = self._name(key)
        with writing(f"throttle:{name}"):
            row = Row.get_or_none(Row.key == name)
            if row is None or row.until <= now:
                Row.delete().where(Row.key == name).execute()
                Row.create(key=name, failures=1, until=now + self._window)
                return self._most == 1
            Row.update(failures=Row.failures + 1).where(Row.key == name).execute()
            return bool(row.failures + 1 == self._most)

    def forget(self, key: str) -> None:
        """It has succeeded."""
        Row.delete().where(Row.key == self._name(key)).execute()

    def _name(self, key: str) -> str:
        return f"{self._purpose}:{key}"[:255]


def forget_old(now: datetime) -> int:
    """Rows whose window has passed."""
    return int(Row.delete().where(Row.until <= now).execute())
