"""What the bridge has to send: commands that are due, and marks of what was sent. Reads and writes receipts."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from appliance.domain.receipts import ReceiptState, retry_after_seconds, states_before
from appliance.store.bulk import execute_many
from appliance.store.fields import from_milliseconds, to_milliseconds
from appliance.store.models import Receipt, database
from protocol.device import Command, CommandType

_OPEN_COMMANDS = (
    "SELECT r.id, r.device_id, r.command, r.expires_at, r.tries, r.updated_at, r.state, g.at, d.base_url "
    "FROM receipt r JOIN gesture g ON g.id = r.gesture_id JOIN device d ON d.id = r.device_id "
    "WHERE r.state IN ('queued', 'sent') AND r.command IS NOT NULL AND r.expires_at > ? ORDER BY r.id"
)
_BEFORE_SENT = ", ".join(f"'{state}'" for state in states_before(ReceiptState.SENT))


@dataclass(frozen=True, slots=True)
class DueCommand:
    device_id: str
    command: Command
    tries: int


class Outgoing:
    def due(self, online: Collection[str], now: datetime) -> list[DueCommand]:
        """Never sent, or sent and not answered for a while, for devices that are there to hear it."""
        rows = database.execute_sql(_OPEN_COMMANDS, (to_milliseconds(now),)).fetchall()
        return [_due(row) for row in rows if row[1] in online and _is_time(row, now)]

    def mark_sent(self, due: Sequence[DueCommand], now: datetime) -> None:
        """After it was handed to the broker: a cut in between repeats the command, which the device does once."""
        moment = to_milliseconds(now)
        with database.atomic("IMMEDIATE"):
            execute_many(
                "UPDATE receipt SET tries = tries + 1, updated_at = ?, state = "
                "CASE WHEN state = 'queued' THEN 'sent' ELSE state END "
                "WHERE id = ? AND state IN ('queued', 'sent')",
                [(moment, one.command.id) for one in due],
            )

    def mark_states_sent(self, versions: Iterable[tuple[str, int]], now: datetime) -> None:
        """Receipts of restrictions: the desired version that carries them went to devices that are online."""
        moment = to_milliseconds(now)
        with database.atomic("IMMEDIATE"):
            execute_many(
                f"UPDATE receipt SET state = 'sent', updated_at = ? WHERE device_id = ? AND version <= ? "  # noqa: S608 - words of an enum
                f"AND state IN ({_BEFORE_SENT})",
                [(moment, device_id, version) for device_id, version in versions],
            )

    def retry_at_once(self, device_ids: Collection[str]) -> None:
        """A device is back: what it has not answered is due now."""
        Receipt.update(tries=0, state=ReceiptState.QUEUED).where(
            Receipt.device.in_(list(device_ids)) & (Receipt.state == ReceiptState.SENT) & Receipt.command.is_null(False)
        ).execute()

    def expire(self, now: datetime) -> int:
        """Commands without an answer at their end; how many."""
        return int(
            Receipt.update(state=ReceiptState.TIMED_OUT, updated_at=now)
            .where(Receipt.state.in_(list(states_before(ReceiptState.TIMED_OUT))) & (Receipt.expires_at <= now))
            .execute()
        )


def _is_time(row: tuple[str, str, str, int, int, int, str, int, str], now: datetime) -> bool:
    tries, updated_at, state = row[4], row[5], row[6]
    if state == ReceiptState.QUEUED:
        return True
    return to_milliseconds(now) - updated_at >= retry_after_seconds(tries) * 1000


def _due(row: tuple[str, str, str, int, int, int, str, int, str]) -> DueCommand:
    command_id, device_id, command, expires_at, tries, _, _, issued_at, base_url = row
    described = json.loads(command)
    command_type, args = CommandType(described["type"]), described["args"]
    if command_type is CommandType.OPEN_DOCUMENT:
        args = {"url": f"{base_url}/documents/{args['sha256']}", **args}
    return DueCommand(
        device_id,
        Command(command_id, command_type, from_milliseconds(issued_at), from_milliseconds(expires_at), args),
        tries,
    )
