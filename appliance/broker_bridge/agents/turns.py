"""Changes of a tablet's password: which one counts at the broker, until the tablet has shown that it has it.

A tablet comes back within milliseconds, with the new password or with the old one. So the broker is made to know the
new one first, which puts out whoever came with the old one; only who answers after that has shown anything. Whatever
gets lost on the way, the one password and the other are tried in turn until the tablet is back: none is locked out.
"""

from collections.abc import Callable
from datetime import datetime

from appliance.broker.credentials import hash_password
from appliance.broker_bridge.agents.translation import Rotates, Turn
from appliance.services.agent_links import Kept, swap_credential, write_rotation
from appliance.services.journal import record
from appliance.store.models import database

SWAP_SECONDS = 20.0  # the tablet tries again every 3 s
CERTAIN_SECONDS = 10.0  # after a restart of ours the broker has been told by then
TOLD_SECONDS = 2.0  # it was told, and who it put out for that has been heard to go
Deed = Callable[[datetime], None]


class Turns:
    """`do`: within the next transaction. `apply`: the broker knows the store's credentials when it returns True."""

    def __init__(self, do: Callable[[Deed], None], apply: Callable[[], bool]) -> None:
        self._do = do
        self._apply = apply
        self._former: dict[
            str, str
        ] = {}  # of tablets that are changing it now: the password before, once it is swapped
        self._swapping: set[str] = set()  # decided, and not known to the broker yet
        self._swapped: set[str] = set()  # written, and not known to the broker yet
        self._doubtful: set[str] = set()
        self._told: set[str] = set()
        self._tried_at: dict[str, float] = {}
        self._begun_at: dict[str, float] = {}

    def begin(self, device_id: str) -> bool:
        """False: it has begun already."""
        if device_id in self._former:
            return False
        with database.atomic("IMMEDIATE"):
            write_rotation(device_id, {"state": "waiting"})
        self._former[device_id] = ""
        self._doubtful.discard(device_id)
        return True

    def forget(self, device_id: str) -> None:
        """Nobody serves it any more: what is in the store of its change is begun or healed anew if it comes back."""
        for known in (self._former, self._tried_at, self._begun_at):
            known.pop(device_id, None)
        for marked in (self._swapping, self._swapped, self._doubtful, self._told):
            marked.discard(device_id)

    def is_swapping(self, device_id: str) -> bool:
        """Whether the broker is about to learn another password of it: nothing may be asked before."""
        return device_id in self._swapping

    def take(self, device_id: str, rotates: Rotates) -> None:
        if rotates.turn is Turn.LEAVING:
            self._swap(device_id, hash_password(rotates.password), is_new=True)
            return
        former = self._former.pop(device_id, "")
        is_certain = device_id not in self._doubtful
        if rotates.turn is Turn.RETURNED and is_certain:
            self._conclude(device_id, is_new=True)
        elif former:
            self._swap(device_id, former, is_new=False)  # `heal` sees to the rest
        else:
            self._conclude(device_id, is_new=False)

    def heal(self, kept: Kept, *, answers: bool, monotonic: float) -> None:
        """A change that is not over, and that no translation is busy with."""
        rotation, device_id = kept.rotation, kept.device_id
        if rotation.get("state") != "waiting" or device_id in self._former:
            self._begun_at.pop(device_id, None)
            return
        begun_at = self._begun_at.setdefault(device_id, monotonic)
        other = rotation.get("other")
        if not isinstance(other, str):
            self._conclude(device_id, is_new=False)
        elif answers:
            if monotonic - begun_at >= (TOLD_SECONDS if device_id in self._told else CERTAIN_SECONDS):
                self._conclude(device_id, is_new=rotation.get("is_new") is True)
        elif monotonic - self._tried_at.setdefault(device_id, monotonic) >= SWAP_SECONDS:
            self._tried_at[device_id] = monotonic
            self._swap(device_id, other, is_new=rotation.get("is_new") is not True)

    def committed(self) -> None:
        """What was done by `do` is in the store: the broker has to know it before anybody is heard again."""
        if self._swapped:
            is_told = self._apply()
            (self._told if is_told else self._doubtful).update(self._swapped)
            (self._doubtful if is_told else self._told).difference_update(self._swapped)
            self._swapped.clear()
        self._swapping.clear()

    def _swap(self, device_id: str, credential: str, *, is_new: bool) -> None:
        def deed(_: datetime) -> None:
            former = swap_credential(device_id, credential)
            if former is None:
                return  # its agent is linked no more
            write_rotation(device_id, {"state": "waiting", "other": former, "is_new": is_new})
            if device_id in self._former:
                self._former[device_id] = former
            self._swapped.add(device_id)

        self._swapping.add(device_id)
        self._do(deed)

    def _conclude(self, device_id: str, *, is_new: bool) -> None:
        def deed(now: datetime) -> None:
            write_rotation(device_id, {"state": "done" if is_new else "undone"})
            record(now, "bridge", "agent.rotated" if is_new else "agent.rotation_undone", f"device:{device_id}")

        self._tried_at.pop(device_id, None)
        self._begun_at.pop(device_id, None)
        self._do(deed)
