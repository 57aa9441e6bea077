"""The key ring: what the offline root signs, what it refuses to be."""

import pytest

from central.errors import Conflict, Invalid, NotFound
from central.keys.signatures import SigningSecret
from central.services.rings import sign_ring
from protocol.uplink_orders import SignedDocument, parse_ring
from protocol.uplink_words import OrderClass, SignatureAlgorithm
from signatures.ed25519 import is_signed
from tests.central.services.desk import BOSS, Desk
from tests.support.passkey import Passkey


@pytest.fixture
def desk(city_db: str) -> Desk:
    desk = Desk()
    desk.add_account(BOSS)
    return desk


def test_a_fresh_city_has_a_ring_that_lets_the_online_key_sign_what_is_routine_and_nothing_else(desk: Desk) -> None:
    signed = desk.rings.current()
    assert signed is not None and is_signed(desk.rings.root_public(), signed.document, signed.signature)
    (key,) = parse_ring(signed.document).keys
    assert (key.public, key.classes) == (desk.signing.public, (OrderClass.ROUTINE,))
    desk.rings.found(desk.root, desk.signing.public, "console")  # again: nothing
    assert desk.rings.version() == 1


def test_a_key_counts_once_the_root_has_signed_the_ring_that_holds_it(desk: Desk) -> None:
    passkey = Passkey("console.ville.example")
    assert not desk.rings.is_waiting()
    key_id = desk.add_passkey(BOSS, passkey)
    assert desk.rings.version() == 2 and not desk.rings.is_waiting()
    assert {line.key.id: line.is_in_force for line in desk.rings.listed()}[key_id]
    desk.rings.revoke_key(key_id, BOSS)
    assert desk.rings.is_waiting()
    assert not {line.key.id: line.is_in_force for line in desk.rings.listed()}[key_id]
    desk.sign_ring()
    ring = desk.rings.ring()
    assert ring is not None and {key.id: key.revoked for key in ring.keys}[key_id]


def test_a_ring_of_another_root_an_altered_one_and_an_older_one_are_refused(desk: Desk) -> None:
    older = sign_ring(desk.root, desk.rings.draft())
    desk.sign_ring()
    with pytest.raises(Conflict, match="ring_not_newer"):
        desk.rings.accept(older, BOSS)
    draft = desk.rings.draft()
    with pytest.raises(Invalid, match="bad_ring"):
        desk.rings.accept(sign_ring(SigningSecret.new(), draft), BOSS)
    right = sign_ring(desk.root, draft)
    with pytest.raises(Invalid, match="bad_ring"):
        desk.rings.accept(SignedDocument(right.document.replace(b"Ville", b"Autre"), right.signature), BOSS)
    assert desk.rings.version() == 2


def test_the_root_of_a_city_is_never_replaced(desk: Desk) -> None:
    with pytest.raises(Conflict, match="root_exists"):
        desk.rings.adopt_root(SigningSecret.new().public, BOSS)


def test_a_passkey_is_never_allowed_to_wipe(desk: Desk) -> None:
    with pytest.raises(Invalid):
        desk.rings.add_passkey("any", (OrderClass.SENSITIVE, OrderClass.DESTRUCTIVE), BOSS)
    with pytest.raises(NotFound):
        desk.rings.add_passkey("unknown", (OrderClass.SENSITIVE,), BOSS)


def test_the_ring_names_the_domain_of_the_console_for_passkeys(desk: Desk) -> None:
    ring = desk.rings.ring()
    assert ring is not None and ring.relying_party == "console.ville.example"
    desk.add_passkey(BOSS, Passkey())
    ring = desk.rings.ring()
    assert ring is not None and SignatureAlgorithm.WEBAUTHN in {key.algorithm for key in ring.keys}
