"""The chains of the boxes that speak with this very process (protocol/uplink_chain.py): packed, in memory, bounded.

Nothing depends on one being there: a box whose chain is not known begins another one.
"""

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass

from backports import zstd

from central.errors import Conflict
from protocol.uplink_chain import UNKNOWN_CHAIN, Chain
from protocol.uplink_folding import Known

MOST_BYTES = 48 * 1024 * 1024  # of one process
_LEVEL = 1


@dataclass(frozen=True, slots=True)
class _Packed:
    name: bytes = b""
    known: bytes = b""
    text: bytes = b""

    @property
    def size(self) -> int:
        return len(self.known) + len(self.text)


_NOTHING = _Packed()


class Chains:
    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Packed] = OrderedDict()  # by appliance; oldest first
        self._bytes = 0

    def find(self, appliance: str, name: bytes) -> Chain:
        """A new one for the name of none. Raises Conflict."""
        chain = Chain()
        if name == chain.name:
            return chain
        with self._lock:
            packed = self._kept.get(appliance, _NOTHING)
        if packed.name != name:
            raise Conflict(UNKNOWN_CHAIN)
        return Chain(name, _unpacked(packed.known), zstd.decompress(packed.text))

    def keep(self, appliance: str, chain: Chain, before: Chain) -> None:
        """In place of the one before: a box goes on from its last word, or begins anew.

        What is known is large, and most hellos add nothing to it: it is then kept as it was packed.
        """
        with self._lock:
            old = self._kept.get(appliance, _NOTHING)
        is_same = chain.known is before.known and old.name == before.name
        known = old.known if is_same else _packed(chain.known)
        packed = _Packed(chain.name, known, zstd.compress(chain.text, _LEVEL))
        with self._lock:
            self._drop(appliance)
            self._kept[appliance] = packed
            self._bytes += packed.size
            while self._bytes > self._most:
                self._drop(next(iter(self._kept)))

    def _drop(self, appliance: str) -> None:
        self._bytes -= self._kept.pop(appliance, _NOTHING).size


def _packed(known: Known) -> bytes:
    value = {"bodies": dict(known.bodies), "sizes": dict(known.sizes)}
    return zstd.compress(json.dumps(value, separators=(",", ":")).encode(), _LEVEL)


def _unpacked(packed: bytes) -> Known:
    value = json.loads(zstd.decompress(packed))
    return Known(value["bodies"], value["sizes"])
