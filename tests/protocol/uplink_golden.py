"""The uplink's golden examples, by name: `{message}.{what}.json`, `invalid/{message}.{what}.{reason}.json`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from protocol import (
    uplink,
    uplink_claim,
    uplink_config,
    uplink_door,
    uplink_exchange,
    uplink_hello,
    uplink_live,
    uplink_orders,
    uplink_reconcile,
)

EXAMPLES = Path(uplink.__file__).parent / "examples" / "uplink"


@dataclass(frozen=True, slots=True)
class Message:
    """How one message is read and written."""

    parse: Callable[[bytes], Any]
    encode: Callable[[Any], bytes]


def _envelopes(raw: bytes) -> tuple[uplink_orders.Envelope, ...]:
    return tuple(uplink_orders.read_envelope(one) for one in uplink_orders.parse_instructions(raw))


MESSAGES = {
    "hello": Message(uplink_hello.parse_hello, uplink_hello.encode_hello),
    "hello_answer": Message(uplink_hello.parse_hello_answer, uplink_hello.encode_hello_answer),
    "batch": Message(uplink.parse_batch, uplink.encode_batch),
    "batch_answer": Message(uplink.parse_batch_answer, uplink.encode_batch_answer),
    "exchange": Message(uplink_exchange.parse_exchange, uplink_exchange.encode_exchange),
    "exchange_answer": Message(uplink_exchange.parse_exchange_answer, uplink_exchange.encode_exchange_answer),
    "folded_batch": Message(uplink_exchange.parse_folded_batch, uplink_exchange.encode_folded_batch),
    "comparison": Message(uplink_reconcile.parse_comparison, uplink_reconcile.encode_comparison),
    "comparison_answer": Message(uplink_reconcile.parse_comparison_answer, uplink_reconcile.encode_comparison_answer),
    "claim": Message(uplink_claim.parse_claim, uplink_claim.encode_claim),
    "claim_answer": Message(uplink_claim.parse_claim_answer, uplink_claim.encode_claim_answer),
    "renewal": Message(uplink_claim.parse_renewal, uplink_claim.encode_renewal),
    "claim_file": Message(uplink_door.parse_claim_file, uplink_door.encode_claim_file),
    "certificate_request": Message(uplink_door.parse_certificate_request, uplink_door.encode_certificate_request),
    "certificate_answer": Message(uplink_door.parse_certificate_answer, uplink_door.encode_certificate_answer),
    "instructions": Message(_envelopes, uplink_orders.encode_instructions),
    "order": Message(uplink_orders.parse_order, uplink_orders.canonical),
    "ring": Message(uplink_orders.parse_ring, uplink_orders.encode_ring),
    "signed": Message(uplink_orders.parse_signed, uplink_orders.encode_signed),
    "configuration": Message(uplink_config.parse_configuration, uplink_config.encode_configuration),
    "picture": Message(uplink_live.parse_picture, uplink_live.encode_picture),
    "watch": Message(uplink_live.parse_watch, uplink_live.encode_watch),
}


def examples(folder: str = "") -> list[Path]:
    found = sorted(path for path in (EXAMPLES / folder).iterdir() if path.is_file())
    assert found, f"no example in {folder or 'the examples'}"
    return found


def message_name(example: Path) -> str:
    return example.name.split(".")[0]


def message_of(example: Path) -> Message:
    return MESSAGES[message_name(example)]
