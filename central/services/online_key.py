"""A new online key in the place of the one that signs: known to the schools first, then taken into use.

Owns the order of the steps. The ring itself is `rings`', its signature the offline root's.
"""

from central.clock import Clock
from central.domain.roles import Viewer
from central.errors import Conflict
from central.keys.folder import KeyFolder
from central.keys.online import drop_next_key, make_next_key, next_key, switch_to_next
from central.keys.signatures import public_id
from central.services.journal import record
from central.services.rings import ONLINE_LIFE, NewKey, Rings
from central.store.database import writing
from central.store.models import Appliance
from protocol.uplink_words import OrderClass, SignatureAlgorithm, Standing


class OnlineKeys:
    def __init__(self, clock: Clock, folder: KeyFolder, rings: Rings) -> None:
        self._clock = clock
        self._folder = folder
        self._rings = rings

    def prepare(self, actor: Viewer | str) -> str:
        """The id of the next key, which waits for the root's signature. The same one again, unless it was revoked."""
        public = make_next_key(self._folder).public
        if self._is_revoked(public):
            drop_next_key(self._folder, public)
            public = make_next_key(self._folder).public
        key_id = public_id("online", public)
        if all(line.key.id != key_id for line in self._rings.listed()):
            new = NewKey(SignatureAlgorithm.ED25519, public, (OrderClass.ROUTINE,), "central", life=ONLINE_LIFE)
            self._rings.add_key(new, actor)
        return key_id

    def behind(self) -> list[tuple[str, str]]:
        """Boxes that have not fetched the ring that names the next key: id and school. Raises Conflict without one."""
        self._next_id()
        lives = Appliance.standing.in_([Standing.ACTIVE.value, Standing.FENCED.value])
        rows = Appliance.select(Appliance.id, Appliance.school).where(
            lives & (Appliance.ring_version < self._rings.version())
        )
        return [(row.id, row.school_id) for row in rows.order_by(Appliance.school, Appliance.id)]

    def switch(self, actor: Viewer | str) -> str:
        """Its id; it signs from the next start of the server on. Raises Conflict while no signed ring names it."""
        key_id = self._next_id()
        with writing("ring"):
            record(self._clock.now(), actor, "key.replace", f"key:{key_id}")
            switch_to_next(self._folder)
        return key_id

    def _next_id(self) -> str:
        key, ring = next_key(self._folder), self._rings.ring()
        if key is None or self._is_revoked(key.public):
            raise Conflict("no_next_key")
        named = () if ring is None else ring.keys
        if not any(one.public == key.public and not one.revoked for one in named):
            raise Conflict("next_key_unsigned")
        return public_id("online", key.public)

    def _is_revoked(self, public: str) -> bool:
        """Here; perhaps not yet in a ring that is signed."""
        return any(line.key.public == public and line.key.revoked for line in self._rings.listed())
