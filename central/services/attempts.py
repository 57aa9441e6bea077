"""Checks of secrets by people: how many may fail in how much time. Counted in the database: there are many workers.

A try is counted before it is looked at, in a transaction of its own, so that guesses made side by side are all counted;
one that was right gives its count back. Keys are hashed: a login or an address is nobody else's to read.
"""

import hashlib
import ipaddress
import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from peewee import Case

from central.clock import Clock
from central.domain.sign_in import Limit
from central.errors import NotFound, NotSignedIn, TooMany
from central.store.database import writing
from central.store.desk_models import Throttle


class Attempts:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @contextmanager
    def attempt(self, *limits: tuple[Limit, str]) -> Iterator[None]:
        """Around one check of a secret. Only NotSignedIn and NotFound count as failures, at each of the limits."""
        taken: list[str] = []
        try:
            for limit, name in limits:
                key = _key(limit, name)
                self._take(limit, key)
                taken.append(key)
            yield
        except (NotSignedIn, NotFound):
            raise
        except BaseException:
            self._give_back(taken)
            raise
        self._give_back(taken)

    def _take(self, limit: Limit, key: str) -> None:
        now = self._clock.now()
        with writing():
            _count(key, now, now + limit.window)
            row = Throttle.get_by_id(key)
            if row.failures > limit.failures:  # a refused try does not lengthen the wait
                Throttle.update(failures=limit.failures).where(Throttle.key == key).execute()
        if row.failures > limit.failures:
            raise TooMany("too_many_tries", max(1, math.ceil((row.until - now).total_seconds())))

    def _give_back(self, keys: list[str]) -> None:
        for key in keys:
            Throttle.update(failures=Throttle.failures - 1).where(Throttle.key == key, Throttle.failures > 0).execute()


def _count(key: str, now: datetime, until: datetime) -> None:
    """One more in its window, or the first of a new one; one statement, alike in both databases."""
    over = Throttle.until <= now
    Throttle.insert(key=key, failures=1, until=until).on_conflict(
        conflict_target=[Throttle.key],
        update={
            Throttle.failures: Case(None, ((over, 1),), Throttle.failures + 1),
            Throttle.until: Case(None, ((over, Throttle.until.db_value(until)),), Throttle.until),
        },
    ).execute()


def _key(limit: Limit, name: str) -> str:
    text = f"{limit.failures}/{int(limit.window.total_seconds())}/{name}"
    return "sign-in:" + hashlib.sha256(text.encode()).hexdigest()


def address_key(address: str | None) -> str:
    """Who sends: an IPv4 address, or the /64 of an IPv6 one, because a machine picks its own half of it."""
    try:
        parsed = ipaddress.ip_address((address or "").split("%")[0])
    except ValueError:
        return address or ""
    if parsed.version == 6:
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)
