import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appliance.bootstrap import broker_settings
from appliance.config import Config, make_folders
from appliance.domain.findings import Finding, Severity, State
from appliance.domain.storage import Disk
from appliance.health import Health
from appliance.services.backups import Backups
from appliance.services.classrooms import Rosters
from appliance.services.device_list import DeviceList
from appliance.services.documents import Documents
from appliance.services.health_report import HealthReport
from appliance.services.journal import JournalReader, record
from appliance.store.models import Cart, Dropped, database
from tests.services.school import ADMIN
from tests.support.mosquitto import running_broker
from tests.support.store import HandClock, opened_store


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Config]:
    config = Config(tmp_path / "data")
    make_folders(config)
    with opened_store(config.data_path):
        yield config
    shutil.rmtree(config.runtime_path)


def processes(config: Config, **changes: object) -> None:
    status = {name: {"pid": 1, "running": True, "restarts": 0} for name in ("broker", "bridge", "web")}
    (config.runtime_path / "processes.json").write_text(json.dumps({**status, **changes}))


def report_of(config: Config, clock: HandClock) -> HealthReport:
    rosters, backups = Rosters(clock), Backups(clock, config)
    return HealthReport(
        clock, DeviceList(clock, JournalReader()), backups, rosters, Documents(clock, config.documents_path)
    )


def codes(findings: list[Finding]) -> dict[str, Severity]:
    return {finding.code: finding.severity for finding in findings}


def test_a_broker_that_answers_is_good_and_one_that_does_not_stops_lessons(config: Config) -> None:
    with running_broker() as broker:
        health = Health(config, broker.settings, list)
        assert health.state() is State.UP
        assert codes(health.report())["broker_answers"] is Severity.GOOD
        broker.kill()
        assert health.report()[0] == Finding(Severity.PROBLEM, "broker_silent", stops=True)
        assert Health(config, broker.settings, list).state() is State.DOWN


def test_a_process_that_is_down_is_named(config: Config) -> None:
    processes(
        config, web={"pid": 1, "running": False, "restarts": 3}, bridge={"pid": 2, "running": True, "restarts": 2}
    )

    found = Health(config, broker_settings(config), list).report()

    assert Finding(Severity.PROBLEM, "process_down", {"name": "web"}) in found
    assert Finding(Severity.NOTICE, "process_restarted", {"name": "bridge", "count": 2}) in found
    assert Finding(Severity.GOOD, "process_up", {"name": "broker"}) in found


def test_a_store_replaced_by_the_box_is_told_for_a_week_and_one_restored_by_a_person_is_not(config: Config) -> None:
    clock = HandClock()
    made_at = clock.at - timedelta(days=1)
    for actor in ("console", "appliance"):
        record(clock.at, actor, "backup.restore", made_at=made_at.isoformat())
    found = [one for one in report_of(config, clock).findings() if one.code == "store_restored"]
    assert found == [Finding(Severity.NOTICE, "store_restored", {"made_at": made_at})]

    clock.pass_by(days=8)
    assert "store_restored" not in codes(report_of(config, clock).findings())


@pytest.mark.parametrize("text", ["", "{", "[]", '{"web": 3}', "null"])
def test_a_status_that_does_not_parse_is_no_failure(config: Config, text: str) -> None:
    (config.runtime_path / "processes.json").write_text(text)
    (config.runtime_path / "clock.json").write_text(text)

    assert codes(Health(config, broker_settings(config), list).report())["clock_steady"] is Severity.GOOD


def test_a_clock_far_off_is_a_problem_and_says_by_how_much(config: Config) -> None:
    (config.runtime_path / "clock.json").write_text('{"suspect_seconds": -1209600.0}')

    found = Health(config, broker_settings(config), list).report()

    assert Finding(Severity.PROBLEM, "clock_suspect", {"hours": 336}) in found


def test_a_disk_that_was_full_is_a_problem_until_its_reserve_is_back(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    health = Health(config, broker_settings(config), list)
    little = Disk(total=48 * 1024**2, free=16 * 1024**2)
    for module in ("appliance.health", "appliance.store.ballast"):
        monkeypatch.setattr(f"{module}.disk_of", lambda path: little)
    assert codes(health.report())["disk_reserve_spent"] is Severity.PROBLEM
    config.ballast_path.touch()
    assert codes(health.report())["disk_thrifty"] is Severity.GOOD


def test_a_damaged_store_is_found_and_stops_lessons(config: Config) -> None:
    assert codes(Health(config, broker_settings(config), list).report())["store_sound"] is Severity.GOOD

    with database.atomic("IMMEDIATE"):
        for number in range(500):
            Cart.create(name=f"cart {number}", created_at=0)
    database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    (root,) = database.execute_sql("SELECT rootpage FROM sqlite_schema WHERE name = 'cart'").fetchone()
    database.close()
    with config.store_path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xff" * 4096)
    database.connect()

    found = Health(config, broker_settings(config), list).report()
    assert Finding(Severity.PROBLEM, "store_damaged", stops=True) in found


def test_what_the_services_know_is_part_of_the_report(config: Config) -> None:
    clock = HandClock()
    report, rosters, backups = report_of(config, clock), Rosters(clock), Backups(clock, config)
    assert codes(report.findings()) == {"nothing_dropped": Severity.GOOD, "backup_none": Severity.NOTICE}

    Dropped.create(device_id="d-1", reason="x", day="2026-11-23", count=3, last_at=clock.at, force_insert=True)
    Dropped.create(device_id="d-2", reason="x", day="2026-11-22", count=3, last_at=clock.at, force_insert=True)
    record(clock.at, "token:1", "device.serial_conflict", "device:d-1")
    rosters.add_pupil(rosters.add("CP", ADMIN).id, "Léa", "M", ADMIN)
    backups.create(ADMIN)
    assert codes(report.findings()) == {
        "messages_dropped": Severity.NOTICE,
        "serial_conflict": Severity.NOTICE,
        "backup_fresh": Severity.GOOD,
    }
    assert report.findings()[0].params == {"count": 3, "devices": 1}

    clock.at = datetime(2027, 9, 1, tzinfo=UTC) + timedelta(hours=1)
    assert codes(report.findings()) == {
        "nothing_dropped": Severity.GOOD,
        "backup_old": Severity.NOTICE,
        "pupils_outdated": Severity.NOTICE,
    }
