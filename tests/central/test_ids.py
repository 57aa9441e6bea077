"""Identifiers sort by time, are told apart, and secrets leave a hash only."""

from datetime import UTC, datetime, timedelta

from central.ids import hash_secret, new_appliance_id, new_id, new_secret
from central.logs import Secret

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def test_ids_sort_by_the_time_of_their_making() -> None:
    made = [new_id(AT + timedelta(milliseconds=number)) for number in range(200)]
    assert made == sorted(made)
    assert len({new_id(AT) for _ in range(1000)}) == 1000


def test_an_appliances_id_can_be_read_aloud() -> None:
    made = {new_appliance_id() for _ in range(1000)}
    assert len(made) == 1000
    assert not {letter for one in made for letter in one[2:]} & set("lo01")


def test_a_secret_shows_as_stars_and_is_kept_as_a_hash() -> None:
    secret = Secret(new_secret())
    assert f"{secret} {secret!r} {secret!s}" == "*** '***' ***"
    assert hash_secret(secret.reveal()) not in secret.reveal()
    assert len(hash_secret(secret.reveal())) == 64
