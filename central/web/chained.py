"""What a box says on a chain (`Content-Encoding: preau-1`), read within bounds; its answer makes the next link.

A link counts when its answer was made: one that was lost is a chain that the box does not know, and it begins anew.
"""

from dataclasses import dataclass

from backports import zstd
from flask import Request, Response

from central.services.chains import Chains
from central.web.bodies import bounded, unpacked
from protocol.uplink import MAX_BODY_BYTES, MEDIA_TYPE
from protocol.uplink_chain import FOLDED, Chain, unframed
from protocol.uplink_folding import Known

_LEVEL = 12  # an answer is small


@dataclass(frozen=True, slots=True)
class Said:
    """`text`: unpacked, still folded."""

    appliance: str
    chain: Chain
    text: bytes


def is_chained(request: Request) -> bool:
    return request.headers.get("Content-Encoding", "").strip().lower() == FOLDED


def hear(request: Request, chains: Chains, appliance: str) -> Said:
    """Raises Conflict, with nothing done, when the chain is not known here."""
    name, packed = unframed(bounded(request, MAX_BODY_BYTES))
    chain = chains.find(appliance, name)
    return Said(appliance, chain, unpacked(packed, MAX_BODY_BYTES, chain.dictionary()))


def answer(said: Said, body: bytes, chains: Chains, known: Known) -> Response:
    """`known`: with the batches that it acknowledges."""
    dictionary = zstd.ZstdDict(said.chain.dictionary(said.text), is_raw=True).as_prefix
    packed = zstd.compress(body, _LEVEL, zstd_dict=dictionary)
    chains.keep(said.appliance, said.chain.following(said.text, body, known), said.chain)
    return Response(packed, mimetype=MEDIA_TYPE, headers={"Content-Encoding": FOLDED})
