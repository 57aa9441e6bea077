"""Which channel does what, and how two reports become one."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.channels import (
    PROFILES,
    RESTRICTIONS,
    AgentName,
    Carrier,
    Channel,
    Evidence,
    Offer,
    Profile,
    Reports,
    agent_abilities,
    checked_agent,
    choose,
    merge,
    own_abilities,
    union,
    weakest,
)
from appliance.errors import Invalid
from protocol.device import UNRESTRICTED, Access, Battery, Capability, CommandType, Lock, Reported, Restrictions

OWN, AGENT = Channel.OWN, Channel.AGENT
CONFIRMED, OBSERVED, UNCONFIRMED = Evidence.CONFIRMED, Evidence.OBSERVED, Evidence.UNCONFIRMED
LOCKED = Restrictions(lock=Lock("Ici"))
PAGE = own_abilities(("lock", "sound", "apps", "open_link", "open_document", "message"))
KIOSK = agent_abilities(AgentName.WEBVIEW_KIOSK, Profile.OWNER)
MANAGED = agent_abilities(AgentName.WEBVIEW_KIOSK, Profile.MANAGED)


def reported(version: int, restrictions: Restrictions | None = UNRESTRICTED, **facts: object) -> Reported:
    return Reported(version=version, at=None, restrictions=restrictions, **facts)  # type: ignore[arg-type]  # any of its fields, by name


@pytest.mark.parametrize(
    ("ability", "page_there", "agent_there", "expected"),
    [
        ("lock", True, True, Carrier(OWN, CONFIRMED)),
        ("lock", False, True, Carrier(AGENT, OBSERVED)),
        ("lock", True, False, Carrier(OWN, CONFIRMED)),
        ("lock", False, False, Carrier(OWN, CONFIRMED)),
        ("sound", False, True, Carrier(OWN, CONFIRMED)),
        ("internet", True, True, Carrier(AGENT, OBSERVED)),
        ("internet", True, False, Carrier(AGENT, OBSERVED)),
        ("camera", True, True, None),
        ("open_link", True, True, Carrier(OWN, CONFIRMED)),
        ("open_link", False, True, Carrier(AGENT, OBSERVED)),
        ("open_app", True, True, Carrier(AGENT, OBSERVED)),
        ("open_document", False, True, Carrier(OWN, CONFIRMED)),
        ("message", False, True, Carrier(AGENT, UNCONFIRMED)),
        ("message", True, True, Carrier(OWN, CONFIRMED)),
        ("identify", False, True, Carrier(AGENT, UNCONFIRMED)),
        ("report", True, True, Carrier(OWN, CONFIRMED)),
        ("reboot", True, True, None),
        ("wipe", True, True, None),
    ],
)
def test_a_tablet_with_page_and_kiosk_does_each_thing_by_its_best_channel(
    ability: str, page_there: bool, agent_there: bool, expected: Carrier | None
) -> None:
    assert choose(ability, (Offer(OWN, PAGE, page_there), Offer(AGENT, KIOSK, agent_there))) == expected


def test_only_who_owns_its_device_restarts_and_resets_it() -> None:
    """The contract has no word for it: whoever installs apps there does, a page in a browser does not."""
    owner = own_abilities(("lock", "packages"))
    assert {"reboot", "wipe"} <= set(owner) and not {"reboot", "wipe"} & set(PAGE)


def test_a_managed_tablet_is_never_locked_and_starts_no_app_by_its_agent() -> None:
    assert set(KIOSK) - set(MANAGED) == {Capability.LOCK, Capability.OPEN_APP}


def test_no_agent_claims_more_than_its_contract_names() -> None:
    words = {*map(str, Capability), *map(str, CommandType)}
    denied = {"sound", "camera", "apps", "packages", "usage", "open_document", "reboot", "wipe"}
    for name, profiles in PROFILES.items():
        for profile in profiles:
            found = set(agent_abilities(name, profile))
            assert found <= words - denied, (name, profile)


abilities = st.dictionaries(st.sampled_from(("lock", "open_link", "message")), st.sampled_from(Evidence))


@given(own=abilities, agent=abilities, there=st.tuples(st.booleans(), st.booleans()))
def test_the_choice_is_the_best_that_there_is(
    own: dict[str, Evidence], agent: dict[str, Evidence], there: tuple[bool, bool]
) -> None:
    offers = (Offer(OWN, own, there[0]), Offer(AGENT, agent, there[1]))
    rank = list(Evidence).index
    for ability in ("lock", "open_link", "message"):
        chosen = choose(ability, offers)
        able = [offer for offer in offers if ability in offer.abilities]
        assert chosen == choose(ability, offers[::-1]), "the order of offers does not matter"
        assert (chosen is None) is (not able)
        if chosen is None:
            continue
        of = {offer.channel: offer for offer in able}
        assert of[chosen.channel].abilities[ability] is chosen.evidence
        reachable = [offer for offer in able if offer.is_reachable]
        if reachable:
            assert of[chosen.channel].is_reachable
            assert rank(chosen.evidence) == min(rank(offer.abilities[ability]) for offer in reachable)


def test_equals_go_to_the_own_channel() -> None:
    for evidence in Evidence:
        offers = (Offer(AGENT, {"x": evidence}), Offer(OWN, {"x": evidence}))
        assert choose("x", offers) == Carrier(OWN, evidence)


def test_an_order_of_several_parts_is_known_as_badly_as_its_worst_part() -> None:
    for parts in product([Carrier(channel, evidence) for channel in Channel for evidence in Evidence], repeat=2):
        assert list(Evidence).index(weakest(parts).evidence) == max(list(Evidence).index(one.evidence) for one in parts)
        assert weakest(parts) in parts
    assert weakest(()) == Carrier(OWN, CONFIRMED)


def test_a_device_can_do_what_any_of_its_channels_can() -> None:
    assert union(("lock", "sound"), KIOSK) == {"lock", "sound", "internet", "open_link", "open_app", "message"}
    assert union((), ()) == frozenset()


def test_each_restriction_is_reported_by_the_channel_that_carries_it() -> None:
    own = reported(
        7, LOCKED, unsupported=(Capability.CAMERA, Capability.INTERNET), errors={"apps": "x", "packages": "no space"}
    )
    agent = reported(7, Restrictions(internet=Access.BLOCKED), errors={"lock": "not_locked", "internet": "late"})
    carriers = {
        "lock": Carrier(OWN, CONFIRMED),
        "sound": Carrier(OWN, CONFIRMED),
        "internet": Carrier(AGENT, OBSERVED),
        "open_app": Carrier(AGENT, OBSERVED),
    }
    merged = merge(Reports(own, agent), carriers)
    assert merged is not None
    assert merged.restrictions == Restrictions(lock=Lock("Ici"), internet=Access.BLOCKED)
    assert merged.unsupported == (Capability.CAMERA, Capability.APPS)
    assert merged.errors == {"packages": "no space", "internet": "late"}
    assert merged.version == 7


def test_nothing_is_settled_before_every_carrier_has_it() -> None:
    carriers = {"lock": Carrier(OWN, CONFIRMED), "internet": Carrier(AGENT, OBSERVED)}
    versions = [
        (merge(Reports(own, agent), carriers) or reported(-1)).version
        for own, agent in (
            (reported(9), reported(8)),
            (reported(8), reported(9)),
            (reported(9), None),
            (None, reported(9)),
        )
    ]
    assert versions == [8, 8, 0, 0]
    assert merge(Reports(), carriers) is None


def test_a_carrier_of_nothing_holds_up_nothing() -> None:
    merged = merge(Reports(reported(9), reported(3)), {"lock": Carrier(OWN, CONFIRMED)})
    assert merged is not None
    assert merged.version == 9


def test_what_one_channel_does_not_know_the_other_says() -> None:
    own = reported(1, foreground="web:preau")
    agent = reported(1, battery=Battery(81, False), foreground="web:elsewhere")
    merged = merge(Reports(own, agent), {"lock": Carrier(OWN, CONFIRMED)})
    assert merged is not None
    assert (merged.battery, merged.foreground) == (Battery(81, False), "web:preau")


restrictions = st.builds(
    Restrictions,
    lock=st.none() | st.just(Lock("Ici")),
    sound=st.sampled_from(Access),
    camera=st.sampled_from(Access),
    internet=st.sampled_from(Access),
    apps=st.none() | st.just(("org.x",)),
)
reports = st.none() | st.builds(
    Reported,
    version=st.integers(0, 9),
    at=st.none(),
    restrictions=st.none() | restrictions,
    unsupported=st.lists(st.sampled_from([Capability(name) for name in RESTRICTIONS]), unique=True).map(tuple),
    errors=st.dictionaries(st.sampled_from(RESTRICTIONS), st.just("why")),
)
carrying = st.dictionaries(
    st.sampled_from(RESTRICTIONS),
    st.builds(Carrier, channel=st.sampled_from(Channel), evidence=st.sampled_from(Evidence)),
)


@given(own=reports, agent=reports, carriers=carrying)
def test_a_merged_report_claims_nothing_that_its_carrier_did_not_say(
    own: Reported | None, agent: Reported | None, carriers: dict[str, Carrier]
) -> None:
    said = Reports(own, agent)
    merged = merge(said, carriers)
    assert (merged is None) is (own is None and agent is None)
    if merged is None:
        return
    for name in RESTRICTIONS:
        report = said.of(carriers[name].channel) if name in carriers else None
        is_denied = report is None or name in report.unsupported
        assert (Capability(name) in merged.unsupported) is is_denied
        if merged.restrictions is not None and getattr(merged.restrictions, name) != getattr(UNRESTRICTED, name):
            assert report is not None
            assert report.restrictions is not None
            assert getattr(merged.restrictions, name) == getattr(report.restrictions, name)
    for carrier in carriers.values():
        report = said.of(carrier.channel)
        assert merged.version <= (0 if report is None else report.version)


@pytest.mark.parametrize(
    ("agent", "profile", "field"),
    [("headwind", "owner", "agent"), ("webview-kiosk", "other", "agent"), ("", "", "agent")],
)
def test_an_agent_that_nobody_translates_is_refused(agent: str, profile: str, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        checked_agent(agent, profile)
    assert refusal.value.fields == {field: "unknown_value"}


def test_every_agent_has_a_table_for_each_of_its_profiles() -> None:
    for name in AgentName:
        for profile in PROFILES[name]:
            assert checked_agent(name, profile) == (name, profile)
            assert agent_abilities(name, profile)
