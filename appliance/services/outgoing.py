"""What the bridge has to send: commands that are due, and marks of what was sent. Reads and writes receipts."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from appliance.domain.channels import Carrier, Channel
from appliance.domain.naming import host_in_url
from appliance.domain.receipts import ReceiptState, retry_after_seconds, states_before
from appliance.store.bulk import execute_many
from appliance.store.fields import from_milliseconds, to_milliseconds
from appliance.store.models import OPEN_RECEIPTS, database
from protocol.device import Command, CommandType

_OPEN_COMMANDS = (
    "SELECT r.id, r.device_id, r.command, r.expires_at, r.tries, r.updated_at, g.at, d.host, r.channel "  # noqa: S608 - our own words
    "FROM receipt r INDEXED BY open_receipts JOIN gesture g ON g.id = r.gesture_id JOIN device d ON d.id = r.device_id "
    f"WHERE {OPEN_RECEIPTS} AND r.state <> 'acknowledged' AND r.command IS NOT NULL AND r.expires_at > ? "
    "ORDER BY r.rowid"  # the order in which they were stored: several gestures may fall into one millisecond
)
_SENT = (
    "UPDATE receipt SET tries = tries + 1, updated_at = ?, state = 'sent', channel = 'own' "
    "WHERE id = ? AND state IN ('queued', 'sent')"
)
# Only if it is still as it was read: the other channel may have got it meanwhile.
_CLAIM = (
    "UPDATE receipt SET tries = tries + 1, updated_at = ?, state = 'sent', channel = 'agent', evidence = NULL "
    "WHERE id = ? AND state IN ('queued', 'sent') AND tries = ? AND channel = ? RETURNING id"
)
_BEFORE_SENT = ", ".join(f"'{state}'" for state in states_before(ReceiptState.SENT))
_STATE_SENT = (
    "UPDATE receipt SET state = 'sent', updated_at = ? "  # noqa: S608 - our own words
    f"WHERE device_id = ? AND version <= ? AND {OPEN_RECEIPTS} AND state IN ({_BEFORE_SENT})"
)
_AT_ONCE = (
    f"UPDATE receipt SET tries = 0 WHERE device_id = ? AND channel = 'own' AND {OPEN_RECEIPTS} AND command IS NOT NULL"  # noqa: S608 - our own words
)
_OVERDUE = f"SELECT id FROM receipt WHERE {OPEN_RECEIPTS} AND expires_at <= ?"  # noqa: S608 - our own words
# At its end its tries tell whether it had left; a device that came back had made them none again.
_EXPIRE = (
    "UPDATE receipt SET state = 'timed_out', updated_at = ?, "  # noqa: S608 - our own words
    f"tries = CASE state WHEN 'queued' THEN tries ELSE max(tries, 1) END WHERE id = ? AND {OPEN_RECEIPTS}"
)
_FAIL = "UPDATE receipt SET state = 'failed', error = ?, updated_at = ? WHERE id = ? AND state IN ('queued', 'sent')"
_Row = tuple[str, str, str, int, int, int, int, str, str]


class Routes(Protocol):
    """services.reach.Reach, as far as it is asked here."""

    @property
    def links(self) -> Mapping[str, object]: ...

    def route(self, device_id: str, ability: str, sent: tuple[Channel, float] | None) -> Carrier | None: ...


@dataclass(frozen=True, slots=True)
class DueCommand:
    device_id: str
    command: Command
    tries: int
    channel: Channel = Channel.OWN  # over which it went last, or is to go first


class Outgoing:
    """`scheme` and `port` of the pages as of now: only the host is what the device once knew."""

    def __init__(self, scheme: str, port: int, routes: Routes | None = None) -> None:
        self._scheme = scheme
        self._port = port
        self._routes = routes

    def due(self, online: Collection[str], now: datetime) -> list[DueCommand]:
        """Never sent, or sent and not answered for a while, for devices that are there to hear it; in their order.

        Over their own channel: what goes over an agent is left out.
        """
        rows = database.execute_sql(_OPEN_COMMANDS, (to_milliseconds(now),)).fetchall()
        linked = {} if self._routes is None else self._routes.links
        return [
            self._due(row)
            for row in rows
            if row[1] in online and _is_time(row, now) and (row[1] not in linked or self._goes(row, Channel.OWN, now))
        ]

    def due_for_agents(self, now: datetime) -> list[DueCommand]:
        """Every open order that goes over an agent now, given to it already or not; in their order."""
        if self._routes is None or not self._routes.links:
            return []
        linked = self._routes.links
        rows = database.execute_sql(_OPEN_COMMANDS, (to_milliseconds(now),)).fetchall()
        return [self._due(row) for row in rows if row[1] in linked and self._goes(row, Channel.AGENT, now)]

    def claim_for_agent(self, due: DueCommand, now: datetime) -> bool:
        """Before it is given to the agent; False: it is answered meanwhile, or went over the other channel."""
        with database.atomic("IMMEDIATE"):
            values = (to_milliseconds(now), due.command.id, due.tries, due.channel)
            return bool(database.execute_sql(_CLAIM, values).fetchall())

    def _goes(self, row: _Row, channel: Channel, now: datetime) -> bool:
        if self._routes is None:
            return channel is Channel.OWN
        tries, updated_at, last = row[4], row[5], Channel(row[8])
        sent = None if tries == 0 else (last, (to_milliseconds(now) - updated_at) / 1000)
        carrier = self._routes.route(row[1], json.loads(row[2])["type"], sent)
        return carrier is not None and carrier.channel is channel

    def mark_sent(self, due: Sequence[DueCommand], now: datetime) -> None:
        """After it was handed to the broker: a cut in between repeats the command, which the device does once."""
        self._write(_SENT, [(to_milliseconds(now), one.command.id) for one in due])

    def mark_states_sent(self, versions: Iterable[tuple[str, int]], now: datetime) -> None:
        """Receipts of restrictions: the desired version that carries them went to devices that are online."""
        moment = to_milliseconds(now)
        self._write(_STATE_SENT, [(moment, device_id, version) for device_id, version in versions])

    def mark_failed(self, command_id: str, error: str, now: datetime) -> None:
        """A command that cannot be said in the protocol's words will not be better next time."""
        self._write(_FAIL, [(error, to_milliseconds(now), command_id)])

    def retry_at_once(self, device_ids: Collection[str]) -> None:
        """A device is back: what it has not answered is due now."""
        self._write(_AT_ONCE, [(device_id,) for device_id in device_ids])

    def expire(self, now: datetime) -> int:
        """Orders without an answer at their end; how many. Asked each second: writes nothing when there are none."""
        moment = to_milliseconds(now)
        overdue = database.execute_sql(_OVERDUE, (moment,)).fetchall()
        self._write(_EXPIRE, [(moment, row[0]) for row in overdue])
        return len(overdue)

    def _due(self, row: _Row) -> DueCommand:
        command_id, device_id, command, expires_at, tries, _, issued_at, host, channel = row
        described = json.loads(command)
        command_type, args = CommandType(described["type"]), described["args"]
        if command_type is CommandType.OPEN_DOCUMENT:
            args = {"url": self._address_of(host, args["sha256"]), **args}
        return DueCommand(
            device_id,
            Command(command_id, command_type, from_milliseconds(issued_at), from_milliseconds(expires_at), args),
            tries,
            Channel(channel),
        )

    def _address_of(self, host: str, sha256: str) -> str:
        return f"{self._scheme}://{host_in_url(host)}:{self._port}/documents/{sha256}"

    def _write(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        if rows:
            with database.atomic("IMMEDIATE"):
                execute_many(statement, rows)


def _is_time(row: _Row, now: datetime) -> bool:
    tries, updated_at = row[4], row[5]
    return tries == 0 or to_milliseconds(now) - updated_at >= retry_after_seconds(tries) * 1000
