"""Who may call what: every route with every role, files and JSON included. A route without a declaration fails."""

import io
import zipfile

import pytest

from central.domain.orders import Wish
from central.domain.roles import CAPABILITIES, CITY_ROLES, CONSOLE, Capability, Role
from central.store.desk_models import Alert, LogPart, LogRequest
from central.store.models import Appliance, Device
from central.web.access import Door, access_of
from protocol.uplink_words import InstructionKind
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


def rows_of_another_school(site: Site) -> dict[str, object]:
    """By the name that routes give their ids. All of them are there: the technician's pages show it."""
    now = site.clock.now()
    Appliance.insert(id="a-lilas", school=OTHER, claimed_at=now).execute()
    Device.insert(
        id="d-lilas", school=OTHER, appliance="a-lilas", serial="SERIE-LILAS", name="Tablette des Lilas", number=1,
        kind="tablet", status="active", updated_at=now,
    ).execute()  # fmt: skip
    orders = site.services.orders
    order = orders.create(CONSOLE, Wish(InstructionKind.IDENTIFY, devices=("d-lilas",)))
    orders.create(CONSOLE, Wish(InstructionKind.FETCH_LOGS, appliances=("a-lilas",), args={"hours": 6}))
    request = LogRequest.get()
    LogPart.insert(request=request.id, part=0, lines="SERIE-LILAS").execute()
    LogRequest.update(parts=1).execute()
    alert = Alert.insert(kind="battery", school=OTHER, subject="device:d-lilas", began_at=now).execute()
    return {
        "device_id": "d-lilas",
        "appliance_id": "a-lilas",
        "order_id": order,
        "request_id": request.id,
        "scope_key": f"school:{OTHER}",
        "alert": alert,
    }


@pytest.mark.parametrize("role", [Role.DIRECTOR, Role.ERUN, Role.DEPARTMENT])
def test_no_row_of_another_school_is_behind_any_address(site: Site, role: Role) -> None:
    rows = rows_of_another_school(site)
    browser = site.browser_of(role)
    named = [
        (method, path)
        for method, path, _endpoint in routes(site.app, OTHER, rows)
        if any(str(one) in path for one in (OTHER, *rows.values()) if one != rows["alert"])
    ]
    assert {str(rows[name]) for name in rows if name != "alert"} <= {
        part for _, path in named for part in path.split("/")
    }
    for method, path in named:
        answer = browser.client.open(path, method=method, base_url=ORIGIN, headers={"X-CSRFToken": browser.token})
        assert answer.status_code in (403, 404), (method, path)
        assert "lilas" not in answer.text.lower().replace(path, ""), (method, path)
    assert browser.post("/alerts/acknowledge", alerts=rows["alert"]).status_code in (403, 404)
    for path in ("/devices?q=lilas", "/alerts", "/alerts?state=all", "/orders"):
        answer = browser.get(path)
        assert "SERIE-LILAS" not in answer.text and "des Lilas" not in answer.text, path


EXPORTS = {
    "/exports/devices": Capability.EXPORT,
    "/exports/alerts": Capability.EXPORT,
    "/exports/schools": Capability.SEE_FLEET,
}


def exported(browser: Browser, path: str) -> str:
    """Both kinds of file, as text."""
    text = browser.get(f"{path}.csv?state=all").get_data().decode()
    sheet = browser.get(f"{path}.ods?state=all").get_data()
    return text + zipfile.ZipFile(io.BytesIO(sheet)).read("content.xml").decode()


@pytest.mark.parametrize("role", list(Role))
def test_a_file_holds_the_rows_that_its_reader_may_see_and_no_others(site: Site, role: Role) -> None:
    rows_of_another_school(site)
    now = site.clock.now()
    Appliance.insert(id="a-moulin", school=OWN, claimed_at=now).execute()
    Device.insert(
        id="d-moulin", school=OWN, appliance="a-moulin", serial="SERIE-MOULIN", name="Tablette du Moulin", number=1,
        kind="tablet", status="active", updated_at=now,
    ).execute()  # fmt: skip
    Alert.insert(kind="battery", school=OWN, subject="device:d-moulin", began_at=now).execute()
    browser, is_of_the_city = site.browser_of(role), role in CITY_ROLES
    for path, needs in EXPORTS.items():
        if needs not in CAPABILITIES[role]:
            assert {browser.get(f"{path}.{kind}").status_code for kind in ("csv", "ods")} == {403}, path
            continue
        text = exported(browser, path)
        assert "Moulin" in text, path
        assert ("Lilas" in text, OTHER in text) == (is_of_the_city, is_of_the_city), path
    if is_of_the_city:
        assert "SERIE-LILAS" in exported(browser, "/exports/devices")


def test_the_rows_that_others_do_not_find_are_there(site: Site) -> None:
    rows = rows_of_another_school(site)
    browser = site.browser_of(Role.TECHNICIAN)
    for path in (f"/devices/{rows['device_id']}", f"/orders/{rows['order_id']}", f"/logs/{rows['request_id']}"):
        assert browser.get(path).status_code == 200, path
    assert browser.post("/alerts/acknowledge", alerts=rows["alert"]).status_code == 303


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
