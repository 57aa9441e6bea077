"""Which devices a simulator has: those of the state file, and new ones, enrolled as needed. Runs in a thread."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from protocol.device import Capability, EnrollmentRequest
from simulator.catalogue import AGENT, MODELS, OLD_TABLETS, TABLETS, Model
from simulator.clock import read_wall
from simulator.enrollment import Enroller
from simulator.memory import Memory
from simulator.profiles import parse_profile
from simulator.state_file import Kept

SERIAL_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SAVE_EVERY_SECONDS = 1.0


@dataclass(frozen=True)
class Order:
    """What is wanted. Without `seed` every simulator has serials of its own."""

    base: str
    token: str
    profiles: tuple[str, ...]
    seed: int | None = None
    # Profiles that were asked for by name replace those of the state file.
    are_profiles_asked_for: bool = False


def gather(order: Order, kept: list[Kept], enroller: Enroller, save: Callable[[list[Kept]], None]) -> list[Kept]:
    """The devices to run, first to last. `save` is given all that is known, now and then and at the end."""
    known = list(kept)
    saved_at = time.monotonic()
    try:
        for index, profile in enumerate(order.profiles):
            before = known[index] if index < len(known) else None
            now_known = _know(order, before, (index, profile), enroller)
            known[index : index + 1] = [now_known]
            if time.monotonic() - saved_at > SAVE_EVERY_SECONDS:
                save(known)
                saved_at = time.monotonic()
    finally:
        save(known)
    return known[: len(order.profiles)]


def _know(order: Order, before: Kept | None, place: tuple[int, str], enroller: Enroller) -> Kept:
    index, profile = place
    if before is not None and not order.are_profiles_asked_for:
        profile = before.profile
    if before is not None and before.base == order.base:
        return replace(before, profile=profile)
    model, serial = (MODELS[before.model], before.serial) if before else _make(order.seed, index, profile)
    behaviour = parse_profile(profile)
    answer = enroller.enroll(
        EnrollmentRequest(
            token=order.token,
            serial=serial,
            manufacturer=model.manufacturer,
            model=model.model,
            kind=model.kind,
            os=model.os,
            agent=AGENT,
            capabilities=frozenset(Capability) - behaviour.missing,
        )
    )
    own = read_wall() + behaviour.clock_wrong_by
    is_same = before is not None and before.answer.id == answer.id
    memory = before.memory if before is not None and is_same else Memory()
    memory.hub_ahead_seconds = (answer.time - own).total_seconds()
    return Kept(serial, model.model, profile, order.base, answer, memory)


def _make(seed: int | None, index: int, profile: str) -> tuple[Model, str]:
    chance = random.Random(None if seed is None else f"{seed}/{index}")
    models = OLD_TABLETS if parse_profile(profile).is_old_model else TABLETS
    model = models[index % len(models)]
    return model, model.serial_prefix + "".join(chance.choices(SERIAL_LETTERS, k=7))
