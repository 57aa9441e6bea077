"""Over which channel a device is reached for what, and how what became of it is known. Tables and rules, no I/O.

A device has its *own* channel (the device protocol) and at most one *agent* beside it, with which a translation speaks.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any

from appliance.errors import Invalid
from protocol.device import UNRESTRICTED, Capability, CommandType, Reported


class Channel(StrEnum):
    OWN = "own"
    AGENT = "agent"


class Evidence(StrEnum):
    """How a success is known; the better ones first."""

    CONFIRMED = "confirmed"  # the device says that it did it
    OBSERVED = "observed"  # it is seen in the device's state
    UNCONFIRMED = "unconfirmed"  # it was sent, and nothing can confirm it


class AgentName(StrEnum):
    WEBVIEW_KIOSK = "webview-kiosk"


class Profile(StrEnum):
    """How the tablet is held; each agent has those that PROFILES names."""

    OWNER = "owner"  # the agent is the device's owner: a lock is a lock
    MANAGED = "managed"  # another app owns the device and installs the agent


PROFILES: dict[AgentName, tuple[Profile, ...]] = {AgentName.WEBVIEW_KIOSK: (Profile.OWNER, Profile.MANAGED)}

# By ability: a Capability, or a command that has no capability word (identify, report).
_SEEN, _UNSEEN = Evidence.OBSERVED, Evidence.UNCONFIRMED
_ANYHOW: dict[str, Evidence] = {
    Capability.INTERNET: _SEEN,
    Capability.OPEN_LINK: _SEEN,
    Capability.MESSAGE: _UNSEEN,
    CommandType.IDENTIFY: _UNSEEN,
    CommandType.REPORT: _SEEN,
}
_AGENTS: dict[tuple[AgentName, Profile], dict[str, Evidence]] = {
    (AgentName.WEBVIEW_KIOSK, Profile.OWNER): {**_ANYHOW, Capability.LOCK: _SEEN, Capability.OPEN_APP: _SEEN},
    (AgentName.WEBVIEW_KIOSK, Profile.MANAGED): _ANYHOW,
}

RESTRICTIONS = tuple(
    map(str, (Capability.LOCK, Capability.SOUND, Capability.CAMERA, Capability.INTERNET, Capability.APPS))
)
_FREE = {name: getattr(UNRESTRICTED, name) for name in RESTRICTIONS}
_RANK = {evidence: rank for rank, evidence in enumerate(Evidence)}


@dataclass(frozen=True, slots=True)
class Offer:
    """What one channel of a device can do, and whether it is there now."""

    channel: Channel
    abilities: Mapping[str, Evidence]
    is_reachable: bool = True


@dataclass(frozen=True, slots=True)
class Carrier:
    """The channel that does it, and how one will know."""

    channel: Channel
    evidence: Evidence


Carriers = Mapping[str, Carrier]


def checked_agent(agent: str, profile: str) -> tuple[AgentName, Profile]:
    """Raises Invalid for an agent that nobody translates, or a profile that it does not have."""
    try:
        name, held = AgentName(agent), Profile(profile)
    except ValueError:
        raise Invalid("bad_agent", {"agent": "unknown_value"}) from None
    if held not in PROFILES[name]:
        raise Invalid("bad_agent", {"profile": "unknown_value"})
    return name, held


def agent_abilities(agent: AgentName, profile: Profile) -> Mapping[str, Evidence]:
    """What a tablet held like this can do through its agent, as far as the tablet itself does not deny it."""
    return _AGENTS[agent, profile]


def able_now(agent: str, profile: str, words: Collection[str]) -> Mapping[str, Evidence]:
    """As stored: `words` are those that this tablet was seen to be able to. Nothing for an agent we know no more."""
    try:
        table = _AGENTS[AgentName(agent), Profile(profile)]
    except (KeyError, ValueError):
        return {}
    return {ability: evidence for ability, evidence in table.items() if ability in words}


# They have no capability word in the contract. Who installs apps owns the device; a page in a browser does neither.
OF_AN_OWNER = tuple(map(str, (CommandType.REBOOT, CommandType.WIPE)))
_OF_EVERY_DEVICE = tuple(map(str, (CommandType.IDENTIFY, CommandType.REPORT)))


@lru_cache(maxsize=256)
def own_abilities(capabilities: frozenset[str] | tuple[str, ...]) -> Mapping[str, Evidence]:
    """A device that speaks the device protocol answers for all that it does, `identify` and `report` included."""
    owned = OF_AN_OWNER if Capability.PACKAGES in capabilities else ()
    named = (*capabilities, *_OF_EVERY_DEVICE, *owned)
    return dict.fromkeys(named, Evidence.CONFIRMED)


def union(own: Iterable[str], agent: Iterable[str]) -> frozenset[str]:
    """What the device can do: what any of its channels can."""
    words = set(map(str, Capability))
    return frozenset(own) | (frozenset(map(str, agent)) & words)


def choose(ability: str, offers: Iterable[Offer]) -> Carrier | None:
    """The reachable channel with the best evidence, the own one when equal; None: no channel can do it."""
    able = [offer for offer in offers if ability in offer.abilities]
    if not able:
        return None
    best = min(
        able,
        key=lambda one: (not one.is_reachable, _RANK[one.abilities[ability]], one.channel is not Channel.OWN),
    )
    return Carrier(best.channel, best.abilities[ability])


def weakest(carriers: Iterable[Carrier]) -> Carrier:
    """Of several parts of one order: known no better than the part that is known worst. The own one for none."""
    found = sorted(carriers, key=lambda one: (_RANK[one.evidence], one.channel is not Channel.OWN))
    return found[-1] if found else Carrier(Channel.OWN, Evidence.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Reports:
    """What the channels of one device say of it; None: nothing so far."""

    own: Reported | None = None
    agent: Reported | None = None

    def of(self, channel: Channel) -> Reported | None:
        return self.own if channel is Channel.OWN else self.agent


@dataclass(slots=True)
class _Merging:
    restrictions: dict[str, Any] = field(default_factory=lambda: dict(_FREE))
    unsupported: list[Capability] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)


def merge(reports: Reports, carriers: Carriers) -> Reported | None:
    """One report out of two: each restriction as the channel says that carries it.

    What no channel carries is unsupported. The version is one that every carrier has applied. None: nobody has spoken.
    """
    base = reports.own or reports.agent
    if base is None:
        return None
    merging = _Merging()
    for name in RESTRICTIONS:
        carrier = carriers.get(name)
        _merge_one(name, None if carrier is None else reports.of(carrier.channel), merging)
    agent = reports.agent
    is_told = any(report is not None and report.restrictions is not None for report in (reports.own, agent))
    return replace(
        base,
        version=_common_version(reports, carriers),
        restrictions=replace(UNRESTRICTED, **merging.restrictions) if is_told else None,
        unsupported=tuple(merging.unsupported),
        errors={**_other_errors(reports.own), **merging.errors},
        battery=base.battery or (None if agent is None else agent.battery),
        foreground=base.foreground or (None if agent is None else agent.foreground),
    )


def _merge_one(name: str, report: Reported | None, merging: _Merging) -> None:
    if report is None or name in report.unsupported:
        merging.unsupported.append(Capability(name))
        return
    if report.restrictions is not None:
        merging.restrictions[name] = getattr(report.restrictions, name)
    if name in report.errors:
        merging.errors[name] = report.errors[name]


def _common_version(reports: Reports, carriers: Carriers) -> int:
    """0 while a carrier has not spoken: nothing is settled by half of a device."""
    channels = {carrier.channel for name, carrier in carriers.items() if name in RESTRICTIONS}
    said = [reports.of(channel) for channel in channels] or [reports.own or reports.agent]
    return min(0 if report is None else report.version for report in said)


def _other_errors(own: Reported | None) -> dict[str, str]:
    return {} if own is None else {key: text for key, text in own.errors.items() if key not in RESTRICTIONS}
