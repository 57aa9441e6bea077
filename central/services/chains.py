"""The chains of the boxes that speak with this very process (protocol/uplink_chain.py): packed, in memory, bounded.

Nothing depends on one being there: a box whose chain is not known begins another one.
"""

import json
import threading
from collections import OrderedDict

from backports import zstd

from central.errors import Conflict
from protocol.uplink_chain import UNKNOWN_CHAIN, Chain
from protocol.uplink_folding import Known

MOST_BYTES = 48 * 1024 * 1024  # of one process
_LEVEL = 1


class Chains:
    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[bytes, bytes]] = OrderedDict()  # appliance -> name, packed; oldest first
        self._bytes = 0

    def find(self, appliance: str, name: bytes) -> Chain:
        """A new one for the name of none. Raises Conflict."""
        chain = Chain()
        if name == chain.name:
            return chain
        with self._lock:
            known, packed = self._kept.get(appliance, (b"", b""))
        if known != name:
            raise Conflict(UNKNOWN_CHAIN)
        return _unpacked(name, packed)

    def keep(self, appliance: str, chain: Chain) -> None:
        """In place of the one before: a box goes on from its last word, or begins anew."""
        packed = _packed(chain)
        with self._lock:
            self._drop(appliance)
            self._kept[appliance] = (chain.name, packed)
            self._bytes += len(packed)
            while self._bytes > self._most:
                self._drop(next(iter(self._kept)))

    def _drop(self, appliance: str) -> None:
        _, packed = self._kept.pop(appliance, (b"", b""))
        self._bytes -= len(packed)


def _packed(chain: Chain) -> bytes:
    head = {"bodies": dict(chain.known.bodies), "sizes": dict(chain.known.sizes)}
    return zstd.compress(json.dumps(head, separators=(",", ":")).encode() + b"\n" + chain.text, _LEVEL)


def _unpacked(name: bytes, packed: bytes) -> Chain:
    head, _, text = zstd.decompress(packed).partition(b"\n")
    value = json.loads(head)
    return Chain(name, Known(value["bodies"], value["sizes"]), text)
