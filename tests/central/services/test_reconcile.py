from collections.abc import Callable
from typing import Any

import pytest

from central.errors import CityError
from central.store.models import StateRow
from protocol.uplink_reconcile import Comparison, bucket_digests, bucket_of, different_keys, hash_of, whole_digest
from protocol.uplink_words import Lane
from tests.central.receiving import Box, device


def code_of(call: Callable[[], Any]) -> tuple[str, dict[str, object]]:
    with pytest.raises(CityError) as caught:
        call()
    return caught.value.code, dict(caught.value.params)


def test_the_daily_comparison_finds_what_differs(box: Box) -> None:
    box.send(box.batch(Lane.STATE, [device(seq, f"d-{seq}") for seq in range(1, 40)]))
    own = {row.key: row.hash for row in StateRow.select()}
    same = bucket_digests(own)
    reconcile = box.place.receiving.reconcile
    asked = Comparison("a-one", box.epoch, 39, whole_digest(same))
    assert reconcile.compare(box.known, asked).same

    own["device:d-5"] = hash_of({"battery": 3})
    own["device:d-new"] = hash_of({})
    del own["device:d-7"]
    buckets = bucket_digests(own)
    asked = Comparison("a-one", box.epoch, 39, whole_digest(buckets), buckets)
    answer = reconcile.compare(box.known, asked)

    assert set(answer.held) == {bucket_of(f"device:d-{name}") for name in (5, 7, "new")}
    assert different_keys(own, answer) == ({"device:d-5", "device:d-new"}, {"device:d-7"})
    assert code_of(lambda: reconcile.compare(box.known, Comparison("a-one", box.epoch, 38, whole_digest(same)))) == (
        "not_level",
        {"cursor": 39},
    )
