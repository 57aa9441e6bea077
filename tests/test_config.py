import os
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.bootstrap import broker_settings
from appliance.config import Config, default_websocket_port, make_folders
from appliance.errors import CannotStart

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    run = tmp_path / "run"
    run.mkdir()
    if len(str(run)) < 60:
        monkeypatch.setenv("RUNTIME_DIRECTORY", str(run))
    return Config(tmp_path / "data")


def test_importing_touches_nothing(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", "import appliance.config, appliance.clock, appliance.logs, appliance.bootstrap"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert list(tmp_path.iterdir()) == []


def test_folders_are_made_and_secrets_are_for_their_owner_only(config: Config) -> None:
    make_folders(config)
    for path in (config.secrets_path, config.broker_path, config.documents_path, config.runtime_path):
        assert path.stat().st_mode & 0o777 == 0o700
    make_folders(config)
    config.runtime_path.rmdir()


def test_two_data_folders_run_side_by_side_and_one_has_one_place(tmp_path: Path) -> None:
    one, other = Config(tmp_path / "a"), Config(tmp_path / "b")
    assert one.runtime_path != other.runtime_path
    assert one.runtime_path == Config(tmp_path / "x" / ".." / "a").runtime_path


def test_the_runtime_folder_is_short_enough_for_sockets(tmp_path: Path) -> None:
    deep = Config(tmp_path / ("x" * 200))
    assert len(os.fsencode(broker_settings(deep).socket_path)) <= 107


def test_a_runtime_folder_of_another_user_is_refused(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    another = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: another)
    config.runtime_path.mkdir()
    with pytest.raises(CannotStart) as caught:
        make_folders(config)
    assert caught.value.code == "data_unusable"
    assert str(config.runtime_path) in str(caught.value)
    config.runtime_path.rmdir()


def test_a_file_in_the_data_folders_place_stops_the_start_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a letter")
    with pytest.raises(CannotStart) as caught:
        make_folders(Config(tmp_path / "data"))
    assert "--data DOSSIER" in str(caught.value)
    assert str(tmp_path / "data") in str(caught.value)


def test_the_websocket_port_follows_the_mqtt_port() -> None:
    assert default_websocket_port(1883) == 9001
    for port in (1, 1883, 58417, 58418, 65535):
        assert 1 <= default_websocket_port(port) <= 65535
        assert default_websocket_port(port) != port


def test_a_config_cannot_be_changed_by_whoever_gets_it(config: Config) -> None:
    with pytest.raises(AttributeError):
        config.http_port = 1  # type: ignore[misc]  # that it is refused is the point
