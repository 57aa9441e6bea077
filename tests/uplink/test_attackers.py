"""A1 to A5 of the faults, and their relatives: whatever is not this city's word is refused, counted and told."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.domain.instructions import NotVerified
from appliance.store.city_models import CityLink, Instruction, OutboxRecord
from appliance.store.live import live_database, open_live
from appliance.store.models import Receipt
from protocol.strict_json import Malformed
from protocol.uplink_words import OrderClass
from tests.services.school import add_device
from tests.support.city_orders import target
from tests.support.store import HandClock, opened_store
from tests.uplink.ordered import OrderedBox, deeds, receipts, security, state_of
from uplink.verify import kept_ring, take_ring


@pytest.fixture
def box(tmp_path: Path) -> Iterator[OrderedBox]:
    with opened_store(tmp_path):
        open_live(tmp_path / "live.db")
        yield OrderedBox(tmp_path, HandClock())
        live_database.close()


def must_be_refused(box: OrderedBox, instruction: str, word: str, detail: str = "") -> None:
    """Kept, counted, journaled, told the city twice: as a receipt, and as a matter of security. And nothing happens."""
    box.run()
    assert state_of(instruction)[0] == "refused" and Instruction.get_by_id(instruction).refusal == word
    assert box.instructions.refused() == {word: 1}
    (line,) = deeds("instruction.refused")
    assert (line["refusal"], line["instruction"], line["detail"]) == (word, instruction, detail)
    assert receipts() == [("refused", word)] and security() == [word]
    assert not Receipt.select().exists()


def test_an_order_that_is_in_order_is_taken(box: OrderedBox) -> None:
    for kind, key in (("identify", "online"), ("reboot", "operator"), ("reboot", "pk"), ("wipe", "vault")):
        assert box.take(box.city.signed(box.city.order(kind, args={"device": "d"}), key)) == 1
    assert box.instructions.refused() == {}


def test_a1_what_was_carried_out_is_not_carried_out_again(box: OrderedBox) -> None:
    device = add_device()
    box.put_online(device)
    envelope = box.city.signed(box.city.order("identify", args={"device": device}))
    assert box.take(envelope) == 1
    box.run()
    OutboxRecord.update(acknowledged_at=box.clock.now()).execute()
    box.start_again()  # what was used up stays so over a power cut: it is in the store
    assert box.take(envelope) == 0
    box.run()
    assert Receipt.select().count() == 1
    assert box.instructions.refused() == {"seen_before": 1} and security() == ["seen_before"]
    assert receipts()[-1] == ("started", "seen_before")  # the city hears the state that it is in, and of the replay


def test_what_central_honestly_sends_again_is_no_attack(box: OrderedBox) -> None:
    """Our receipt has not reached it yet."""
    envelope = box.city.signed(box.city.order("report"))
    assert (box.take(envelope), box.take(envelope)) == (1, 0)
    assert box.instructions.refused() == {} and receipts() == [("received", "")]


def test_other_bytes_under_an_id_that_is_in_use_are_refused(box: OrderedBox) -> None:
    order = box.city.order("report")
    box.take(box.city.signed(order))
    assert box.take(box.city.signed(box.city.order("identify", id=order.id, args={"device": "d"}))) == 0
    assert box.instructions.refused() == {"seen_before": 1} and state_of(order.id)[0] == "received"


def test_a2_what_is_past_is_refused(box: OrderedBox) -> None:
    order = box.city.order("report", not_after=box.clock.now())
    box.take(box.city.signed(order))
    must_be_refused(box, order.id, "too_late")


def test_a3_what_is_for_another_box_is_refused(box: OrderedBox) -> None:
    order = box.city.order("report", audience="a-other")
    box.take(box.city.signed(order))
    must_be_refused(box, order.id, "not_for_us")


def test_a3_of_an_order_for_many_only_ones_own_part_is_taken(box: OrderedBox) -> None:
    targets = (target("i-ours", "d-1"), target("i-theirs", "d-2", "a-other"))
    assert box.take(box.city.signed(box.city.order("reboot", audience="", targets=targets), "pk")) == 1
    assert [row.id for row in Instruction.select()] == ["i-ours"]
    others = (target("i-x", "d-3", "a-other"),)
    order = box.city.order("reboot", audience="", targets=others)
    assert box.take(box.city.signed(order, "pk")) == 0
    assert box.instructions.refused() == {"not_for_us": 1}


def test_a4_what_was_altered_is_refused(box: OrderedBox) -> None:
    order = box.city.order("identify", args={"device": "d-1"})
    envelope = box.city.signed(order)
    envelope["order"] = str(envelope["order"]).replace("d-1", "d-2")
    box.take(envelope)
    must_be_refused(box, order.id, "altered", "online")


def test_a4_a_passkeys_assertion_over_another_order_is_refused(box: OrderedBox) -> None:
    one, other = (box.city.order("reboot", args={"device": name}) for name in ("d-1", "d-2"))
    envelope = {**box.city.signed(one, "pk"), "signatures": box.city.signed(other, "pk")["signatures"]}
    box.take(envelope)
    must_be_refused(box, one.id, "altered", "pk")


@pytest.mark.parametrize(
    "changes",
    [{"relying_party": "evil.example"}, {"origin": "https://evil.example"}, {"origin": "http://console.ville.example"},
     {"is_present": False}, {"is_verified": False}],
    ids=["another domain", "another page", "without TLS", "nobody there", "nobody verified"],
)  # fmt: skip
def test_a_passkey_must_be_of_the_console_with_its_owner_there_and_verified(
    box: OrderedBox, changes: dict[str, object]
) -> None:
    for name, value in changes.items():
        setattr(box.city.passkey, name, value)
    order = box.city.order("reboot", args={"device": "d"})
    box.take(box.city.signed(order, "pk"))
    must_be_refused(box, order.id, "altered", "pk")


@pytest.mark.parametrize(
    ("kind", "key"),
    [("reboot", "online"), ("wipe", "online"), ("wipe", "operator"), ("wipe", "pk"), ("identify", "operator"),
     ("reboot", "vault"), ("revoke", "online")],
)  # fmt: skip
def test_a5_a_key_signs_only_what_it_is_for(box: OrderedBox, kind: str, key: str) -> None:
    order = box.city.order(kind, args={"device": "d"})
    box.take(box.city.signed(order, key))
    must_be_refused(box, order.id, "wrong_key", "key_not_for_this_class")


def test_a_stranger_s_key_under_a_known_name_is_refused(box: OrderedBox) -> None:
    box.city.keys["operator"] = Ed25519PrivateKey.generate()
    order = box.city.order("reboot", args={"device": "d"})
    box.take(box.city.signed(order, "operator"))
    must_be_refused(box, order.id, "altered", "operator")


@pytest.mark.parametrize("what", ["revoked", "expired", "removed"])
def test_a_key_that_was_withdrawn_or_has_ended_signs_nothing_more(box: OrderedBox, what: str) -> None:
    known = box.city.ring_keys["operator"]
    if what == "removed":
        del box.city.ring_keys["operator"]
    else:
        end = box.clock.now() if what == "expired" else known.not_after
        box.city.ring_keys["operator"] = type(known)(
            known.id, known.algorithm, known.public, known.classes, known.holder, end, what == "revoked"
        )
    take_ring(box.city.ring(), box.clock.now())
    order = box.city.order("reboot", args={"device": "d"})
    box.take(box.city.signed(order, "operator"))
    must_be_refused(box, order.id, "wrong_key", "unknown_key" if what == "removed" else f"key_{what}")


def test_an_order_without_a_signature_is_refused(box: OrderedBox) -> None:
    order = box.city.order("report")
    box.take({**box.city.signed(order), "signatures": []})
    must_be_refused(box, order.id, "wrong_key", "unsigned")


def test_an_order_of_a_kind_that_is_not_known_here_is_refused(box: OrderedBox) -> None:
    order = box.city.order("format_disk")
    box.take(box.city.signed(order))
    must_be_refused(box, order.id, "unknown_kind")


@pytest.mark.parametrize("raw", [{}, {"order": 1}, {"order": "{", "signatures": []}, {"order": "{}", "signatures": []}])
def test_what_cannot_be_read_is_counted_and_told_and_holds_up_nothing(box: OrderedBox, raw: dict[str, object]) -> None:
    assert box.take(raw) == 0
    assert box.instructions.refused() == {"malformed": 1} and security() == ["malformed"]
    assert box.take(box.city.signed(box.city.order("report"))) == 1


def test_a_flood_of_forged_orders_is_counted_and_does_not_fill_the_lane(box: OrderedBox) -> None:
    for _ in range(150):
        box.take({})
    assert box.instructions.refused() == {"malformed": 150} and len(security()) == 100
    box.clock.pass_by(days=1)
    box.take({})
    assert len(security()) == 101


def test_the_parts_of_one_order_share_its_fate_also_at_the_day_s_bound(box: OrderedBox) -> None:
    """One that is told of for a part only would stay open at the city, and be sent again each minute."""
    for _ in range(99):
        box.take({})
    papers = [
        box.city.order(
            "reboot", audience="", not_after=box.clock.now(), targets=tuple(target(f"{word}-{n}") for n in range(3))
        )
        for word in ("first", "second")
    ]
    for paper in papers:
        assert box.take(box.city.signed(paper, "pk")) == 0
    assert sorted(row.id for row in Instruction.select()) == [f"first-{n}" for n in range(3)]
    assert len(receipts()) == 3
    assert box.instructions.refused() == {"malformed": 99, "too_late": 6}


def test_a_flood_of_orders_for_others_fills_neither_the_table_nor_the_lane(box: OrderedBox) -> None:
    """Each with an id of its own, and a good signature: as a city does that has lost its way."""
    mine = box.give("report")
    for number in range(120):
        last = box.city.order("report", targets=(target(f"o-{number}", appliance="a-other"),))
        box.take(box.city.signed(last))
    assert box.instructions.refused() == {"not_for_us": 120}
    assert Instruction.select().count() == len(receipts()) == 101
    assert len(security()) == 100 and state_of(mine)[0] == "received"
    box.clock.pass_by(days=1)
    box.take(box.city.signed(last))
    assert state_of(last.id) == ("refused", "not_for_us"), "of what was only counted, the id is not used up"


def test_a_ring_must_be_of_the_root_that_was_pinned_and_newer(box: OrderedBox) -> None:
    older = box.city.ring(version=1)
    newer = box.city.ring(version=5)
    assert take_ring(newer, box.clock.now()) == 5
    with pytest.raises(NotVerified):
        take_ring(older, box.clock.now())
    with pytest.raises(NotVerified):
        take_ring(newer, box.clock.now())
    with pytest.raises(NotVerified):
        take_ring(box.city.ring(version=6, by=Ed25519PrivateKey.generate()), box.clock.now())
    with pytest.raises(NotVerified):
        take_ring(box.city.ring(version=7).replace(b"Ville", b"Autre"), box.clock.now())
    with pytest.raises(Malformed):
        take_ring(b"<html>portail</html>", box.clock.now())
    assert CityLink.get_by_id(1).ring_version == 5


def test_a_ring_that_was_altered_in_the_store_is_not_believed(box: OrderedBox) -> None:
    mallory = Ed25519PrivateKey.generate()
    told = json.loads(CityLink.get_by_id(1).ring)
    mine = base64.b64encode(mallory.public_key().public_bytes_raw()).decode()
    told["document"] = told["document"].replace(box.city.ring_keys["vault"].public, mine)
    CityLink.update(ring=json.dumps(told)).execute()
    box.city.keys["vault"] = mallory
    assert kept_ring() is None
    order = box.city.order("wipe", args={"device": "d"})
    box.take(box.city.signed(order, "vault"))
    must_be_refused(box, order.id, "wrong_key", "no_ring")


def test_a_new_key_counts_from_the_ring_that_names_it(box: OrderedBox) -> None:
    box.city.add_key("late", OrderClass.SENSITIVE)
    first = box.city.order("reboot", args={"device": "d"})
    box.take(box.city.signed(first, "late"))
    assert state_of(first.id)[0] == "refused"
    take_ring(box.city.ring(), box.clock.now() + timedelta(seconds=1))
    assert box.take(box.city.signed(box.city.order("reboot", args={"device": "d"}), "late")) == 1
