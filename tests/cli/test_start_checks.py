"""What the console says before anything is started."""

from pathlib import Path

import pytest

from appliance.cli.start_checks import check_before
from appliance.config import Config
from appliance.errors import CannotStart
from tests.support.ports import free_ports


def config(tmp_path: Path, **changes: object) -> Config:
    http, mqtt, websocket = free_ports(3)
    facts: dict[str, object] = {"host": "127.0.0.1", "http_port": http, "mqtt_port": mqtt, "websocket_port": websocket}
    return Config(tmp_path, **{**facts, **changes})  # type: ignore[arg-type]  # a test's own keywords


def test_a_machine_where_all_is_well_may_start(tmp_path: Path) -> None:
    check_before(config(tmp_path))


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"host": "300.1.1.1"}, "not_our_address", "300.1.1.1"),
        ({"host": "192.0.2.77"}, "not_our_address", "--host"),
        ({"http_port": 18999, "mqtt_port": 18999}, "same_port", "--mqtt 18999"),
        ({"tls_certificate": Path("/nowhere/cert.pem")}, "tls_incomplete", "--tls-key"),
        ({"tls_certificate": Path("/nowhere/c"), "tls_key": Path("/nowhere/k")}, "tls_unreadable", "/nowhere/c"),
        ({"tls_certificate": Path(__file__), "tls_key": Path(__file__)}, "tls_mismatch", "PEM"),
    ],
)
def test_what_does_not_fit_is_said_with_what_to_do(
    tmp_path: Path, changes: dict[str, object], code: str, words: str
) -> None:
    with pytest.raises(CannotStart) as refusal:
        check_before(config(tmp_path, **changes))
    assert refusal.value.code == code
    assert words in str(refusal.value)
