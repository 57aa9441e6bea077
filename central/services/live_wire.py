"""What goes over the city's broker: "look now" to schools that have something to fetch, "watch", and their pictures.

Only quicker, never needed: a school looks once a minute by itself.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from central.clock import Clock
from central.domain.orders import Waiting
from central.logs import fact
from central.services.order_delivery import released
from central.store.database import connected, writing
from central.store.desk_models import EffectiveConfiguration, Instruction, LiveView, Order, SignedOrder, Watch
from central.store.models import Appliance
from protocol.strict_json import Malformed
from protocol.uplink_live import (
    BRIDGE_TOPIC,
    LIVE_TOPIC,
    LOOK_TOPIC,
    MAX_WATCH_SECONDS,
    WATCH_TOPIC,
    encode_watch,
    parse_picture,
    school_topic,
)
from protocol.uplink_words import Standing

_log = logging.getLogger("live")
_ASK_AGAIN = timedelta(seconds=20)
_TOLD_FOR = timedelta(minutes=6)  # a choice between two boxes; whoever waits longest asks every five
_NUDGE_AGAIN = timedelta(seconds=30)  # the nudge may have been lost; the school looks by itself soon after


class Said(Protocol):
    """A message of a school, as the connection gives it."""

    @property
    def uai(self) -> str: ...
    @property
    def leaf(self) -> str: ...
    @property
    def payload(self) -> bytes: ...


class LiveWire:
    """The steps are the desk's; `hear` is called by the connection. What pages ask and see is `live_views`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._said: dict[tuple[str, str], Said] = {}
        self._nudged: dict[str, datetime] = {}
        self._asked: dict[str, datetime] = {}

    def hear(self, said: Said) -> None:
        """In another thread. The newest word of a school takes the place of the one before: a flood is its own only."""
        if said.leaf not in (BRIDGE_TOPIC, LIVE_TOPIC):
            return
        with self._lock:
            self._said[said.uai, said.leaf] = said

    def take_step(self) -> bool:
        """One message into the database."""
        with self._lock:
            first = next(iter(self._said), None)
            said = None if first is None else self._said.pop(first)
        if said is None:
            return False
        with connected(), writing():
            if said.leaf == BRIDGE_TOPIC:
                self._bridge(said)
            else:
                self._picture(said)
        return True

    def speak_step(self, publish: Callable[[str, bytes], bool]) -> bool:
        """Nudges and watches that are due. `publish` answers whether anybody is connected."""
        now = self._clock.now()
        with connected():
            waiting = self._with_something_to_fetch()
            watched = {row.school_id for row in Watch.select().where(Watch.until > now)}
        told = [uai for uai in waiting if _is_due(self._nudged, uai, now, _NUDGE_AGAIN)]
        asked = [uai for uai in watched if _is_due(self._asked, uai, now, _ASK_AGAIN)]
        self._nudged = {uai: at for uai, at in self._nudged.items() if uai in waiting}
        self._asked = {uai: at for uai, at in self._asked.items() if uai in watched}
        for uai in told:
            if publish(school_topic(uai, "down", LOOK_TOPIC), b"{}"):
                self._nudged[uai] = now
        for uai in asked:
            if publish(school_topic(uai, "down", WATCH_TOPIC), encode_watch(MAX_WATCH_SECONDS // 4)):
                self._asked[uai] = now
        return False  # what is due again is due in half a minute: never a reason to turn at once

    def _with_something_to_fetch(self) -> set[str]:
        active = (Appliance.standing == Standing.ACTIVE) & Appliance.bridge
        orders = (
            Instruction.select(Instruction.school)
            .join(SignedOrder)
            .switch(Instruction)
            .join(Order)
            .join(Appliance, on=(Appliance.id == Instruction.appliance))
            .where(active & (Instruction.state == Waiting.PENDING) & released())
            .distinct()
            .tuples()
        )
        wishes = (
            Appliance.select(Appliance.school)
            .join(EffectiveConfiguration, on=(EffectiveConfiguration.school == Appliance.school))
            .where(active & (EffectiveConfiguration.version > Appliance.config_version))
            .tuples()
        )
        chosen = Appliance.select(Appliance.school).where(Appliance.chosen_at > self._clock.now() - _TOLD_FOR).tuples()
        return {uai for query in (orders, wishes, chosen) for (uai,) in query.iterator()}

    def _bridge(self, said: Said) -> None:
        is_there = said.payload == b"1"
        self._nudged.pop(said.uai, None)  # it may not have heard what was said before
        Appliance.update(bridge=is_there, bridge_at=self._clock.now()).where(
            (Appliance.school == said.uai) & Appliance.standing.in_([Standing.ACTIVE, Standing.FENCED])
        ).execute()

    def _picture(self, said: Said) -> None:
        """Of a school at which nobody looks, nothing is kept."""
        if not Watch.select().where((Watch.school == said.uai) & (Watch.until > self._clock.now())).exists():
            return
        try:
            picture = parse_picture(said.payload)
        except Malformed as error:
            fact(_log, "picture_malformed", school=said.uai, detail=error.detail)
            return
        devices = [
            {"id": one.id, "name": one.name, "online": one.online, "in_lesson": one.in_lesson,
             "battery": one.battery, "charging": one.charging}
            for one in picture.devices
        ]  # fmt: skip
        LiveView.insert(
            school=said.uai, at=self._clock.now(), picture={"lessons": picture.lessons, "devices": devices}
        ).on_conflict(conflict_target=[LiveView.school], preserve=[LiveView.at, LiveView.picture]).execute()


def _is_due(done: dict[str, datetime], uai: str, now: datetime, every: timedelta) -> bool:
    return uai not in done or now - done[uai] >= every
