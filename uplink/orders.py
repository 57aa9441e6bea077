"""What comes down: the key ring, the configuration, instructions. Fetched when the hello says that there is something.

Knows what is to be asked for; what is believed is `verify`'s, what is done with it the services'.
"""

import logging
import threading
from collections.abc import Callable

from appliance.bootstrap import Services
from appliance.domain.instructions import NotVerified
from appliance.logs import fact
from appliance.store.city_models import CityLink
from protocol.strict_json import Malformed
from protocol.uplink_orders import parse_instructions
from uplink.line import Line
from uplink.process import Session
from uplink.trouble import Trouble, TroubleCode
from uplink.verify import RingVerifier, by_online_key, take_ring

_log = logging.getLogger("orders")


class Downwards:
    """`step` is a duty of the uplink's loop. `wake`: the thread that carries instructions out has something to do."""

    def __init__(self, services: Services, wake: threading.Event) -> None:
        self._services = services
        self._wake = wake
        self._verify = RingVerifier()
        self._done: set[str] = set()  # of the hello whose nonce is `_nonce`
        self._nonce = ""

    def step(self, session: Session) -> bool:
        """One of the three, each once after a hello; the ring first, since the others are judged by it."""
        answer, link = session.answer, session.link
        if answer.nonce != self._nonce:
            self._nonce, self._done = answer.nonce, set()
        if answer.ring_version > link.ring_version and self._is_first("ring"):
            _unless_refused("ring", lambda: self._fetch_ring(session.line))
        elif answer.config_version != link.config_version and self._is_first("config"):
            _unless_refused("config", lambda: self._fetch_configuration(session))
        elif answer.pending and self._is_first("instructions"):
            _unless_refused("instructions", lambda: self._fetch_instructions(session.line))
        else:
            return False
        return True

    def _is_first(self, what: str) -> bool:
        is_first = what not in self._done
        self._done.add(what)
        return is_first

    def _fetch_ring(self, line: Line) -> None:
        try:
            version = take_ring(line.get("ring").body, self._services.clock.now())
        except (Malformed, NotVerified) as error:
            fact(_log, "ring_refused", why=error)
            return
        fact(_log, "ring_taken", version=version)

    def _fetch_configuration(self, session: Session) -> None:
        link, at = CityLink.get_or_none(), session.believed() or self._services.clock.now()
        if link is None:  # left meanwhile
            return
        raw = session.line.get(f"config?have={link.config_version}").body
        is_new = self._services.city_configuration.apply(raw, by_online_key(at))
        fact(_log, "configuration", applied=is_new, why=self._services.city_configuration.trouble())

    def _fetch_instructions(self, line: Line) -> None:
        try:
            envelopes = parse_instructions(line.get("instructions").body)
        except Malformed as error:
            raise Trouble(TroubleCode.FOREIGN, str(error)) from error
        taken = sum(self._services.instructions.take(one, self._verify) for one in envelopes)
        fact(_log, "instructions", came=len(envelopes), taken=taken)
        self._wake.set()


def _unless_refused(what: str, fetch: Callable[[], None]) -> None:
    """There is none, or the city cannot give it: that holds up nothing of what goes the other way."""
    try:
        fetch()
    except Trouble as trouble:
        if trouble.code is not TroubleCode.REJECTED:
            raise
        fact(_log, "not_fetched", what=what, why=trouble.detail)
