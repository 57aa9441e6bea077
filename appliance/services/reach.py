"""Which channel carries what for devices that have an agent beside their own channel, and their two reports as one.

In the bridge's memory only. A device without an agent is not known here, and costs one look into a dictionary.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from appliance.domain.agents import ANSWERING, AgentPresence
from appliance.domain.channels import (
    OF_AN_OWNER,
    RESTRICTIONS,
    Carrier,
    Carriers,
    Channel,
    Evidence,
    Offer,
    Reports,
    choose,
    merge,
    own_abilities,
)
from appliance.services.live_state import LiveStates
from protocol.device import Reported

# Page and agent of a tablet wake up together, and not in the same moment: so long the one is waited for.
WAKING = timedelta(seconds=5)
# After this the broker has dropped what it could not deliver: an order may then go over the other channel.
COPY_SECONDS = {Channel.OWN: 20.0, Channel.AGENT: 10.0}
_COMING = ANSWERING | {AgentPresence.CONNECTED}
_WAKING = frozenset({AgentPresence.ASLEEP, AgentPresence.OFFLINE})


@dataclass(frozen=True, slots=True)
class Link:
    """What each channel of one device can do."""

    own: tuple[str, ...]
    agent: Mapping[str, Evidence]


@dataclass(frozen=True, slots=True)
class Merged:
    """One report, and who answers for which part of it."""

    reported: Reported
    carriers: Carriers


@dataclass(slots=True)
class _Said:
    """`own` and `agent` come in two threads, each in its own: neither may write what the other said."""

    own: Reported | None = None
    agent: Reported | None = None
    woke_at: datetime | None = None


class Reach:
    """`links` is replaced as a whole by one thread and read by others."""

    def __init__(self, live: LiveStates) -> None:
        self._live = live
        self._said: dict[str, _Said] = {}
        self.links: Mapping[str, Link] = {}

    def own_said(self, device_id: str, reported: Reported, now: datetime) -> Merged | None:
        """None: it has no agent, and the report stands as it is."""
        if device_id not in self.links:
            return None
        self._live.claims(device_id, reported.version)
        self._said.setdefault(device_id, _Said()).own = reported
        return self.merged(device_id, now)

    def agent_said(self, device_id: str, reported: Reported) -> None:
        self._said.setdefault(device_id, _Said()).agent = reported

    def own_came(self, device_id: str, now: datetime) -> None:
        """Over its own channel, just now."""
        if device_id in self.links:
            self._said.setdefault(device_id, _Said()).woke_at = now

    def merged(self, device_id: str, now: datetime) -> Merged | None:
        """None: it has no agent, or none of its channels has spoken. A page that has gone knows nothing any more."""
        said, carriers = self._said.get(device_id), self.carriers(device_id, now)
        if said is None or device_id not in self.links:
            return None
        agent = said.agent
        own = said.own if agent is None or self._live.is_own_online(device_id) else None
        merged = merge(Reports(own, agent), carriers)
        return None if merged is None else Merged(merged, carriers)

    def carriers(self, device_id: str, now: datetime) -> Carriers:
        """Of restrictions, by channels that are there or just waking. What nobody carries now is left out."""
        link = self.links.get(device_id)
        if link is None:
            return {}
        agent = self._live.agent_presence(device_id)
        # A page behind another app draws its lock where nobody sees it.
        is_own_there = self._live.is_own_online(device_id) and agent is not AgentPresence.AWAY
        is_agent_there = agent in _COMING or (agent in _WAKING and self._is_waking(device_id, now))
        offers = [offer for offer in _offers(link, own=is_own_there, agent=is_agent_there) if offer.is_reachable]
        found = {name: choose(name, offers) for name in RESTRICTIONS}
        return {name: carrier for name, carrier in found.items() if carrier is not None}

    def route(self, device_id: str, ability: str, sent: tuple[Channel, float] | None) -> Carrier | None:
        """Over which channel an order goes now; None: over none at the moment.

        `sent`: over which channel it went already, and how many seconds ago. It stays there while that channel is, and
        as long as it may still arrive over it: nothing is knowingly done twice.
        """
        link = self.links.get(device_id)
        if link is None:
            return None
        there = {
            Channel.OWN: self._live.is_own_online(device_id),
            Channel.AGENT: self._live.agent_presence(device_id) in ANSWERING,
        }
        offers = list(_offers(link, own=there[Channel.OWN], agent=there[Channel.AGENT]))
        if sent is not None:
            channel, seconds = sent
            if there[channel]:
                offers = [offer for offer in offers if offer.channel is channel]
            elif seconds <= COPY_SECONDS[channel]:
                return None
        carrier = choose(ability, [offer for offer in offers if offer.is_reachable])
        if carrier is None and ability in OF_AN_OWNER and there[Channel.OWN]:
            return Carrier(Channel.OWN, Evidence.CONFIRMED)  # the device itself says that it cannot
        return carrier

    def forget(self, device_id: str) -> None:
        self._said.pop(device_id, None)

    def _is_waking(self, device_id: str, now: datetime) -> bool:
        said = self._said.get(device_id)
        return said is not None and said.woke_at is not None and now - said.woke_at < WAKING


def _offers(link: Link, *, own: bool, agent: bool) -> tuple[Offer, Offer]:
    return Offer(Channel.OWN, own_abilities(link.own), own), Offer(Channel.AGENT, link.agent, agent)
