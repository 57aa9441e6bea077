from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.hardware import Hardware, fingerprint, is_same_machine

PI = Hardware("10000000a1b2c3d4", "4f1e", ("dc:a6:32:01:02:03", "dc:a6:32:01:02:04"))


def same(one: Hardware, other: Hardware) -> bool:
    return is_same_machine(fingerprint(one), fingerprint(other))


def test_a_card_that_was_copied_into_another_box_is_on_another_machine() -> None:
    assert not same(PI, Hardware("10000000ffffffff", PI.machine_id, ("dc:a6:32:09:09:09",)))
    assert not same(Hardware("", "4f1e", ("aa",)), Hardware("", "4f1e", ("bb",)))


def test_an_adapter_more_or_less_is_no_other_machine() -> None:
    assert same(PI, Hardware(PI.board, PI.machine_id, ("00:11:22:33:44:55",)))
    assert same(Hardware("", "4f1e", ("aa", "bb")), Hardware("", "9999", ("bb", "cc")))


def test_a_machine_that_says_nothing_of_itself_is_known_by_its_id() -> None:
    assert same(Hardware(machine_id="4f1e"), Hardware(machine_id="4f1e"))
    assert not same(Hardware(machine_id="4f1e"), Hardware(machine_id="4f1f"))


@given(st.builds(Hardware, st.text(), st.text(), st.lists(st.text(min_size=1), max_size=9).map(tuple)))
def test_a_fingerprint_fits_the_wire_and_is_its_own_machine(hardware: Hardware) -> None:
    assert len(fingerprint(hardware)) <= 64
    assert same(hardware, hardware)
