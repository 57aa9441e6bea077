"""A disk without room at either end of the link to the city: levels are told, nothing is lost, nobody has to come."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from appliance.services.outbox import put
from appliance.services.outbox_relief import OutboxRelief
from appliance.store.ballast import storage_level, tend
from appliance.store.city_models import OutboxRecord
from appliance.store.models import database
from appliance.store.trouble import STORE_ERRORS
from protocol.uplink_records import LogBody, encode_body
from protocol.uplink_words import RecordType
from tests.faults.disks import fill, small_disk
from tests.support.bad_proxy import bad_proxy
from tests.support.central import HOST, Central, running_central
from tests.uplink.hand_box import HandBox, asked, told
from uplink.trouble import TroubleCode

pytestmark = pytest.mark.timeout(180)
LOGS = 120


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Large enough that what the ballast gives back is less than a tenth."""
    with small_disk(tmp_path / "small", 200) as place:
        yield place


def note_logs(box: HandBox) -> None:
    with database.atomic("IMMEDIATE"):
        for part in range(1, LOGS + 1):
            body = LogBody("i-1", part, LOGS, ("x" * 2_000,))
            put(datetime.now(UTC), RecordType.LOG, encode_body(body))  # noqa: TID251 - a real server reads the real clock


def test_a_box_without_room_tells_its_level_goes_on_and_says_how_much_it_dropped(disk: Path, tmp_path: Path) -> None:
    with (
        running_central(tmp_path / "city", "--mqtt", "0") as city,
        bad_proxy(HOST, city.uplink_port) as line,
        HandBox(disk / "box", f"{HOST}:{line.port}").opened() as box,
    ):
        ballast = box.config.ballast_path
        assert tend(ballast) and ballast.exists()
        box.join(city, city.new_school(1))
        line.down = True
        numbers = box.note(50)
        note_logs(box)
        filler = fill(box.config.data_path)
        with pytest.raises(STORE_ERRORS):
            while True:
                numbers += box.note(50)
        assert tend(ballast) and not ballast.exists(), "the ballast is given back"
        numbers += box.note(300)
        box.turn(5)
        assert box.trouble() == TroubleCode.CUT
        OutboxRelief(lambda: storage_level(box.config.data_path)).step(datetime.now(UTC))  # noqa: TID251 - a real server reads the real clock
        line.down = False
        box.until(lambda: not box.waiting() and not box.trouble())
        box.until(lambda: level_at(city) == "essential")
        assert told(city, box.appliance) == numbers
        ((lane, dropped, reason),) = asked(city, "SELECT lane, count, reason FROM gap")
        sent = OutboxRecord.select().where(OutboxRecord.type == RecordType.LOG, ~OutboxRecord.acknowledged_at.is_null())
        # Some were in a hello that got no answer: they may have arrived, so they are not dropped.
        assert (lane, int(str(dropped)) + sent.count(), reason) == (3, LOGS, "essential")
        arrived = asked(city, "SELECT seq FROM parked_record WHERE lane = 3 AND reason = 'not_asked'")
        assert sorted(int(str(seq)) for (seq,) in arrived) == sorted(row.seq for row in sent), "the city has the others"
        assert int(str(dropped)) > LOGS / 2
        shutil.rmtree(filler)
        assert tend(ballast) and ballast.exists(), "and built again"
        more = box.note(5)
        box.until(lambda: level_at(city) == "normal")
        assert told(city, box.appliance) == numbers + more
        assert database.execute_sql("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_city_without_room_says_so_takes_nothing_half_and_goes_on_when_there_is_room(
    disk: Path, tmp_path: Path
) -> None:
    with (
        running_central(disk / "city", "--mqtt", "0") as city,
        HandBox(tmp_path / "box", f"{HOST}:{city.uplink_port}").opened() as box,
    ):
        box.join(city, city.new_school(1))
        first = box.note(20)
        box.until(lambda: not box.waiting())
        filler = fill(disk)
        later = box.note(2_000, weight=400)
        box.turn(2)
        assert box.waiting() and box.trouble() == TroubleCode.CITY_FULL
        assert sign_in_page(city).status_code in (200, 503)
        assert asked(city, "PRAGMA integrity_check") == [("ok",)]
        shutil.rmtree(filler)
        box.until(lambda: not box.waiting() and not box.trouble())
        assert told(city, box.appliance) == first + later
        assert sign_in_page(city).status_code == 200
        assert "Traceback" not in city.log()


def level_at(city: Central) -> str:
    ((level,),) = asked(city, "SELECT storage FROM appliance")
    return str(level)


def sign_in_page(city: Central) -> requests.Response:
    return requests.get(city.console_url, timeout=30)
