"""The box's end of a chain (protocol/uplink_chain.py): says a text in few bytes, keeps what both know.

Knows no message. A chain ends with a lost answer or with the city's process; another one is then begun.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from backports import zstd

from protocol.uplink import MAX_BODY_BYTES, PREFIX
from protocol.uplink_chain import FOLDED, UNKNOWN_CHAIN, Chain, framed
from protocol.uplink_folding import Known
from uplink.client import Answer, Client, Request
from uplink.diagnosis import error_code
from uplink.trouble import Trouble, TroubleCode

_LEVEL = 19  # of a few kilobytes: milliseconds
_HEADERS = {"Content-Encoding": FOLDED}
_CONFLICT = 409


@dataclass(frozen=True, slots=True)
class Question:
    """`write`: the text, for what the other end knows. `read`: the answer's batches that count; raises Trouble.

    `goes`: called with the text and the number of bytes before each try. `headers`: beside the chain's.
    """

    route: str
    write: Callable[[Known], bytes]
    read: Callable[[bytes], Sequence[bytes]]
    goes: Callable[[bytes, int], None]
    headers: Mapping[str, str] = field(default_factory=dict)


class Chained:
    def __init__(self, client: Client) -> None:
        self._client = client
        self._chain = Chain()

    def ask(self, question: Question) -> int:
        """How many bytes went out. Asks once more from the beginning where our chain is not known."""
        while True:
            chain = self._chain
            self._chain = Chain()  # until it is answered
            text = question.write(chain.known)
            packed = framed(chain, zstd.compress(text, _LEVEL, zstd_dict=_before(chain.dictionary())))
            question.goes(text, len(packed))
            try:
                headers = {**_HEADERS, **question.headers}
                answer = self._client.ask(Request("POST", f"{PREFIX}/{question.route}", packed, headers))
            except Trouble as trouble:
                if chain.is_begun and trouble.status == _CONFLICT and error_code(trouble.answer) == UNKNOWN_CHAIN:
                    continue
                if trouble.status:  # refused whole: the chain is where it was
                    self._chain = chain
                raise
            told = _unpacked(answer, chain.dictionary(text))
            self._chain = chain.after(text, told, question.read(told))
            return len(packed)


def _before(dictionary: bytes) -> tuple[zstd.ZstdDict, int]:
    return zstd.ZstdDict(dictionary, is_raw=True).as_prefix


def _unpacked(answer: Answer, dictionary: bytes) -> bytes:
    try:
        opened = zstd.ZstdDecompressor(zstd_dict=_before(dictionary))
        told = opened.decompress(answer.body, MAX_BODY_BYTES)
    except zstd.ZstdError as error:
        raise Trouble(TroubleCode.FOREIGN, "an answer that is not on our chain") from error
    if not opened.eof:
        raise Trouble(TroubleCode.FOREIGN, "an answer without an end")
    return told
