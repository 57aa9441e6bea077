"""What a report says of a gesture that waits for it."""

from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.receipts import OPEN, ReceiptState
from appliance.domain.reports import NOT_APPLIED, Order, Settled, settle
from appliance.domain.restrictions import Hold
from protocol.device import UNRESTRICTED, Access, Capability, Lock, Reported, Restrictions

EYES_UP = Hold(UNRESTRICTED, "Ici").restrictions
ASKED = ("lock", "sound", "camera", "internet")


def report(version: int = 5, restrictions: Restrictions | None = EYES_UP, **rest: object) -> Reported:
    return Reported(version, None, restrictions, **rest)  # type: ignore[arg-type]  # any of its fields, by name


def test_a_device_that_applies_all_that_was_asked_has_done_it() -> None:
    assert settle(Order(5, ASKED, (), ()), report()) == Settled(ReceiptState.SUCCEEDED)


def test_a_device_that_cannot_do_one_part_has_done_it_and_says_what_is_missing() -> None:
    partly = Restrictions(EYES_UP.lock, Access.BLOCKED, Access.ALLOWED, Access.BLOCKED)
    assert settle(Order(5, ASKED, (), ()), report(5, partly, unsupported=(Capability.CAMERA,))) == Settled(
        ReceiptState.SUCCEEDED, None, ("camera",)
    )
    assert settle(Order(5, ASKED, (), ("camera",)), report(5, partly)).unsupported == ("camera",)


def test_what_was_not_asked_for_is_not_held_against_it() -> None:
    said = report(5, EYES_UP, unsupported=(Capability.APPS,), errors={"packages": "org.x: no space left"})
    assert settle(Order(5, ASKED, (), ()), said) == Settled(ReceiptState.SUCCEEDED)


def test_a_device_that_can_do_nothing_of_it_has_refused() -> None:
    said = report(5, UNRESTRICTED, unsupported=(Capability.SOUND,))
    assert settle(Order(5, ("sound",), (), ()), said) == Settled(ReceiptState.REJECTED, None, ("sound",))


def test_an_error_of_what_was_asked_is_a_failure_with_its_words() -> None:
    said = report(5, EYES_UP, errors={"camera": "policy refused", "sound": ""})
    assert settle(Order(5, ASKED, (), ()), said) == Settled(ReceiptState.FAILED, "policy refused; sound")


def test_a_device_that_has_the_version_but_does_not_do_it_has_failed() -> None:
    assert settle(Order(5, ASKED, (), ()), report(5, UNRESTRICTED)) == Settled(ReceiptState.FAILED, NOT_APPLIED)


def test_what_a_later_order_took_back_before_the_device_saw_it_is_canceled() -> None:
    assert settle(Order(5, ASKED, (), ()), report(6, UNRESTRICTED)) == Settled(ReceiptState.CANCELED)


def test_a_later_version_that_still_does_it_has_done_it() -> None:
    assert settle(Order(5, ("sound",), (), ()), report(7)) == Settled(ReceiptState.SUCCEEDED)


def test_a_device_that_does_not_tell_what_it_applies_is_believed() -> None:
    assert settle(Order(5, ASKED, (), ()), report(5, None)) == Settled(ReceiptState.SUCCEEDED)


def test_lifting_asks_for_nothing_and_is_done_by_its_version() -> None:
    assert settle(Order(5, (), (), ()), report(5, UNRESTRICTED)) == Settled(ReceiptState.SUCCEEDED)


@given(
    st.sets(st.sampled_from(ASKED)),
    st.sets(st.sampled_from(ASKED)),
    st.integers(5, 9),
    st.sets(st.sampled_from(Capability)),
    st.dictionaries(st.sampled_from([*ASKED, "packages"]), st.text(max_size=500), max_size=3),
)
def test_every_report_settles_and_speaks_only_of_what_was_asked(
    asked: set[str], missing: set[str], version: int, unsupported: set[Capability], errors: dict[str, str]
) -> None:
    settled = settle(
        Order(5, sorted(asked), (), missing), report(version, unsupported=tuple(unsupported), errors=errors)
    )
    assert settled.state not in OPEN
    assert set(settled.unsupported) <= asked
    assert len(settled.error or "") <= 200


def test_what_was_to_be_let_go_and_is_still_held_is_not_done() -> None:
    order = Order(5, lifted=("lock", "sound"))
    held = Restrictions(lock=Lock("Stop"))
    assert settle(order, report(5, held)) == Settled(ReceiptState.FAILED, NOT_APPLIED)
    assert settle(order, report(5, UNRESTRICTED)) == Settled(ReceiptState.SUCCEEDED)
    assert settle(order, report(6, held)) == Settled(ReceiptState.SUCCEEDED)  # a later order holds it again
    assert settle(order, report(5, held, unsupported=(Capability.LOCK,))) == Settled(ReceiptState.SUCCEEDED)
