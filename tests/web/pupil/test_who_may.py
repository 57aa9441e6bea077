"""Every route there is, tried by a pupil's browser and by a teacher's: what is one's is closed to the other."""

from base64 import b64encode

import pytest
from werkzeug.routing import Rule

from tests.web.conftest import Site
from tests.web.pupil.conftest import Lesson, Pupil
from tests.web.test_security import path_of

# Open to whoever comes: their own tests say what they give.
OPEN = {
    "static", "device_api.enroll", "device_api.time", "health.health", "metrics.metrics",
    "agent_tablet.settings", "agent_tablet.tablet",
    "auth.sign_in", "auth.check", "auth.forget", "auth.language", "auth.sign_out",
    "setup.set_up", "setup.make_first", "setup.invitation", "setup.accept",
    "pupil.link", "pupil.page", "pupil.code", "pupil.join", "pupil.manifest", "pupil.worker", "pupil.version",
}  # fmt: skip
DEVICES = {
    "device_api.document",
    "device_api.package",
    "pupil_api.session",
    "pupil_api.leave",
    "pupil_api.lesson",
    "pupil_api.frame",
}


def rules(site: Site, closed_to: set[str]) -> list[Rule]:
    return [rule for rule in site.app.url_map.iter_rules() if rule.endpoint not in closed_to]


@pytest.fixture
def curious(pupil: Pupil) -> Pupil:
    """With a password, its cookie, and the cookie once more under a teacher's name."""
    headers = {"Authorization": "Basic " + b64encode(f"{pupil.id}:{pupil.password}".encode()).decode()}
    assert pupil.client.post("/pupil/session", headers=headers).status_code == 204
    found = pupil.client.get_cookie("preau-8080-pupil", path="/documents")
    assert found is not None
    for name in ("preau-8080", "preau-8080-browser", "preau-8080-pupil"):
        pupil.client.set_cookie(name, found.value)
    pupil.client.environ_base["HTTP_AUTHORIZATION"] = headers["Authorization"]
    return pupil


def test_a_pupil_opens_nothing_that_is_a_teachers(site: Site, lesson: Lesson, curious: Pupil) -> None:
    tried = 0
    for rule in rules(site, OPEN | DEVICES):
        for method in (rule.methods or set()) & {"GET", "POST", "DELETE"}:
            answer = curious.client.open(path_of(site.app, rule), method=method)
            assert answer.status_code in (303, 401, 403), (rule, method, answer.status_code)
            assert answer.status_code != 303 or answer.headers["Location"].startswith(("/sign-in", "/setup")), rule
            tried += 1
    assert tried > 60


def test_a_teacher_is_nobodys_device(site: Site, lesson: Lesson) -> None:
    browser = site.browser()
    browser.sign_in("durand")
    browser.get("/")
    tried = 0
    for rule in (rule for rule in site.app.url_map.iter_rules() if rule.endpoint in DEVICES):
        for method in (rule.methods or set()) & {"GET", "POST"}:
            answer = browser.client.open(path_of(site.app, rule), method=method, headers={"X-CSRFToken": browser.token})
            assert answer.status_code == 401, (rule, method)
            tried += 1
    assert tried == len(DEVICES)


def test_the_lists_name_routes_that_exist(site: Site) -> None:
    known = {rule.endpoint for rule in site.app.url_map.iter_rules()}
    assert known >= OPEN | DEVICES
