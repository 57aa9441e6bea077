"""Logs of an appliance that were asked for: what has come, and its end. Asking itself is an order (`fetch_logs`)."""

from dataclasses import dataclass
from datetime import datetime

from peewee import fn

from central.clock import Clock
from central.domain.roles import Viewer
from central.errors import NotFound
from central.services.scope import readable_appliance
from central.store.database import transaction
from central.store.desk_models import LogPart, LogRequest


@dataclass(frozen=True, slots=True)
class LogRequestLine:
    """`parts` None: nothing has come yet. Complete when as many have come."""

    id: str
    appliance: str
    account: str
    asked_at: datetime
    expires_at: datetime
    parts: int | None
    received: int

    @property
    def is_complete(self) -> bool:
        return self.parts is not None and self.received >= self.parts


class LogRequests:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def of(self, appliance: str) -> list[LogRequestLine]:
        """The newest first; what has expired is not there any more, whether or not it has been swept."""
        rows = (
            LogRequest.select(LogRequest, fn.COUNT(LogPart.part).alias("received"))
            .left_outer_join(LogPart)
            .where(LogRequest.appliance == appliance, LogRequest.expires_at > self._clock.now())
            .group_by(LogRequest.id)
            .order_by(LogRequest.asked_at.desc())
            .limit(20)
        )
        return [
            LogRequestLine(
                one.id, one.appliance, one.account, one.asked_at, one.expires_at, one.parts, int(vars(one)["received"])
            )
            for one in rows
        ]

    def read(self, request_id: str, viewer: Viewer) -> tuple[LogRequestLine, list[str]]:
        """The lines that have come, in their order. Raises NotFound, also for what has expired."""
        row = LogRequest.get_or_none(LogRequest.id == request_id)
        if row is None or row.expires_at <= self._clock.now():
            raise NotFound("log_over")
        readable_appliance(viewer, row.appliance)
        parts = list(LogPart.select().where(LogPart.request == request_id).order_by(LogPart.part))
        line = LogRequestLine(row.id, row.appliance, row.account, row.asked_at, row.expires_at, row.parts, len(parts))
        return line, [text for part in parts for text in part.lines]

    def sweep(self) -> bool:
        """For the worker: what has expired leaves, parts and all."""
        with transaction():
            return bool(LogRequest.delete().where(LogRequest.expires_at <= self._clock.now()).execute())
