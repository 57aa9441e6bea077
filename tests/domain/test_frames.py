"""Whether a site's headers let a school's box show it in a frame."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.frames import Answer, may_be_framed

XFO, CSP = "x-frame-options", "content-security-policy"


@pytest.mark.parametrize(
    "headers",
    [
        {}, {"content-type": "text/html"}, {XFO: ""}, {XFO: "ALLOW-FROM https://example.org"}, {XFO: "nonsense"},
        {CSP: "default-src 'self'"}, {CSP: "frame-ancestors *"}, {CSP: "frame-ancestors http:"},
        {CSP: "Frame-Ancestors 'self' *"}, {CSP: "frame-src 'none'"},
        {XFO: "DENY", CSP: "frame-ancestors *"},  # the newer header alone counts
        {CSP: "frame-ancestors *; frame-ancestors 'none'"},  # the first of a policy counts
        {"content-security-policy-report-only": "frame-ancestors 'none'"},
    ],
)  # fmt: skip
def test_a_site_that_refuses_nobody_is_framed(headers: dict[str, str]) -> None:
    assert may_be_framed(headers) is Answer.YES


@pytest.mark.parametrize(
    "headers",
    [
        {XFO: "DENY"}, {XFO: "sameorigin"}, {XFO: " SameOrigin "}, {XFO: "DENY, DENY"}, {XFO: "ALLOWALL, nonsense"},
        {XFO: "ALLOW-FROM https://a.example, SAMEORIGIN"},
        {CSP: "frame-ancestors 'none'"}, {CSP: "frame-ancestors 'self'"}, {CSP: "frame-ancestors"},
        {CSP: "frame-ancestors https://ent.example.fr"}, {CSP: "default-src *;frame-ancestors 'self' https://a.example"},
        {CSP: "FRAME-ANCESTORS 'NONE'"}, {CSP: "frame-ancestors https:"},
        {CSP: "frame-ancestors *, frame-ancestors 'none'"},  # two policies: both must allow
    ],
)  # fmt: skip
def test_a_site_that_refuses_strangers_is_not_framed(headers: dict[str, str]) -> None:
    assert may_be_framed(headers) is Answer.NO


@given(st.dictionaries(st.sampled_from([XFO, CSP]), st.text()))
def test_no_header_is_too_odd_to_be_answered(headers: dict[str, str]) -> None:
    assert may_be_framed(headers) in (Answer.YES, Answer.NO)
