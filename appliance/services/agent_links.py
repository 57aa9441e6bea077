"""Foreign agents as the administrator keeps them: their door, and which tablet has which agent under which name.

What agents say and are told is the bridge's (`broker_bridge/agents/`); here are their names, passwords and memory.
"""

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from appliance.broker.credentials import hash_password, new_password
from appliance.clock import Clock
from appliance.domain.agents import AgentMemory, AgentPresence, Alarm, memory_as_json, read_memory
from appliance.domain.channels import AgentName, Profile, able_now, agent_abilities, checked_agent, union
from appliance.domain.devices import DeviceStatus
from appliance.domain.people import Actor
from appliance.errors import Conflict, NotFound
from appliance.nudge import NudgeSender
from appliance.services.journal import record
from appliance.services.settings import read_setting, write_setting
from appliance.store.fields import read_words
from appliance.store.live import read_agent_presences
from appliance.store.models import AgentLink, Device, LessonDevice, database

ENABLED_SETTING = "agents_enabled"
_YES = "yes"
_PREFIX = {AgentName.WEBVIEW_KIOSK: "wk"}
_EXIT_DIGITS = 6

# Two processes write into `state`: each its own part, in one statement.
_REMEMBER = "UPDATE agent_link SET state = json_set(COALESCE(state, '{}'), ?, json(?)) WHERE device_id = ?"
_CREDENTIALS = (
    "SELECT a.username, a.credential FROM agent_link a JOIN device d ON d.id = a.device_id WHERE d.status = 'active'"
)
_KEPT = (
    "SELECT a.device_id, a.agent, a.profile, a.username, a.created_at, d.host, d.capabilities, a.capabilities, a.state "
    "FROM agent_link a JOIN device d ON d.id = a.device_id "
    "WHERE d.status = 'active' AND EXISTS (SELECT 1 FROM setting WHERE key = ? AND value = ?) ORDER BY a.device_id"
)
_json = AgentLink.state


@dataclass(frozen=True, slots=True)
class Handed:
    """What is shown once, and set up on the tablet. Printed, the secrets are stars."""

    device_id: str
    agent: AgentName
    profile: Profile
    username: str
    password: str
    exit_code: str

    def __repr__(self) -> str:
        return f"Handed({self.device_id!r}, {self.username!r}, '***')"


@dataclass(frozen=True, slots=True)
class Linked:
    """One tablet's agent, for the administrator."""

    device_id: str
    number: int
    name: str
    agent: AgentName
    profile: Profile
    username: str
    exit_code: str
    abilities: tuple[str, ...]
    presence: AgentPresence
    memory: AgentMemory
    rotation: Mapping[str, object]
    created_at: datetime
    seen_at: datetime | None

    def __repr__(self) -> str:
        return f"Linked({self.device_id!r}, {self.username!r})"


class DoorState(StrEnum):
    SHUT = "shut"
    OPENING = "opening"
    OPEN = "open"
    BLOCKED = "blocked"  # another program has the port


