from central.store.models import Device, ParkedRecord
from protocol.uplink_words import Lane
from tests.central.receiving import OTHER_UAI, Box, add_school, device, record


def test_a_parked_record_is_tried_again_once_after_each_start(box: Box) -> None:
    told = {"instruction": "i-1", "state": "done", "at": "2026-11-23T08:00:00Z"}
    box.send(box.batch(Lane.RECEIPTS, [record(1, "receipt", told), record(2, "hologram", {})]))
    parking = box.place.receiving.parked
    assert len(parking.listed("a-one")) == 2

    box.place.orders.add("i-1")
    assert [parking.step(), parking.step()] == [True, False]
    left = parking.listed()
    assert [(one.type, one.reason, one.tries) for one in left] == [("hologram", "unknown_type", 2)]
    assert parking.retry("dsi", left[0].id) is False
    assert len(box.place.receipts) == 1


def test_a_parked_state_that_was_told_again_since_does_not_come_back(box: Box) -> None:
    other = Box(box.place, add_school(OTHER_UAI, "a-other"))
    other.say_hello()
    other.send(other.batch(Lane.STATE, [device(1)]))
    box.send(box.batch(Lane.STATE, [device(1, number=1)]))
    assert [(row.seq, row.reason) for row in ParkedRecord.select()] == [(1, "other_school")]
    other.send(other.batch(Lane.STATE, [record(2, "device", None, "device:d-1")], after=1))
    box.send(box.batch(Lane.STATE, [device(2, number=2)], after=1))

    assert box.place.receiving.parked.retry_all("dsi") == (1, 1)
    assert Device.get().number == 2
