"""Central's own certificate at its broker: made again while the desk runs."""

from pathlib import Path

from cryptography import x509

from central.keys.broker_client import FILE
from central.keys.city_keys import load_keys
from central.keys.folder import KeyFolder
from central.services.broker_identity import BrokerIdentity
from tests.support.store import HandClock


def end_of(path: Path) -> object:
    return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc


def test_it_is_made_again_near_its_end_and_the_connection_is_told_once(tmp_path: Path) -> None:
    clock = HandClock()
    told: list[str] = []
    keys = load_keys(KeyFolder(tmp_path), "Marseille", clock.now())
    identity = BrokerIdentity(clock, keys, "preau-central")
    first = end_of(identity.path)
    for _ in range(59):
        clock.pass_by(days=1)
        identity.step(lambda: told.append("changed"))
    assert (end_of(identity.path), told) == (first, []), "it holds for another month"
    for _ in range(3):
        clock.pass_by(days=1)
        identity.step(lambda: told.append("changed"))
    assert end_of(identity.path) != first
    assert told == ["changed"]


def test_one_that_another_desk_has_made_or_that_is_gone_is_told_too(tmp_path: Path) -> None:
    clock = HandClock()
    told: list[str] = []
    keys = load_keys(KeyFolder(tmp_path), "Marseille", clock.now())
    one, other = (BrokerIdentity(clock, keys, "preau-central") for _ in range(2))
    (tmp_path / FILE).unlink()
    clock.pass_by(hours=2)
    assert one.step(lambda: told.append("one")) and other.step(lambda: told.append("other"))
    assert told == ["one", "other"]
    assert not one.step(lambda: told.append("one"))