class AgentLinks:
    """`apply`: the agents' broker takes the store's credentials over. `look`: what is on the agents' port, were it
    to be open.
    """

    def __init__(
        self,
        clock: Clock,
        nudge: NudgeSender,
        apply: Callable[[], object],
        port: int,
        look: Callable[[], DoorState] = lambda: DoorState.OPENING,
    ) -> None:
        self._clock = clock
        self._nudge = nudge
        self._apply = apply
        self.port = port
        self._look = look

    def is_enabled(self) -> bool:
        return is_enabled()

    def door(self) -> DoorState:
        """What is wanted, and what there is: another program may have taken the port while the appliance was off."""
        return self._look() if is_enabled() else DoorState.SHUT

    def enable(self, actor: Actor) -> None:
        """The supervisor opens the door within a second or two. Raises Conflict where another program has the port."""
        with database.atomic("IMMEDIATE"):
            if is_enabled():
                return
            if self._look() is DoorState.BLOCKED:
                raise Conflict("agents_port_taken", port=self.port)
            write_setting(ENABLED_SETTING, _YES)
            record(self._clock.now(), actor, "agents.enable")
        self._nudge.send()

    def disable(self, actor: Actor) -> None:
        """Closed within a second or two, with everybody who is connected. The links stay.

        Raises Conflict while a lesson holds a tablet of theirs: what it holds back could not be lifted any more.
        """
        with database.atomic("IMMEDIATE"):
            if not is_enabled():
                return
            _must_be_free(None)
            write_setting(ENABLED_SETTING, "")
            record(self._clock.now(), actor, "agents.disable")
        self._nudge.send()

    def link(self, actor: Actor, device_id: str, agent: str, profile: str) -> Handed:
        """Again for a device that has one: set up anew, under the same name, and what was known of it is forgotten."""
        name, held = checked_agent(agent, profile)
        now, password = self._clock.now(), new_password()
        with database.atomic("IMMEDIATE"):
            _must_serve(device_id)
            handed = Handed(device_id, name, held, _username(device_id, name), password, _exit_code())
            AgentLink.delete().where(AgentLink.device == device_id).execute()
            AgentLink.create(
                device=device_id,
                agent=name,
                profile=held,
                username=handed.username,
                credential=hash_password(password),
                exit_code=handed.exit_code,
                capabilities=sorted(agent_abilities(name, held)),
                created_at=now,
                force_insert=True,
            )
            record(now, actor, "agent.link", f"device:{device_id}", agent=name, profile=held)
        self._take_over()
        return handed

    def unlink(self, actor: Actor, device_id: str) -> None:
        """Its password ends at once; the tablet is not told, and keeps the kiosk until an adult leaves it.

        Raises NotFound, and Conflict like `disable`.
        """
        with database.atomic("IMMEDIATE"):
            row = _link_of(device_id)
            _must_be_free(device_id)
            AgentLink.delete().where(AgentLink.device == device_id).execute()
            record(self._clock.now(), actor, "agent.unlink", f"device:{device_id}", agent=row.agent)
        self._take_over()

    def rotate(self, actor: Actor, device_id: str) -> None:
        """A new password, given over MQTT by the bridge as soon as the tablet answers; see `Linked.rotation`."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            _link_of(device_id)
            write_rotation(device_id, {"state": "asked"})
            record(now, actor, "agent.rotate", f"device:{device_id}")
        self._nudge.send()

    def accept(self, actor: Actor, device_id: str) -> None:
        """The administrator has seen that the agent was installed again: the notice goes."""
        with database.atomic("IMMEDIATE"):
            row = _link_of(device_id)
            state = row.state or {}
            state["accepted"] = read_memory(state.get("memory")).instance
            AgentLink.update(state=state).where(AgentLink.device == device_id).execute()
            record(self._clock.now(), actor, "agent.accept", f"device:{device_id}")
        self._nudge.send()

    def listing(self) -> list[Linked]:
        """Of devices in service, by number and name."""
        query = AgentLink.select(AgentLink, Device).join(Device).where(Device.status == DeviceStatus.ACTIVE)
        rows = list(query.order_by(Device.number, Device.name, Device.id))
        presences = read_agent_presences(row.device_id for row in rows)
        return [_linked(row, presences.get(row.device_id)) for row in rows]

    def of(self, device_id: str) -> Linked | None:
        row = AgentLink.get_or_none(AgentLink.device == device_id)
        return None if row is None else _linked(row, read_agent_presences([device_id]).get(device_id))

    def _take_over(self) -> None:
        try:
            self._apply()
        finally:
            self._nudge.send()


def is_enabled() -> bool:
    return read_setting(ENABLED_SETTING) == _YES


def agent_credentials() -> dict[str, str]:
    """User name -> salted hash, of every agent that may connect. Opens its own connection when there is none."""
    with database.connection_context() if database.is_closed() else database.atomic():
        return dict(database.execute_sql(_CREDENTIALS).fetchall())


def write_memory(device_id: str, memory: AgentMemory) -> None:
    """Within the caller's transaction."""
    database.execute_sql(_REMEMBER, ("$.memory", _json.db_value(memory_as_json(memory)), device_id))


def write_rotation(device_id: str, rotation: Mapping[str, object]) -> None:
    """Within the caller's transaction. `state`: asked, waiting, done or undone."""
    database.execute_sql(_REMEMBER, ("$.rotation", _json.db_value(dict(rotation)), device_id))


