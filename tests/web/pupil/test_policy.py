"""What the pupil's pages may load, and that no other page may."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.config import Config
from appliance.domain.people import CONSOLE
from appliance.web.pupil.policy import pupil_policy
from tests.web.conftest import Site


def directives(policy: str) -> dict[str, str]:
    return {name: value for name, _, value in (part.strip().partition(" ") for part in policy.split(";"))}


def policy_of(site: Site, path: str, host: str = "preau.local:8080") -> dict[str, str]:
    answer = site.browser().client.get(path, headers={"Host": host})
    return directives(answer.headers["Content-Security-Policy"])


@pytest.fixture
def link(site: Site) -> str:
    return site.services.tokens.new(CONSOLE, 10, timedelta(days=1)).path


def test_the_pupils_pages_reach_the_broker_by_the_name_that_was_used_and_nothing_else(site: Site, link: str) -> None:
    for path in ("/pupil", "/join", link, "/t/unknown"):
        assert policy_of(site, path)["connect-src"] == "'self' ws://preau.local:9001"
        assert policy_of(site, path, "127.0.0.1:8080")["connect-src"] == "'self' ws://127.0.0.1:9001"


def test_an_ipv6_address_has_no_name_in_a_policy_but_its_port_has(site: Site) -> None:
    assert policy_of(site, "/pupil", "[::1]:8080")["connect-src"] == "'self' ws://*:9001"


def test_no_script_or_style_comes_from_elsewhere_or_from_within_a_page(site: Site, link: str) -> None:
    for path in ("/pupil", "/join", link):
        policy = policy_of(site, path)
        assert policy["default-src"] == "'none'"
        for name in ("script-src", "style-src", "worker-src", "font-src", "manifest-src", "form-action"):
            assert policy[name] == "'self'", (path, name)
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        page = site.browser().client.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>|\sstyle=|\son[a-z]+=", page)


def test_sites_are_framed_and_documents_shown_as_blobs(site: Site) -> None:
    policy = policy_of(site, "/pupil")
    assert policy["frame-src"] == "http: https:"
    assert policy["img-src"] == "'self' data: blob:"
    assert policy["media-src"] == "'self' blob:"


def test_with_tls_the_broker_and_the_sites_are_reached_over_tls_only(tmp_path: Path) -> None:
    config = Config(tmp_path, websocket_port=9001, tls_certificate=tmp_path / "cert", tls_key=tmp_path / "key")
    policy = directives(pupil_policy("preau.local", config))
    assert policy["connect-src"] == "'self' wss://preau.local:9001"
    assert policy["frame-src"] == "https:"


def test_the_port_is_the_appliances_own(config: Config, make_site: Callable[[Config], Site]) -> None:
    site = make_site(replace(config, websocket_port=19001))
    assert policy_of(site, "/pupil")["connect-src"] == "'self' ws://preau.local:19001"


def test_other_pages_gain_nothing_by_it(site: Site) -> None:
    for path in ("/sign-in", "/health", "/api/time", "/nowhere"):
        policy = policy_of(site, path)
        assert "9001" not in policy["connect-src"]
        assert "frame-src" not in policy
        assert "worker-src" not in policy
        assert "blob:" not in policy["img-src"] + policy["media-src"]


def test_no_page_of_the_pupil_can_be_framed_or_kept_by_a_proxy(site: Site, link: str) -> None:
    for path in ("/pupil", "/join", link):
        headers = site.browser().client.get(path).headers
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
