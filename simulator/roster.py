"""Which devices a simulator has: those of the state file, and new ones, enrolled as needed. Runs in a thread."""

import random
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from protocol.device import Capability, EnrollmentRequest, MqttAccess
from simulator.catalogue import AGENT, MODELS, OLD_TABLETS, TABLETS, Model
from simulator.chance import seeded
from simulator.clock import read_wall
from simulator.enrollment import Enroller
from simulator.memory import Memory
from simulator.profiles import parse_profile
from simulator.state_file import Kept

SERIAL_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SAVE_EVERY_SECONDS = 1.0
# A broker that has just been started may need a moment; one that moved will not answer at all.
REACH_TRIES = 4
REACH_PAUSE_SECONDS = 0.5
REACH_TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True)
class Order:
    """What is wanted. Without `seed` every simulator has serials of its own."""

    base: str
    token: str
    profiles: tuple[str, ...]
    seed: int | None = None
    # Profiles that were asked for by name replace those of the state file.
    are_profiles_asked_for: bool = False


@dataclass(frozen=True)
class _Who:
    serial: str
    model: Model
    profile: str


class Roster:
    """`save` is given all devices known so far, now and then and at the end; `wait` sleeps, and returns True when the
    simulator is ending."""

    def __init__(
        self, order: Order, enroller: Enroller, save: Callable[[list[Kept]], None], wait: Callable[[float], bool]
    ) -> None:
        self._order = order
        self._enroller = enroller
        self._save = save
        self._wait = wait
        self._reached: dict[tuple[str, int], bool] = {}

    def gather(self, kept: list[Kept]) -> list[Kept]:
        """The devices to run, first to last."""
        known = list(kept)
        saved_at = time.monotonic()
        try:
            for index, profile in enumerate(self._order.profiles):
                before = known[index] if index < len(known) else None
                now_known = self._know(before, index, profile)
                known[index : index + 1] = [now_known]
                if time.monotonic() - saved_at > SAVE_EVERY_SECONDS:
                    self._save(known)
                    saved_at = time.monotonic()
        finally:
            self._save(known)
        return known[: len(self._order.profiles)]

    def _know(self, before: Kept | None, index: int, profile: str) -> Kept:
        if before is None:
            return self._enroll(_make(self._order.seed, index, profile), None)
        wanted = profile if self._order.are_profiles_asked_for else before.profile
        if self._is_still_good(before, wanted):
            return replace(before, profile=wanted)
        return self._enroll(_Who(before.serial, MODELS[before.model], wanted), before)

    def _is_still_good(self, kept: Kept, profile: str) -> bool:
        """Not when the appliance moved, nor when the device would now say another thing of itself."""
        before, after = parse_profile(kept.profile), parse_profile(profile)
        is_same = (before.missing, before.clock_wrong_by) == (after.missing, after.clock_wrong_by)
        return is_same and kept.base == self._order.base and self._reaches(kept.answer.mqtt)

    def _enroll(self, who: _Who, before: Kept | None) -> Kept:
        model, behaviour = who.model, parse_profile(who.profile)
        answer = self._enroller.enroll(
            EnrollmentRequest(
                token=self._order.token,
                serial=who.serial,
                manufacturer=model.manufacturer,
                model=model.model,
                kind=model.kind,
                os=model.os,
                agent=AGENT,
                capabilities=frozenset(Capability) - behaviour.missing,
            )
        )
        # Another id is another record: what was remembered belongs to the old one.
        memory = before.memory if before is not None and before.answer.id == answer.id else Memory()
        own = read_wall() + behaviour.clock_wrong_by
        memory.hub_ahead_seconds = (answer.time - own).total_seconds()
        return Kept(who.serial, model.model, who.profile, self._order.base, answer, memory)

    def _reaches(self, access: MqttAccess) -> bool:
        place = (access.host, access.port)
        if place not in self._reached:
            self._reached[place] = any(self._connects(place) for _ in range(REACH_TRIES))
        return self._reached[place]

    def _connects(self, place: tuple[str, int]) -> bool:
        try:
            socket.create_connection(place, REACH_TIMEOUT_SECONDS).close()
        except OSError:
            self._wait(REACH_PAUSE_SECONDS)
            return False
        return True


def _make(seed: int | None, index: int, profile: str) -> _Who:
    chance = random.Random() if seed is None else seeded(f"{seed}/{index}")
    models = OLD_TABLETS if parse_profile(profile).is_old_model else TABLETS
    model = models[index % len(models)]
    return _Who(model.serial_prefix + "".join(chance.choices(SERIAL_LETTERS, k=7)), model, profile)