@dataclass(frozen=True, slots=True)
class Kept:
    """One tablet's agent as the bridge needs it. `host`: the name by which the tablet knows this appliance."""

    device_id: str
    agent: AgentName
    profile: Profile
    username: str
    since: int  # when it was linked: linked again, it is another one
    host: str
    own: tuple[str, ...]
    words: tuple[str, ...]  # what its agent was seen to be able to
    memory: AgentMemory
    rotation: Mapping[str, object]


def kept_links() -> list[Kept]:
    """Of devices in service, while agents are enabled, and of agents that somebody translates."""
    return [
        kept
        for row in database.execute_sql(_KEPT, (ENABLED_SETTING, _json.db_value(_YES))).fetchall()
        if (kept := _kept(row))
    ]


def _kept(row: tuple[Any, ...]) -> Kept | None:
    device_id, agent, profile, username, since, host, own, words, state = row
    try:
        name, held = AgentName(agent), Profile(profile)
    except ValueError:
        return None
    said = _json.python_value(state) or {}
    memory, rotation = read_memory(said.get("memory")), said.get("rotation") or {}
    return Kept(device_id, name, held, username, since, host, read_words(own), read_words(words), memory, rotation)


def record_answer(device_id: str, words: Collection[str] | None, now: datetime) -> None:
    """Within the caller's transaction: it answers, and (None: as before) can do this."""
    AgentLink.update(seen_at=now).where(AgentLink.device == device_id).execute()
    if words is not None:
        AgentLink.update(capabilities=sorted(words)).where(AgentLink.device == device_id).execute()


def swap_credential(device_id: str, credential: str) -> str | None:
    """Within the caller's transaction: the one that counted before; None: it has no agent any more."""
    row: AgentLink | None = AgentLink.get_or_none(AgentLink.device == device_id)
    if row is None:
        return None
    AgentLink.update(credential=credential).where(AgentLink.device == device_id).execute()
    return str(row.credential)


@lru_cache(maxsize=256)
def words_of_all_channels(own: str, agent: str | None, profile: str | None, words: str | None) -> tuple[str, ...]:
    """What a device can do, as stored: its own capabilities, and those of its agent."""
    if agent is None or profile is None or words is None:
        return read_words(own)
    return tuple(sorted(union(read_words(own), able_now(agent, profile, read_words(words)))))


def _must_serve(device_id: str) -> None:
    device = Device.get_or_none(Device.id == device_id)
    if device is None:
        raise NotFound("no_device")
    if device.status != DeviceStatus.ACTIVE or device.guest_lesson_id is not None:
        raise Conflict("device_not_in_service")


def _must_be_free(device_id: str | None) -> None:
    """This tablet, or (None) every one with an agent, is in no lesson."""
    held = LessonDevice.select().join(AgentLink, on=(AgentLink.device == LessonDevice.device))
    held = held.where(LessonDevice.left_at.is_null())
    if device_id is not None:
        held = held.where(LessonDevice.device == device_id)
    if held.exists():
        raise Conflict("agents_in_lesson")


def _link_of(device_id: str) -> AgentLink:
    row: AgentLink | None = AgentLink.get_or_none(AgentLink.device == device_id)
    if row is None:
        raise NotFound("no_agent_link")
    return row


def _username(device_id: str, agent: AgentName) -> str:
    """Says what it is, and never a device's own name: `wk-7k3m9q2x`."""
    return f"{_PREFIX[agent]}-{device_id.removeprefix('d-')}"


def _exit_code() -> str:
    """Typed by an adult who stands there; the tablet itself slows down whoever guesses."""
    return "".join(secrets.choice("0123456789") for _ in range(_EXIT_DIGITS))


def _linked(row: AgentLink, presence: str | None) -> Linked:
    state = row.state or {}
    memory = read_memory(state.get("memory"))
    if state.get("accepted") == memory.instance:
        memory = replace(memory, alarms=memory.alarms - {Alarm.REINSTALLED})
    return Linked(
        device_id=row.device_id,
        number=row.device.number,
        name=row.device.name,
        agent=AgentName(row.agent),
        profile=Profile(row.profile),
        username=row.username,
        exit_code=row.exit_code,
        abilities=tuple(row.capabilities),
        presence=AgentPresence(presence or AgentPresence.OFFLINE),
        memory=memory,
        rotation=state.get("rotation") or {},
        created_at=row.created_at,
        seen_at=row.seen_at,
    )
