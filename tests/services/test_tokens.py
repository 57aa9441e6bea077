from datetime import timedelta
from pathlib import Path

import pytest

from appliance.errors import Conflict, Invalid, NotFound, NotSignedIn
from appliance.services.carts import Carts
from appliance.services.enrollment import Door, Enrollment
from appliance.services.tokens import Tokens
from appliance.store.models import Device, EnrollmentToken
from tests.services.school import ADMIN, Broker, add_device, deeds
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


def test_a_token_for_a_device_is_for_it_alone_and_in_no_list_of_links(tokens: Tokens, clock: HandClock) -> None:
    device_id = add_device()
    token = tokens.new_for_device(ADMIN, device_id, 1000, 300 * DAY)
    opened = Enrollment(clock, Door(1883, 9001), Broker()).token_opens(token.token.reveal())
    assert (opened.device_id, opened.lesson_id, opened.cart_id, opened.uses) == (device_id, None, None, 1000)
    assert opened.expires_at == clock.now() + 300 * DAY
    assert tokens.listed() == []
    assert deeds() == [("user:1", "token.add", f"token:{token.id}")]


def test_no_token_is_made_for_a_device_that_is_not_in_service_or_a_guest(tokens: Tokens) -> None:
    gone = add_device(1, status="removed")
    guest = add_device(2, guest_lesson_id="l")
    for device_id in (gone, guest, "d-nosuchid"):
        with pytest.raises(NotFound):
            tokens.new_for_device(ADMIN, device_id, 1, DAY)
    there = add_device(3)
    for uses, life in ((0, DAY), (1001, DAY), (1, DAY * 400), (1, timedelta())):
        with pytest.raises(Invalid):
            tokens.new_for_device(ADMIN, there, uses, life)
    assert EnrollmentToken.select().count() == 0


def test_every_way_back_to_a_device_can_be_shut(tokens: Tokens, clock: HandClock) -> None:
    one, other = add_device(1), add_device(2)
    shut = [tokens.new_for_device(ADMIN, one, 5, DAY) for _ in range(2)]
    still = tokens.new_for_device(ADMIN, other, 5, DAY)
    assert tokens.revoke_for_device(ADMIN, one) == 2
    assert tokens.revoke_for_device(ADMIN, one) == 0
    enrollment = Enrollment(clock, Door(1883, 9001), Broker())
    for token in shut:
        with pytest.raises(NotSignedIn):
            enrollment.token_opens(token.token.reveal())
    assert enrollment.token_opens(still.token.reveal()).device_id == other
    assert [deed[1] for deed in deeds()].count("token.revoke") == 2
    assert Device.select().count() == 2
