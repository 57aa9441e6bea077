"""One joined city, ready to be asked: who we are for it, where it is, and what was sent to it, told to the letter.

Owns the routes and the record of what left. Knows no meaning of what is sent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from backports import zstd

from appliance.clock import Clock
from appliance.services.exchange_log import ExchangeLog, Sent
from appliance.store.city_models import CityLink
from protocol.uplink import MEDIA_TYPE, PACKED, PREFIX
from protocol.uplink_chain import FOLDED
from protocol.uplink_hello import HELLO_MARK, Hello, HelloAnswer, encode_hello, mark_of_hello, parse_hello_answer
from protocol.uplink_words import Standing
from uplink.chained import Chained
from uplink.client import Answer, Client, Request, pinned
from uplink.diagnosis import error_code
from uplink.exchanging import Exchanging, Rider
from uplink.keys import Keys
from uplink.trouble import Trouble, TroubleCode

_LEVEL = 9  # a batch is small: what a school's line saves is worth the milliseconds
_UNKNOWN_ENCODING = "unknown_encoding"  # an earlier city's word for what is folded
JSON = {"Content-Type": MEDIA_TYPE, "Accept": MEDIA_TYPE}


@dataclass(frozen=True, slots=True)
class Link:
    """What must be known of the joined city to speak with it."""

    address: str
    appliance: str
    token: str
    standing: Standing
    config_version: int
    ring_version: int
    reconciled_on: str
    asked_at: datetime | None = None  # a person wants to hear the city now


def read_link() -> Link | None:
    row = CityLink.get_or_none(CityLink.id == 1)
    if row is None:
        return None
    return Link(
        row.address, row.appliance, row.token, Standing(row.standing), row.config_version,
        row.ring_version, row.reconciled_on, row.asked_at,
    )  # fmt: skip


def note_reconciled(day: str) -> None:
    CityLink.update(reconciled_on=day).where(CityLink.id == 1).execute()


class Line:
    """`believed`: the city's time, once it was heard; certificates are held against it."""

    def __init__(self, link: Link, keys: Keys, clock: Clock, believed: Callable[[], datetime | None]) -> None:
        self.appliance = link.appliance
        self._clock = clock
        self._keys = keys
        self._log = ExchangeLog()
        self._authority = _text(keys.authority_path)
        self._certificate = _text(keys.certificate_path)
        self._believed = believed
        self.client = Client(f"https://{link.address}", pinned(self._authority, believed, keys), keys.folder)
        self._address = link.address
        self._exchanging = Exchanging(Chained(self.client), self._log, clock)
        self.folds = False  # whether the city said that it takes what is folded
        self._after_hello: dict[str, str] = {}

    def is_for(self, link: Link) -> bool:
        """False: another city, or our certificate was renewed."""
        told = (link.appliance, link.address, _text(self._keys.certificate_path))
        return told == (self.appliance, self._address, self._certificate)

    def nameless(self) -> Client:
        """Without our certificate: for when it has expired."""
        return Client(f"https://{self._address}", pinned(self._authority, self._believed), self._keys.folder)

    def get(self, route: str, most: int | None = None) -> Answer:
        request = Request("GET", f"{PREFIX}/{route}", headers={"Accept": MEDIA_TYPE})
        if most is not None:
            request = Request("GET", f"{PREFIX}/{route}", headers={"Accept": MEDIA_TYPE}, most=most)
        return self.client.ask(request)

    def post_packed(self, route: str, body: bytes, kind: str) -> Answer:
        packed = zstd.compress(body, _LEVEL)
        request = Request("POST", f"{PREFIX}/{route}", packed, {**JSON, "Content-Encoding": PACKED})
        return self._noted(request, Sent(kind, body, len(body), len(packed)))

    def post(self, route: str, body: bytes, kind: str) -> Answer:
        return self._noted(Request("POST", f"{PREFIX}/{route}", body, JSON), Sent(kind, body, len(body), len(body)))

    def hello(self, hello: Hello, riders: Sequence[Rider]) -> HelloAnswer:
        """Plain, and without riders, to a city that has not said that it takes what is folded. Raises Malformed."""
        try:
            answer = self._exchanging.hello(hello, riders).hello if self.folds else self._plain_hello(hello)
        except Trouble:
            self.folds = False  # perhaps the city was put back to an earlier version
            raise
        self.folds = FOLDED in answer.capabilities
        self._after_hello = {HELLO_MARK: mark_of_hello(answer.token)}
        return answer

    def batch(self, rider: Rider) -> bytes:
        """The answer, still to be judged."""
        try:
            return self._exchanging.batch(rider, self._after_hello) if self.folds else self._post_batch(rider)
        except Trouble as trouble:
            if error_code(trouble.answer) == _UNKNOWN_ENCODING:
                self.folds = False
            raise

    def _plain_hello(self, hello: Hello) -> HelloAnswer:
        return parse_hello_answer(self.ask("hello", encode_hello(hello), "hello").body)

    def _post_batch(self, rider: Rider) -> bytes:
        packed = zstd.compress(rider.body, _LEVEL)
        headers = {**JSON, "Content-Encoding": PACKED, **self._after_hello}
        sent = Sent("batch", rider.body, len(rider.body), len(packed), rider.batch.lane)
        return self._noted(Request("POST", f"{PREFIX}/batch", packed, headers), sent).body

    def upload(self, route: str, file: Path, headers: dict[str, str], kind: str) -> Answer:
        size = file.stat().st_size
        return self._noted(Request("PUT", f"{PREFIX}/{route}", file, headers), Sent(kind, None, size, size))

    def _noted(self, request: Request, sent: Sent) -> Answer:
        """Written down before it goes, and what came of it after."""
        number = self._log.sent(sent, self._clock.now())
        try:
            answer = self.client.ask(request)
        except Trouble as trouble:
            self._log.answered(number, str(trouble.status or trouble.code), self._clock.now())
            raise
        self._log.answered(number, str(answer.status), self._clock.now())
        return answer

    def ask(self, route: str, body: bytes, kind: str) -> Answer:
        """For what is said once a minute: plain, and in the place of what was said before it."""
        outcome = "no answer"
        try:
            answer = self.client.ask(Request("POST", f"{PREFIX}/{route}", body, JSON))
            outcome = str(answer.status)
        except Trouble as trouble:
            outcome = str(trouble.status or trouble.code)
            raise
        finally:
            self._log.only(Sent(kind, body, len(body), len(body)), outcome, self._clock.now())
        return answer

    def close(self) -> None:
        self.client.close()


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise Trouble(TroubleCode.IDENTITY, f"{path.name}: {error.strerror}") from error
