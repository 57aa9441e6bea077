"""Orders at the desk: who is ordered what, who must sign, what goes out, what comes back. On both engines."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from central.domain.orders import Phase, Wish
from central.domain.roles import Role, Viewer
from central.errors import Conflict, Denied, Invalid, NotFound
from central.keys.signatures import SigningSecret
from central.services.accounts import Accounts
from central.services.order_signatures import describe_file, sign_file
from central.store.database import connected, writing
from central.store.desk_models import Instruction, Journal, LogRequest, SignedOrder
from central.store.models import Appliance
from protocol.uplink_orders import ReceiptBody, parse_order
from protocol.uplink_words import InstructionKind, InstructionState, OrderClass, Refusal
from signatures.ed25519 import is_signed
from tests.central.services.desk import BOSS, COLLEAGUE, START, Desk
from tests.support.passkey import Passkey

RP = "console.ville.example"


@pytest.fixture
def desk(city_db: str) -> Iterator[Desk]:
    desk = Desk()
    desk.add_account(BOSS)
    desk.add_account(COLLEAGUE)
    yield desk


def receipt(desk: Desk, instruction: str, state: InstructionState, appliance: str = "a-1", **more: object) -> bool:
    with writing():
        body = ReceiptBody(instruction, state, desk.clock.now(), **more)  # type: ignore[arg-type]  # any of its fields, by name
        return desk.delivery.record_receipt(appliance, body, desk.clock.now())


def state_of(order_id: str) -> list[str]:
    return [row.state for row in Instruction.select().where(Instruction.order == order_id).order_by(Instruction.id)]


def test_a_routine_order_goes_out_at_once_signed_by_the_online_key(desk: Desk) -> None:
    desk.add_school(1, devices=2)
    order_id = desk.orders.create(BOSS, Wish(InstructionKind.IDENTIFY, devices=("d-1-0",)))
    (envelope,) = desk.delivery.pending("a-1", START)
    order = parse_order(envelope.order)
    (signature,) = envelope.signatures
    assert is_signed(desk.signing.public, envelope.order, signature.parts["signature"])
    assert (order.kind, order.device, order.audience, order.by) == ("identify", "d-1-0", "a-1", "M. Durand (m.durand)")
    assert signature.key in {one.id for one in (desk.rings.ring() or pytest.fail()).keys}
    assert desk.reader.order(BOSS, order_id).phase is Phase.RELEASED


def test_an_order_for_a_school_reaches_each_of_its_devices_and_no_other_school(desk: Desk) -> None:
    desk.add_school(1, devices=3)
    desk.add_school(2, devices=1)
    desk.orders.create(BOSS, Wish(InstructionKind.IDENTIFY, schools=("0131001A",)))
    assert desk.delivery.pending_count("a-2") == 0
    assert {one.device for one in desk.fetched("a-1")} == {"d-1-0", "d-1-1", "d-1-2"}


def test_what_was_sent_is_sent_again_until_the_box_itself_says_it_has_it(desk: Desk) -> None:
    desk.add_school(1, devices=1)
    desk.orders.create(BOSS, Wish(InstructionKind.REPORT, devices=("d-1-0",)))
    (first,), (again,) = desk.fetched("a-1"), desk.fetched("a-1")
    assert first == again and desk.delivery.pending_count("a-1") == 1
    assert receipt(desk, first.id, InstructionState.RECEIVED)
    assert desk.delivery.pending_count("a-1") == 0 and desk.fetched("a-1") == []


def test_another_box_cannot_answer_for_an_instruction(desk: Desk) -> None:
    desk.add_school(1, devices=1)
    desk.add_school(2)
    order_id = desk.orders.create(BOSS, Wish(InstructionKind.REPORT, devices=("d-1-0",)))
    (order,) = desk.fetched("a-1")
    assert not receipt(desk, order.id, InstructionState.DONE, appliance="a-2")
    assert state_of(order_id) == ["sent"]


def test_the_first_last_word_stands_and_the_journal_tells_the_way(desk: Desk) -> None:
    desk.add_school(1, devices=1)
    order_id = desk.orders.create(BOSS, Wish(InstructionKind.REPORT, devices=("d-1-0",)))
    (order,) = desk.fetched("a-1")
    for state in (InstructionState.RECEIVED, InstructionState.DONE, InstructionState.RECEIVED, InstructionState.FAILED):
        assert receipt(desk, order.id, state)
    assert state_of(order_id) == ["done"] and desk.reader.order(BOSS, order_id).phase is Phase.FINISHED
    told = [row.action for row in Journal.select().where(Journal.target == f"order:{order_id}").order_by(Journal.id)]
    assert told == ["order.create", "instruction.received", "instruction.done"]


def test_a_passkey_signs_once_for_many_schools(desk: Desk) -> None:
    for number in (1, 2, 3):
        desk.add_school(number, devices=2)
    passkey = Passkey(RP)
    desk.add_passkey(BOSS, passkey)
    order_id = desk.orders.create(BOSS, Wish(InstructionKind.REBOOT, schools=("0131001A", "0131002A", "0131003A")))
    assert [desk.delivery.pending_count(f"a-{number}") for number in (1, 2, 3)] == [0, 0, 0]
    (wanted,) = desk.signatures.wanted(order_id)
    assert wanted.instructions == 6
    desk.signatures.sign_by_passkey(BOSS, wanted.id, passkey.id, passkey.sign(wanted.challenge))
    assert [sorted(one.device for one in desk.fetched(f"a-{number}")) for number in (1, 2, 3)] == [
        ["d-1-0", "d-1-1"],
        ["d-2-0", "d-2-1"],
        ["d-3-0", "d-3-1"],
    ]
    ids = {one.id for number in (1, 2, 3) for one in desk.fetched(f"a-{number}")}
    assert ids == {row.id for row in Instruction.select()}


@pytest.mark.parametrize(
    "wrong",
    [
        {"relying_party": "evil.example"},
        {"origin": "https://evil.example"},
        {"origin": "http://console.ville.example"},
        {"is_verified": False},
        {"is_present": False},
    ],
    ids=["other domain", "other origin", "without TLS", "nobody verified", "nobody there"],
)
def test_an_assertion_that_was_not_given_on_the_console_by_a_verified_person_is_refused(
    desk: Desk, wrong: dict[str, object]
) -> None:
    desk.add_school(1, devices=1)
    passkey = Passkey(RP)
    desk.add_passkey(BOSS, passkey)
    order_id = desk.orders.create(BOSS, Wish(InstructionKind.REBOOT, devices=("d-1-0",)))
    (wanted,) = desk.signatures.wanted(order_id)
    for name, value in wrong.items():
        setattr(passkey, name, value)
    with pytest.raises(Invalid, match="bad_signature"):
        desk.signatures.sign_by_passkey(BOSS, wanted.id, passkey.id, passkey.sign(wanted.challenge))
    assert desk.delivery.pending_count("a-1") == 0


def test_an_assertion_over_another_order_does_not_sign_this_one(desk: Desk) -> None:
    desk.add_school(1, devices=2)
    passkey = Passkey(RP)
    desk.add_passkey(BOSS, passkey)
    one = desk.orders.create(BOSS, Wish(InstructionKind.REBOOT, devices=("d-1-0",)))
    other = desk.orders.create(BOSS, Wish(InstructionKind.REBOOT, devices=("d-1-1",)))
    (wanted,), (not_wanted,) = desk.signatures.wanted(one), desk.signatures.wanted(other)
    with pytest.raises(Invalid, match="bad_signature"):
        desk.signatures.sign_by_passkey(BOSS, wanted.id, passkey.id, passkey.sign(not_wanted.challenge))


@pytest.mark.parametrize("end", ["off", "reset"])
def test_an_officer_whose_account_ends_signs_no_more(desk: Desk, end: str) -> None:
    desk.add_school(1, devices=1)
    passkey, accounts = Passkey(RP), Accounts(desk.clock)
    desk.add_passkey(COLLEAGUE, passkey)
    order_id = desk.orders.create(COLLEAGUE, Wish(InstructionKind.REBOOT, devices=("d-1-0",)))
    (wanted,) = desk.signatures.wanted(order_id)
    who = COLLEAGUE.account_id
    accounts.set_active(BOSS, who, False) if end == "off" else accounts.invite(BOSS, who, forget=True)
    with pytest.raises(Denied, match="key_not_allowed"):
        desk.signatures.sign_by_passkey(COLLEAGUE, wanted.id, passkey.id, passkey.sign(wanted.challenge))


def test_nobody_signs_with_a_colleagues_passkey_nor_with_one_that_was_withdrawn(desk: Desk) -> None:
    desk.add_school(1, devices=1)
    passkey = Passkey(RP)
    key_id = desk.add_passkey(BOSS, passkey)
    order_id = desk.orders.create(BOSS, Wish(InstructionKind.REBOOT, devices=("d-1-0",)))
    (wanted,) = desk.signatures.wanted(order_id)
    assertion = passkey.sign(wanted.challenge)
    with pytest.raises(Denied, match="not_your_passkey"):
        desk.signatures.sign_by_passkey(COLLEAGUE, wanted.id, passkey.id, assertion)
    desk.rings.revoke_key(key_id, BOSS)
    with pytest.raises(Denied, match="key_not_allowed"):
        desk.signatures.sign_by_passkey(BOSS, wanted.id, passkey.id, assertion)


def test_a_wipe_needs_the_offline_key_and_a_second_person(desk: Desk) -> None:
    desk.add_school(1, devices=1)
    vault = SigningSecret.new()
    desk.add_offline_key(vault, OrderClass.DESTRUCTIVE)
    order_id = desk.orders.create(BOSS, Wish(InstructionKind.WIPE, devices=("d-1-0",)))
    file = desk.signatures.export(order_id)
    assert "wipe · 1 : d-1-0" in describe_file(file)[0] and "m.durand" in describe_file(file)[0]
    assert desk.signatures.upload(BOSS, order_id, sign_file(vault, file)) == 1
    assert desk.reader.order(BOSS, order_id).phase is Phase.SECOND_PERSON
    assert desk.delivery.pending_count("a-1") == 0
    with pytest.raises(Denied, match="second_person_is_first"):
        desk.signatures.confirm(BOSS, order_id)
    desk.signatures.confirm(COLLEAGUE, order_id)
    (order,) = desk.fetched("a-1")
    assert (order.kind, order.device) == ("wipe", "d-1-0")


def test_whoever_brought_the_signature_is_not_the_second_person(desk: Desk) -> None:
    desk.add_school(1, devices=1)
    vault = SigningSecret.new()
    desk.add_offline_key(vault, OrderClass.DESTRUCTIVE)
    order_id = desk.orders.create(BOSS, Wish(InstructionKind.WIPE, devices=("d-1-0",)))
    desk.signatures.upload(COLLEAGUE, order_id, sign_file(vault, desk.signatures.export(order_id)))
    with pytest.raises(Denied, match="second_person_is_first"):
        desk.signatures.confirm(COLLEAGUE, order_id)


def test_whoever_confirmed_first_does_not_sign_afterwards(desk: Desk) -> None:
    desk.add_school(1, devices=1)
    vault = SigningSecret.new()
    desk.add_offline_key(vault, OrderClass.DESTRUCTIVE)
    order_id = desk.orders.create(BOSS, Wish(InstructionKind.WIPE, devices=("d-1-0",)))
    signed = sign_file(vault, desk.signatures.export(order_id))
    desk.signatures.confirm(COLLEAGUE, order_id)
    with pytest.raises(Denied, match="second_person_is_first"):
        desk.signatures.upload(COLLEAGUE, order_id, signed)
    assert desk.delivery.pending_count("a-1") == 0


def test_a_key_for_another_class_signs_no_wipe(desk: Desk) -> None:
    desk.add_school(1, devices=1)
    operator = SigningSecret.new()
    desk.add_offline_key(operator, OrderClass.SENSITIVE)
    order_id = desk.orders.create(BOSS, Wish(InstructionKind.WIPE, devices=("d-1-0",)))
    with pytest.raises(Denied, match="key_not_allowed"):
        desk.signatures.upload(BOSS, order_id, sign_file(operator, desk.signatures.export(order_id)))


def test_a_signed_file_of_another_order_or_of_altered_bytes_is_refused(desk: Desk) -> None:
    desk.add_school(1, devices=2)
    vault = SigningSecret.new()
    desk.add_offline_key(vault, OrderClass.DESTRUCTIVE)
    one = desk.orders.create(BOSS, Wish(InstructionKind.WIPE, devices=("d-1-0",)))
    other = desk.orders.create(BOSS, Wish(InstructionKind.WIPE, devices=("d-1-1",)))
    with pytest.raises(Invalid, match="bad_signature_file"):
        desk.signatures.upload(BOSS, one, sign_file(vault, desk.signatures.export(other)))
    altered = desk.signatures.export(one).replace(b"d-1-0", b"d-1-1")
    with pytest.raises(Invalid, match="bad_signature_file"):
        desk.signatures.upload(BOSS, one, sign_file(vault, altered))
    for rubbish in (b"", b"[]", b'{"preau":"ring"}', b'{"preau":"orders","orders":[{}]}'):
        with pytest.raises(Invalid, match="bad_signature_file"):
            desk.signatures.upload(BOSS, one, rubbish)


def test_what_was_not_sent_vanishes_and_what_was_sent_is_followed_by_a_cancel(desk: Desk) -> None:
    desk.add_school(1, devices=1)
    desk.add_school(2, devices=1)
    order_id = desk.orders.create(BOSS, Wish(InstructionKind.REPORT, devices=("d-1-0", "d-2-0")))
    (sent,) = desk.fetched("a-1")
    desk.orders.cancel(BOSS, order_id)
    assert desk.fetched("a-2") == []
    follower = [one for one in desk.fetched("a-1") if one.kind == "cancel"]
    assert [one.args for one in follower] == [{"instruction": sent.id}]
    with pytest.raises(Conflict, match="order_over"):
        desk.orders.cancel(BOSS, order_id)
    assert receipt(desk, sent.id, InstructionState.CANCELED)
    assert state_of(order_id) == ["canceled", "canceled"]


def test_an_order_that_nobody_signed_expires_and_one_that_left_waits_for_its_box(desk: Desk) -> None:
    desk.add_school(1, devices=2)
    unsigned = desk.orders.create(BOSS, Wish(InstructionKind.REBOOT, devices=("d-1-0",)))
    left = desk.orders.create(BOSS, Wish(InstructionKind.REPORT, devices=("d-1-1",)))
    desk.fetched("a-1")
    desk.clock.pass_by(days=3)
    assert desk.delivery.expire(desk.clock.now()) == 1
    assert (state_of(unsigned), state_of(left)) == (["expired"], ["sent"])
    assert desk.delivery.pending_count("a-1") == 1  # the box has to say that it came too late
    Appliance.update(standing="revoked").execute()
    assert desk.delivery.expire(desk.clock.now()) == 1
    assert state_of(left) == ["expired"]


def test_a_refusal_of_the_box_is_kept_with_its_reason(desk: Desk) -> None:
    desk.add_school(1, devices=1)
    order_id = desk.orders.create(BOSS, Wish(InstructionKind.REPORT, devices=("d-1-0",)))
    (order,) = desk.fetched("a-1")
    receipt(desk, order.id, InstructionState.REFUSED, refusal=Refusal.TOO_LATE)
    ((line,), _) = desk.reader.instructions(BOSS, order_id)
    assert (line.state, line.refusal, line.school_name, line.device_name) == (
        "refused",
        "too_late",
        "École 1",
        "Tablette 00",
    )


def test_logs_are_awaited_under_the_id_that_the_box_is_told(desk: Desk) -> None:
    desk.add_school(1)
    desk.orders.create(BOSS, Wish(InstructionKind.FETCH_LOGS, {"hours": 3}, appliances=("a-1",)))
    (order,) = desk.fetched("a-1")
    (row,) = LogRequest.select()
    assert order.args == {"hours": 3, "request": row.id} and row.appliance == "a-1"


@pytest.mark.parametrize(
    "wish",
    [
        Wish(InstructionKind.IDENTIFY),
        Wish(InstructionKind.IDENTIFY, devices=("d-1-0",), schools=("0131001A",)),
        Wish(InstructionKind.IDENTIFY, {"name": "x"}, devices=("d-1-0",)),
        Wish(InstructionKind.RENAME, {}, devices=("d-1-0",)),
        Wish(InstructionKind.RENAME, {"name": "a\u202eb"}, devices=("d-1-0",)),
        Wish(InstructionKind.RENAME, {"name": "Toutes"}, schools=("0131001A",)),
        Wish(InstructionKind.FETCH_LOGS, {"hours": 0}, appliances=("a-1",)),
        Wish(InstructionKind.FETCH_LOGS, devices=("d-1-0",)),
        Wish(InstructionKind.REBOOT, {"during_lesson": "yes"}, devices=("d-1-0",)),
        Wish(InstructionKind.REPORT, appliances=("a-1",), life=timedelta(days=400)),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_at_the_desk(desk: Desk, wish: Wish) -> None:
    desk.add_school(1, devices=1)
    with pytest.raises(Invalid):
        desk.orders.create(BOSS, wish)
    assert not Instruction.select().exists() and not SignedOrder.select().exists()


def test_a_director_reads_what_was_ordered_for_the_own_school_only(desk: Desk) -> None:
    desk.add_school(1, devices=1)
    desk.add_school(2, devices=1)
    both = desk.orders.create(BOSS, Wish(InstructionKind.REPORT, devices=("d-1-0", "d-2-0")))
    other = desk.orders.create(BOSS, Wish(InstructionKind.REPORT, devices=("d-2-0",)))
    director = Viewer(3, "d", "D", Role.DIRECTOR, "0131001A")
    lines, _ = desk.reader.listed(director)
    assert [(line.id, line.total) for line in lines] == [(both, 1)]
    with pytest.raises(NotFound):
        desk.reader.order(director, other)
    assert desk.reader.listed(Viewer(4, "e", "E", Role.ERUN)) == ([], False)


def test_what_is_canceled_while_it_is_being_handed_out_is_held_back_or_followed(desk: Desk) -> None:
    desk.add_school(1, devices=1)
    for _ in range(15):
        order_id = desk.orders.create(BOSS, Wish(InstructionKind.IDENTIFY, devices=("d-1-0",)))
        barrier = threading.Barrier(2)
        handed: list[str] = []

        def hand_out(barrier: threading.Barrier = barrier, handed: list[str] = handed) -> None:
            with connected():
                barrier.wait(10)
                handed += [one.id for one in desk.fetched("a-1")]

        thread = threading.Thread(target=hand_out)
        thread.start()
        barrier.wait(10)
        desk.orders.cancel(BOSS, order_id)
        thread.join()
        (row,) = Instruction.select().where(Instruction.order == order_id)
        followers = [json.loads(one.body)["args"].get("instruction") for one in SignedOrder.select()]
        assert (row.id in handed) == (row.id in followers) == (row.state != InstructionState.CANCELED)
