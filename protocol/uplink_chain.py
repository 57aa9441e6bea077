"""A chain: what box and city have both seen on one connection, so that it need not be said again.

`Content-Encoding: preau-1` is the chain's name (16 bytes, zeros at its beginning) and a zstd frame whose dictionary is
DICTIONARY and what was last said on the chain. Whoever is asked on a chain that he does not know answers
`unknown_chain`, having done nothing; it is then said anew from the beginning. The compressor is either end's own.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from protocol.strict_json import Malformed, Reason
from protocol.uplink_dictionary import DICTIONARY
from protocol.uplink_folding import Known, known_after

FOLDED = "preau-1"
"""Content-Encoding, and the capability of a city that understands it (its answer to a hello)."""
UNKNOWN_CHAIN = "unknown_chain"
_NAME_BYTES = 16
_MOST_TEXT = 32 * 1024


@dataclass(frozen=True, slots=True)
class Chain:
    """`text`: what was last said, by both. Each exchange that both ends count as done makes the next chain."""

    name: bytes = bytes(_NAME_BYTES)
    known: Known = field(default_factory=Known)
    text: bytes = b""

    @property
    def is_begun(self) -> bool:
        return any(self.name)

    def dictionary(self, said: bytes = b"") -> bytes:
        """For what comes next; `said`: of an answer, what it answers."""
        return DICTIONARY + self.text + said

    def after(self, said: bytes, answered: bytes, taken: Iterable[bytes]) -> "Chain":
        """`taken`: the batches that were acknowledged, as they were encoded."""
        known = self.known
        for body in taken:
            known = known_after(known, body)
        return self.following(said, answered, known)

    def following(self, said: bytes, answered: bytes, known: Known) -> "Chain":
        """`known`: with what was acknowledged."""
        mark = hashlib.sha256(self.name + hashlib.sha256(said).digest() + hashlib.sha256(answered).digest())
        return Chain(mark.digest()[:_NAME_BYTES], known, (self.text + said + answered)[-_MOST_TEXT:])


def framed(chain: Chain, packed: bytes) -> bytes:
    return chain.name + packed


def unframed(raw: bytes) -> tuple[bytes, bytes]:
    """The name of the chain, and what is packed."""
    if len(raw) <= _NAME_BYTES:
        raise Malformed(Reason.MISSING_FIELD, "no chain")
    return raw[:_NAME_BYTES], raw[_NAME_BYTES:]
