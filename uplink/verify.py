"""Who signed an order, a ring or a configuration: by the city's key ring, which its offline root has signed.

The root's public key was pinned at the claim. The checks themselves are `signatures`'. Decides about no order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from appliance.domain.instructions import NotVerified
from appliance.services.journal import record
from appliance.store.city_models import CityLink
from appliance.store.models import database
from protocol.strict_json import Malformed
from protocol.uplink_orders import (
    Envelope,
    Ring,
    RingKey,
    Signature,
    SignedDocument,
    parse_ring,
    parse_signed,
)
from protocol.uplink_words import OrderClass, Refusal, SignatureAlgorithm
from signatures.ed25519 import is_signed
from signatures.passkeys import is_asserted


def read_ring(root: str, raw: bytes) -> tuple[Ring, SignedDocument]:
    """Raises Malformed, NotVerified for a ring that this root has not signed."""
    signed = parse_signed(raw)
    if not is_signed(root, signed.document, signed.signature):
        raise NotVerified(Refusal.WRONG_KEY, "ring")
    return parse_ring(signed.document), signed


def take_ring(raw: bytes, now: datetime) -> int:
    """Stores it in the place of an older one; its version. Raises Malformed, NotVerified (also for an older one).

    Once it names an online key, the one that was pinned at the claim is forgotten: no later ring brings it back.
    """
    with database.atomic("IMMEDIATE"):
        link = CityLink.get_or_none(CityLink.id == 1)
        if link is None:
            raise NotVerified(Refusal.WRONG_KEY, "no_city")
        ring, _ = read_ring(link.root, raw)
        if ring.version <= link.ring_version:
            raise NotVerified(Refusal.SEEN_BEFORE, f"ring {ring.version}, have {link.ring_version}")
        time_key = "" if any(_is_online(key) for key in ring.keys) else link.time_key
        values = {"ring": raw.decode("utf-8"), "ring_version": ring.version, "time_key": time_key}
        CityLink.update(**values).where(CityLink.id == 1).execute()
        record(now, "city", "city.ring", "", version=ring.version, keys=len(ring.keys))
    return ring.version


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a key must be allowed, and when."""

    order_class: OrderClass
    now: datetime


class RingVerifier:
    """Goes by the ring that is in the store at that moment; without one nothing is believed."""

    def __call__(self, envelope: Envelope, order_class: OrderClass, now: datetime) -> str:
        """The holder of a key that may sign this class and did. Raises NotVerified."""
        ring = kept_ring()
        if ring is None:
            raise NotVerified(Refusal.WRONG_KEY, "no_ring")
        why = NotVerified(Refusal.WRONG_KEY, "unsigned")
        for signature in envelope.signatures[:8]:  # one is enough; more is somebody's game
            try:
                return _check(ring, envelope.order, signature, _Rule(order_class, now))
            except NotVerified as error:
                why = error
        raise why


def kept_ring() -> Ring | None:
    """As it was stored after its check; checked again, because a file may be altered."""
    link = CityLink.get_or_none(CityLink.id == 1)
    if link is None or not link.ring:
        return None
    try:
        return read_ring(link.root, link.ring.encode("utf-8"))[0]
    except (Malformed, NotVerified):
        return None


def by_online_key(at: datetime | None = None) -> Callable[[bytes, str], bool]:
    """For configurations and the time: signed by a key that the root lets sign what is routine.

    The key that was pinned at the claim counts only until a ring has named one (`take_ring` forgets it then).
    `at` None: whatever a key's term, since the time itself is being asked for.
    """
    link, ring = CityLink.get_or_none(CityLink.id == 1), kept_ring()
    named = () if ring is None else tuple(key for key in ring.keys if _is_online(key))
    publics = [key.public for key in named if not key.revoked and (at is None or at < key.not_after)]
    if link is not None and link.time_key and not named:
        publics.append(str(link.time_key))
    return lambda document, signature: any(is_signed(public, document, signature) for public in publics)


def _is_online(key: RingKey) -> bool:
    return key.algorithm is SignatureAlgorithm.ED25519 and OrderClass.ROUTINE in key.classes


def _check(ring: Ring, order: bytes, signature: Signature, rule: _Rule) -> str:
    key = next((one for one in ring.keys if one.id == signature.key), None)
    if key is None or key.algorithm is not signature.algorithm:
        raise NotVerified(Refusal.WRONG_KEY, "unknown_key")
    _must_be_allowed(key, rule)
    if key.algorithm is SignatureAlgorithm.ED25519:
        is_right = is_signed(key.public, order, signature.parts.get("signature", ""))
    else:
        is_right = is_asserted(key.public, ring.relying_party, order, signature.parts)
    if not is_right:
        raise NotVerified(Refusal.ALTERED, key.id)
    return key.holder


def _must_be_allowed(key: RingKey, rule: _Rule) -> None:
    if key.revoked:
        raise NotVerified(Refusal.WRONG_KEY, "key_revoked")
    if key.not_after <= rule.now:
        raise NotVerified(Refusal.WRONG_KEY, "key_expired")
    if rule.order_class not in key.classes:
        raise NotVerified(Refusal.WRONG_KEY, "key_not_for_this_class")
