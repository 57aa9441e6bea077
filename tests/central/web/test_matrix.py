"""Who may call what: every route with every role, files and JSON included. A route without a declaration fails."""

import pytest

from central.domain.roles import CAPABILITIES, Capability, Role
from central.web.access import Door, access_of
from tests.central.web.conftest import ORIGIN, OTHER, OWN, Browser, Site
from tests.central.web.routes import routes

# Not in the walk: they end the session that walks.
ENDS = {"people.sign_out"}


def asked(browser: Browser, method: str, path: str) -> int:
    answer = browser.client.open(path, method=method, base_url=ORIGIN, headers={"X-CSRFToken": browser.token})
    answer.close()
    return answer.status_code


def test_every_route_says_who_may_call_it(site: Site) -> None:
    silent = [path for _method, path, endpoint in routes(site.app, OWN) if access_of(site.app, endpoint) is None]
    assert silent == []
    assert len(list(routes(site.app, OWN))) > 30


def test_a_route_that_says_nothing_is_closed_to_everybody(site: Site) -> None:
    site.app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    assert asked(site.browser_of(Role.ADMINISTRATOR), "GET", "/forgotten") == 403


@pytest.mark.parametrize("role", list(Role))
def test_each_role_opens_what_its_capabilities_say_and_nothing_else(site: Site, role: Role) -> None:
    browser = site.browser_of(role)
    for method, path, endpoint in routes(site.app, OWN):
        access = access_of(site.app, endpoint)
        if endpoint in ENDS:
            continue
        status = asked(browser, method, path)
        assert status < 500, (method, path, status)
        if isinstance(access, Capability):
            assert (status == 403) == (access not in CAPABILITIES[role]), (role, method, path, status)
            assert status != 401, (role, method, path)


def test_whoever_is_not_signed_in_opens_public_routes_only(site: Site) -> None:
    browser = site.browser()
    browser.get("/sign-in")
    for method, path, endpoint in routes(site.app, OWN):
        if access_of(site.app, endpoint) is Door.PUBLIC:
            continue
        answer = browser.client.open(path, method=method, base_url=ORIGIN, headers={"X-CSRFToken": browser.token})
        is_sent_away = answer.status_code == 303 and answer.location.startswith("/sign-in")
        assert is_sent_away or answer.status_code == 401, (method, path, answer.status_code)


def test_a_director_finds_no_other_school_behind_any_address(site: Site) -> None:
    browser = site.browser_of(Role.DIRECTOR)
    named = [one for one in routes(site.app, OTHER) if OTHER in one[1]]
    for method, path, _endpoint in named:
        assert asked(browser, method, path) in (403, 404), (method, path)


def test_half_a_sign_in_opens_no_page_that_shows_anything(site: Site) -> None:
    site.add("durand", Role.ADMINISTRATOR)
    browser = site.browser()
    browser.sign_in("durand")
    browser.get("/sign-in/second")
    for method, path, endpoint in routes(site.app, OWN):
        if isinstance(access_of(site.app, endpoint), Capability):
            answer = browser.client.open(path, method=method, base_url=ORIGIN, headers={"X-CSRFToken": browser.token})
            is_sent_on = answer.status_code == 303 and answer.location.startswith("/sign-in/second")
            assert is_sent_on or answer.status_code == 401, (method, path)
