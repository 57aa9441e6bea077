"""Whatever comes over a tablet's topics, its translation raises nothing: an error there would end the whole bridge."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.broker_bridge.agents.webview_kiosk_words import ERROR, EventType, LockType, RequestType
from appliance.domain.agents import AgentPresence
from appliance.domain.webview_kiosk import ARRAY_KEYS, BASELINE
from tests.broker_bridge.agents.hand import LOCKED, OFFLINE_NET, Hand

_FIELDS = (
    "url", "currentUrl", "lockStateType", "isLocked", "batteryPercentage", "isDeviceInteractive", "cause", "settings",
    "packages", "app", "device", "isDeviceOwner", "isLockTaskPermitted", "versionName", "model", *BASELINE,
)  # fmt: skip
_ODD_TEXTS = ("[" * 3_000, "[", "http://[", "http://a:b", "http://\u202e", "javascript:x", *map(str, LockType))
_TEXTS = st.text(max_size=20) | st.sampled_from(_ODD_TEXTS)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_FIELDS) | _TEXTS, inner, max_size=3),
    max_leaves=8,
)
_DATA = st.dictionaries(st.sampled_from(_FIELDS), _VALUES, max_size=5)
_KINDS = st.sampled_from([*EventType, *RequestType, ERROR]) | _VALUES
_HEADS = st.fixed_dictionaries(
    {"eventType": _KINDS, "responseType": _KINDS},
    optional=dict.fromkeys(("messageId", "username", "appInstanceId", "data", "requestMessageId"), _VALUES),
)
_LEAVES = st.sampled_from(["event/x", "response/x", "will", "", "elsewhere"])


def test_a_setting_that_is_all_brackets_is_a_setting_that_differs() -> None:
    hand = Hand(deaf_to={"get_settings"})
    hand.want()
    hand.connect()
    hand.pass_by(1)
    asked = next(one for one in reversed(hand.sent) if one.get("requestType") == "get_settings")
    hand.answer(asked, data={"settings": dict.fromkeys(ARRAY_KEYS & set(asked["data"]["settings"]), "[" * 30_000)})
    assert hand.drops == []
    assert hand.presence() is AgentPresence.READY


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(_LEAVES, _HEADS | _DATA), max_size=6), st.lists(_DATA, max_size=6))
def test_nothing_that_is_said_or_answered_raises(messages: list[tuple[str, object]], answers: list[object]) -> None:
    hand = Hand(obeys=False)
    hand.want(LOCKED)
    hand.connect()
    for number, data in enumerate(answers):
        asked = [one for one in hand.sent if one["leaf"] == "request"]
        hand.answer(asked[-1], data=data)
        hand.pass_by(3)
        hand.want(OFFLINE_NET, version=number + 2)
    for leaf, document in messages:
        hand.raw(leaf, json.dumps(document).encode())
        hand.pass_by(3)


@given(_LEAVES, st.binary(max_size=200))
def test_no_bytes_raise(leaf: str, payload: bytes) -> None:
    hand = Hand().ready()
    hand.raw(leaf, payload)
    hand.pass_by(1)
