"""How good a school's line is, hour by hour: hellos, bytes, the longest silence. Called within transactions."""

from datetime import datetime, timedelta

from central.store.models import LinkHour

QUIET = timedelta(seconds=90)  # between two hellos; longer is a silence


def hello_came(appliance: str, now: datetime, before: datetime | None) -> None:
    hour = _hour(now)
    silence = now - max(before or now, hour)
    late = int(silence.total_seconds()) if silence > QUIET else 0
    changed: dict[object, object] = {LinkHour.hellos: LinkHour.hellos + 1}
    if late:
        known = LinkHour.get_or_none((LinkHour.appliance == appliance) & (LinkHour.hour == hour))
        late = max(late, known.late_seconds if known else 0)
        changed[LinkHour.late_seconds] = late
    LinkHour.insert(appliance=appliance, hour=hour, hellos=1, late_seconds=late).on_conflict(
        conflict_target=[LinkHour.appliance, LinkHour.hour], update=changed
    ).execute()


def batch_came(appliance: str, now: datetime, size: int) -> None:
    """`size`: bytes on the line."""
    LinkHour.insert(appliance=appliance, hour=_hour(now), hellos=0, batches=1, bytes=size, late_seconds=0).on_conflict(
        conflict_target=[LinkHour.appliance, LinkHour.hour],
        update={LinkHour.batches: LinkHour.batches + 1, LinkHour.bytes: LinkHour.bytes + size},
    ).execute()


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)
