import json
from datetime import UTC, datetime

import pytest

from protocol.device import (
    MAX_PAYLOAD_BYTES,
    Malformed,
    UsageRecord,
    encode_inventory,
    inventory_as_json,
    parse_inventory,
    parse_usage,
    parse_usage_ack,
)
from tests.protocol.golden import EXAMPLES

MAKER = {"serial": "R52T90ABCDE", "manufacturer": "samsung", "model": "SM-X200", "os": "Android 14", "agent": "other/1"}


@pytest.mark.contract("5.usage_has_the_shape")
def test_the_contracts_example_of_usage_means_what_it_says() -> None:
    batch = parse_usage((EXAMPLES / "usage.two-records.json").read_bytes())

    assert batch.boot == "b3e1f0a2"
    assert batch.records[0] == UsageRecord(18, "org.kde.gcompris", datetime(2026, 11, 23, 9, 2, 11, tzinfo=UTC), 312)
    assert batch.records[1].app == "web:fr.example.org"


def test_one_bad_record_costs_the_whole_batch_and_is_named() -> None:
    with pytest.raises(Malformed, match=r"missing_field: records\[1\]\.app"):
        parse_usage(
            b'{"boot":"b","records":[{"seq":1,"app":"a","started_at":"2026-11-23T09:02:11Z","seconds":1},'
            b'{"seq":2,"started_at":"2026-11-23T09:02:11Z","seconds":1}]}'
        )


def test_a_usage_acknowledgement_names_the_boot_and_the_last_record() -> None:
    ack = parse_usage_ack((EXAMPLES / "usage_ack.json").read_bytes())
    assert (ack.boot, ack.up_to) == ("b3e1f0a2", 19)


@pytest.mark.contract("6.inventory_has_the_shape")
def test_the_contracts_example_of_inventory_means_what_it_says() -> None:
    inventory = parse_inventory((EXAMPLES / "inventory.full.json").read_bytes())

    assert (inventory.serial, inventory.model, inventory.security_patch) == ("R52T90ABCDE", "SM-X200", "2026-09-01")
    assert inventory.storage_total == 32010928128
    assert [(app.name, app.version_code, app.version_name) for app in inventory.packages] == [
        ("org.kde.gcompris", 40200, "4.2")
    ]


def test_an_inventory_as_large_as_may_be_can_be_kept_although_not_sent_on() -> None:
    packages = [{"name": f"org.example.a{number}"} for number in range(2200)]
    raw = json.dumps(MAKER | {"packages": packages}, separators=(",", ":")).encode()
    assert MAX_PAYLOAD_BYTES * 0.9 < len(raw) <= MAX_PAYLOAD_BYTES

    inventory = parse_inventory(raw)

    kept = inventory_as_json(inventory)["packages"]
    assert isinstance(kept, list)
    assert len(kept) == 2200
    with pytest.raises(Malformed, match="too_large"):
        encode_inventory(inventory)
