"""The city's chains: bounded, each box's newest only, and never needed."""

import pytest

from central.errors import Conflict
from central.services.chains import Chains
from protocol.strict_json import write_object
from protocol.uplink_chain import Chain


def chain(number: int) -> Chain:
    body = {"battery": number, "packages": "".join(chr(97 + number * place % 26) for place in range(2000))}
    record = {"seq": 1, "type": "device", "at": "2026-11-24T08:00:00Z", "key": f"device:{number}", "body": body}
    return Chain().after(b"%d" % number, b"answer", (write_object({"lane": 1, "records": [record]}),))


def test_a_chain_is_found_as_it_was_kept_by_its_box_and_its_name_only() -> None:
    chains, kept = Chains(), chain(1)
    chains.keep("a-one", kept, Chain())

    assert chains.find("a-one", kept.name) == kept
    assert chains.find("a-one", bytes(16)) == Chain(), "a box may always begin anew"
    for who, name in (("a-two", kept.name), ("a-one", chain(2).name)):
        with pytest.raises(Conflict, match="unknown_chain"):
            chains.find(who, name)


def test_the_next_link_takes_the_place_of_the_one_before() -> None:
    chains, first = Chains(), chain(1)
    chains.keep("a-one", first, Chain())
    second = first.after(b"more", b"answer", ())
    chains.keep("a-one", second, first)

    assert chains.find("a-one", second.name) == second
    with pytest.raises(Conflict):
        chains.find("a-one", first.name)


def test_what_is_known_is_packed_again_only_when_it_changed_or_another_chain_came_between() -> None:
    chains = Chains()
    chains.keep("a-one", chain(1), Chain())
    before = chains.find("a-one", chain(1).name)
    packed = chains._kept["a-one"].known
    same, changed = before.following(b"hello", b"answer", before.known), chain(3)

    chains.keep("a-one", same, before)
    assert chains._kept["a-one"].known is packed
    assert chains.find("a-one", same.name) == same
    for last in (chain(2), same):
        chains.keep("a-one", chain(2), Chain())
        chains.keep("a-one", last, before)
        assert chains.find("a-one", last.name) == last
    chains.keep("a-one", changed, same)
    assert chains.find("a-one", changed.name).known == changed.known


def test_too_many_chains_push_out_those_that_were_said_longest_ago() -> None:
    chains = Chains(most_bytes=20_000)
    kept = [chain(number) for number in range(200)]
    for number, one in enumerate(kept):
        chains.keep(f"a-{number}", one, Chain())

    assert chains.find("a-199", kept[199].name) == kept[199]
    assert chains._bytes <= 20_000 < sum(len(one.text) + 100 for one in kept)
    with pytest.raises(Conflict):
        chains.find("a-0", kept[0].name)
