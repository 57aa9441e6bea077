"""Whether a site that a teacher opened on a device lets itself be framed there: asked once for the whole class.

Not for addresses that the appliance did not tell that device to open: it is nobody's way to look into the network.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from urllib.parse import urlsplit

from appliance.domain.frames import Answer, may_be_framed
from appliance.errors import NotFound
from appliance.services.site_headers import Forbids, Resolve, Unreachable, ask_site, resolve
from appliance.store.models import database

_WAIT_SECONDS = 4.0  # the page itself waits no longer than five
_AT_ONCE = 6
_MOST_KEPT = 200
_KEPT_SECONDS = {Answer.YES: 600.0, Answer.NO: 600.0, Answer.UNKNOWN: 20.0}
_TOLD = (
    "SELECT 1 FROM lesson_device p JOIN gesture g ON g.lesson_id = p.lesson_id "
    "JOIN receipt r ON r.gesture_id = g.id AND r.device_id = p.device_id "
    "WHERE p.device_id = ? AND p.left_at IS NULL AND g.kind = 'open_link' AND json_extract(r.command, '$.args.url') = ?"
)


class Frames:
    """`forbids`: an address that must not be asked, such as our own."""

    def __init__(
        self, forbids: Forbids, resolve: Resolve = resolve, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._forbids = forbids
        self._resolve = resolve
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(_AT_ONCE)
        self._kept: OrderedDict[str, tuple[float, Future[Answer]]] = OrderedDict()  # until when; being asked, or known

    def ask(self, device_id: str, url: str, over_tls: bool) -> Answer:
        """`over_tls`: how the page itself came. Raises NotFound for what this device was not told to open.

        Unknown when there is no line, or no time.
        """
        if database.execute_sql(_TOLD, (device_id, url)).fetchone() is None:
            raise NotFound("no_such_link")
        key = url.partition("#")[0]
        try:
            answer = self._flight(key).result(_WAIT_SECONDS)
        except TimeoutError:
            return Answer.UNKNOWN
        is_plain = urlsplit(url).scheme == "http"
        return Answer.NO if over_tls and is_plain and answer is Answer.YES else answer

    def _flight(self, url: str) -> Future[Answer]:
        """The answer that is known, or on its way, or asked for now; sixty pages ask in the same second."""
        with self._lock:
            until, known = self._kept.get(url, (0.0, None))
            if known is not None and self._monotonic() < until:
                self._kept.move_to_end(url)
                return known
            flight: Future[Answer] = Future()
            self._kept[url] = (float("inf"), flight)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        if self._free.acquire(blocking=False):
            # A daemon: a name server that does not answer must not hold up the end of the process.
            threading.Thread(target=self._fly, args=(url, flight), name="frames", daemon=True).start()
        else:
            self._land(url, flight, Answer.UNKNOWN)
        return flight

    def _fly(self, url: str, flight: "Future[Answer]") -> None:
        answer = Answer.UNKNOWN
        try:
            _, headers = ask_site(url, self._forbids, self._resolve)
            answer = may_be_framed(headers)
        except Unreachable:
            pass
        finally:
            self._free.release()
            self._land(url, flight, answer)

    def _land(self, url: str, flight: "Future[Answer]", answer: Answer) -> None:
        with self._lock:
            if self._kept.get(url, (0.0, None))[1] is flight:
                self._kept[url] = (self._monotonic() + _KEPT_SECONDS[answer], flight)
        flight.set_result(answer)
