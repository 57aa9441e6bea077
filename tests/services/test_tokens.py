from datetime import timedelta
from pathlib import Path

import pytest

from appliance.errors import Conflict, Invalid, NotFound, NotSignedIn
from appliance.services.carts import Carts
from appliance.services.enrollment import Door, Enrollment
from appliance.services.tokens import Tokens
from appliance.store.models import EnrollmentToken
from tests.services.school import ADMIN, Broker, deeds
from tests.support.store import HandClock

DAY = timedelta(days=1)


@pytest.fixture
def tokens(store: Path, clock: HandClock) -> Tokens:
    return Tokens(clock)


def test_a_new_token_opens_the_enrollment_and_its_secret_is_not_stored(
    tokens: Tokens, clock: HandClock, store: Path
) -> None:
    cart = Carts(clock).add("A", ADMIN)
    token = tokens.new(ADMIN, 3, DAY, cart.id)

    opened = Enrollment(clock, Door(1883, 9001), Broker()).token_opens(token.token.reveal())

    assert (opened.id, opened.cart_id, opened.uses) == (token.id, cart.id, 3)
    assert token.path == f"/t/{token.token.reveal()}"
    assert len(token.token.reveal()) >= 27  # 160 bits
    assert token.token.reveal() not in repr(token)
    stored = b"".join(path.read_bytes() for path in store.parent.glob("store.db*"))
    assert token.token.reveal().encode() not in stored


def test_a_token_knows_when_it_no_longer_opens_anything(tokens: Tokens, clock: HandClock) -> None:
    revoked, over, used, still = (tokens.new(ADMIN, 1, life).id for life in (DAY, DAY / 2, DAY, DAY))
    tokens.revoke(revoked, ADMIN)
    EnrollmentToken.update(used=1).where(EnrollmentToken.id == used).execute()
    clock.pass_by(hours=13)

    assert {line.id: line.is_open for line in tokens.listed()} == {
        revoked: False,
        over: False,
        used: False,
        still: True,
    }
    assert tokens.listed()[0].id == still


def test_a_revoked_token_enrolls_nobody(tokens: Tokens, clock: HandClock) -> None:
    token = tokens.new(ADMIN, 1, DAY)
    tokens.revoke(token.id, ADMIN)

    with pytest.raises(NotSignedIn):
        Enrollment(clock, Door(1883, 9001), Broker()).token_opens(token.token.reveal())
    with pytest.raises(Conflict):
        tokens.revoke(token.id, ADMIN)
    assert [deed for _, deed, _ in deeds()] == ["token.add", "token.revoke"]


@pytest.mark.parametrize("uses", [0, -1, 1001])
def test_uses_have_limits(tokens: Tokens, uses: int) -> None:
    with pytest.raises(Invalid):
        tokens.new(ADMIN, uses, DAY)


@pytest.mark.parametrize("life", [timedelta(0), timedelta(seconds=59), timedelta(days=367), timedelta(days=-1)])
def test_a_life_has_limits(tokens: Tokens, life: timedelta) -> None:
    with pytest.raises(Invalid):
        tokens.new(ADMIN, 1, life)


def test_a_token_for_a_cart_that_is_not_there_is_not_made(tokens: Tokens) -> None:
    with pytest.raises(NotFound):
        tokens.new(ADMIN, 1, DAY, 99)
    with pytest.raises(NotFound):
        tokens.revoke(99, ADMIN)
    assert tokens.listed() == []
