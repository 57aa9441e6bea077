"""Two boxes that run with one epoch, and whose batches look alike: who said the last hello is heard."""

from collections.abc import Callable

import pytest

from central.errors import CityError
from central.services.ingest import Received
from central.store.models import Appliance, SchoolAudit
from protocol.uplink import BatchAnswer, Record, digest_of, encode_batch, parse_batch
from protocol.uplink_hello import mark_of_hello
from protocol.uplink_words import Lane, Standing
from tests.central.receiving import Box, audit


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(CityError) as caught:
        call()
    return caught.value.code


def send_after_hello(box: Box, *records: Record) -> BatchAnswer:
    body = encode_batch(box.batch(Lane.RECEIPTS, records))
    received = Received(parse_batch(body), digest_of(body), len(body), mark_of_hello(box.token))
    return box.place.receiving.ingest.take(box.known, received)


def test_of_two_boxes_that_run_with_one_epoch_a_batch_counts_only_of_who_said_the_last_hello(box: Box) -> None:
    """Both were given a good token: the answer to one hello might have been lost. Their numbers are the same, too."""
    twin = Box(box.place, box.known, box.epoch, box.hardware, box.token)
    box.say_hello()
    twin.say_hello()
    assert refusal(lambda: send_after_hello(box, audit(1, "device.retire"))) == "hello_first"
    assert box.say_hello().standing is Standing.ACTIVE
    assert send_after_hello(box, audit(1, "device.retire")).up_to == 1
    assert refusal(lambda: send_after_hello(twin, audit(1, "device.rename"))) == "hello_first"
    assert twin.say_hello().standing is Standing.FENCED
    assert refusal(lambda: send_after_hello(box, audit(2))) == "fenced"
    assert [row.action for row in SchoolAudit.select()] == ["device.retire"]


def test_a_box_of_before_that_names_no_hello_is_taken_as_it_was(box: Box) -> None:
    assert box.send(box.batch(Lane.RECEIPTS, [audit(1)])).up_to == 1
    Appliance.update(hello_mark="").execute()  # a row of before, until the next hello
    assert send_after_hello(box, audit(1), audit(2)).up_to == 2
