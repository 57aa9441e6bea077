"""The golden batches, as a school's box would send them: all of them are applied, and nothing is parked."""

from datetime import timedelta

from central.services.ingest import Received
from central.store.desk_models import LogRequest
from central.store.models import Appliance, Cursor, Device, ParkedRecord
from protocol.uplink import digest_of, parse_batch
from protocol.uplink_hello import parse_hello
from protocol.uplink_words import Lane, Standing
from tests.central.receiving import Place, add_school
from tests.protocol.uplink_golden import EXAMPLES

APPLIANCE = "a-k7m2p9x4qt"
BEFORE = {"receipts": 120, "state": 901, "statistics": 300, "logs": 0, "hole": 940, "after-a-restore": 0}


def test_every_golden_batch_is_applied(city_db: str) -> None:
    place = Place(orders={"019acb60-0000-7000-8000-0000000000a1"})
    known = add_school(appliance=APPLIANCE)
    now = place.clock.now()
    LogRequest.create(id="l-1", appliance=APPLIANCE, account="x", asked_at=now, expires_at=now + timedelta(days=1))
    hello = parse_hello((EXAMPLES / "hello.full.json").read_bytes())
    assert place.receiving.hellos.hear(known, hello).standing is Standing.ACTIVE

    for name, after in BEFORE.items():
        raw = (EXAMPLES / f"batch.{name}.json").read_bytes()
        batch = parse_batch(raw)
        assert batch.after == after
        if batch.after:
            Cursor.insert(
                appliance=APPLIANCE, epoch=batch.epoch, lane=int(batch.lane), up_to=after, updated_at=now
            ).on_conflict_ignore().execute()
        answer = place.receiving.ingest.take(known, Received(batch, digest_of(raw), len(raw)))
        assert (answer.up_to >= batch.up_to, answer.parked) == (True, 0), name

    assert ParkedRecord.select().count() == 0
    assert (Device.get().number, Appliance.get_by_id(APPLIANCE).findings) == (12, ["disk_slow"])


def test_a_record_of_a_type_that_is_not_known_yet_is_parked(city_db: str) -> None:
    place = Place()
    known = add_school(appliance=APPLIANCE)
    place.receiving.hellos.hear(known, parse_hello((EXAMPLES / "lenient/hello.a-newer-box.json").read_bytes()))
    raw = (EXAMPLES / "lenient/batch.unknown-type.json").read_bytes()
    batch = parse_batch(raw)
    Cursor.create(
        appliance=APPLIANCE, epoch=batch.epoch, lane=int(Lane.RECEIPTS), up_to=120, updated_at=place.clock.now()
    )

    place.receiving.ingest.take(known, Received(batch, digest_of(raw), len(raw)))

    assert "unknown_type" in [row.reason for row in ParkedRecord.select()]
