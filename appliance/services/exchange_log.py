"""What was last sent to the city, to the letter: for the page « Ce qui sort de l'école ».

Bounded by number and by bytes. Owns nothing of what is sent; whoever sends writes here before and after.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from appliance.store.city_models import Exchange
from appliance.store.models import database
from protocol.uplink_words import Lane

MOST_ROWS = 200
MOST_BYTES = 4 * 1024 * 1024
_RECENT = timedelta(minutes=15)
_ENOUGH = 3

_TOO_MANY = "DELETE FROM exchange WHERE id NOT IN (SELECT id FROM exchange ORDER BY id DESC LIMIT ?)"
# Newest first, until the sum is reached; the newest itself always stays.
_TOO_LARGE = (
    "DELETE FROM exchange WHERE id IN (SELECT id FROM (SELECT id, sum(length(coalesce(body, ''))) "
    "OVER (ORDER BY id DESC) AS through, row_number() OVER (ORDER BY id DESC) AS place FROM exchange) "
    "WHERE through > ? AND place > 1)"
)


@dataclass(frozen=True, slots=True)
class Sent:
    """`body` as it was before it was packed; None where only its size is kept (a snapshot). `wire`: bytes packed."""

    kind: str
    body: bytes | None
    size: int
    wire: int
    lane: Lane | None = None


@dataclass(frozen=True, slots=True)
class ExchangeLine:
    """`answered_at` None: no answer came, or not yet."""

    id: int
    at: datetime
    kind: str
    lane: int | None
    size: int
    wire: int
    answered_at: datetime | None
    outcome: str
    has_body: bool


class ExchangeLog:
    def sent(self, sent: Sent, now: datetime) -> int:
        """Before it goes; the id for `answered`."""
        with database.atomic("IMMEDIATE"):
            row = Exchange.create(
                at=now, kind=sent.kind, lane=sent.lane, body=sent.body, size=sent.size, wire=sent.wire
            )
            database.execute_sql(_TOO_MANY, (MOST_ROWS,))
            database.execute_sql(_TOO_LARGE, (MOST_BYTES,))
        return int(row.id)

    def answered(self, exchange_id: int, outcome: str, now: datetime) -> None:
        """`outcome`: an HTTP status, or the code of what went wrong."""
        changes = {"answered_at": now, "outcome": outcome[:64]}
        Exchange.update(changes).where(Exchange.id == exchange_id).execute()

    def only(self, sent: Sent, outcome: str, now: datetime) -> None:
        """What is said once a minute: it takes the place of what was said before it, together with its outcome."""
        with database.atomic("IMMEDIATE"):
            Exchange.delete().where(Exchange.kind == sent.kind).execute()
            self.answered(self.sent(sent, now), outcome, now)

    def listed(self) -> list[ExchangeLine]:
        """The latest first."""
        has_body = Exchange.body.is_null(False)
        columns = (
            Exchange.id, Exchange.at, Exchange.kind, Exchange.lane, Exchange.size, Exchange.wire,
            Exchange.answered_at, Exchange.outcome, has_body,
        )  # fmt: skip
        rows = Exchange.select(*columns).order_by(Exchange.id.desc()).tuples().execute()
        return [ExchangeLine(*row) for row in rows]

    def pace(self, now: datetime) -> float | None:
        """Bytes a second that the city took in the last quarter of an hour; None: too little to say."""
        taken = [
            line
            for line in self.listed()
            if line.kind == "batch" and line.outcome == "200" and now - line.at < _RECENT and line.answered_at
        ]
        if len(taken) < _ENOUGH:
            return None
        seconds = (now - min(line.at for line in taken)).total_seconds()
        return sum(line.size for line in taken) / max(1.0, seconds)

    def line(self, exchange_id: int) -> ExchangeLine | None:
        return next((line for line in self.listed() if line.id == exchange_id), None)

    def body(self, exchange_id: int) -> bytes | None:
        row = Exchange.get_or_none(Exchange.id == exchange_id)
        return None if row is None or row.body is None else bytes(row.body)


def forget_exchanges() -> None:
    """In the caller's transaction: a city was left."""
    Exchange.delete().execute()


def readable(body: bytes) -> str:
    """For the eyes: one field a line. What is no JSON is shown as it is."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except ValueError:
        return body.decode("utf-8", "replace")
