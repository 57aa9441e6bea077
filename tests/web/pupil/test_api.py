"""What a pupil's page asks over HTTP, and that it opens nothing else."""

import io
import uuid
from base64 import b64encode

import pytest

from appliance.domain.gestures import GestureKind
from appliance.services.gestures import Request
from appliance.store.live import Live
from appliance.store.models import Classroom, Device, Pupil
from tests.support.documents import store_upload
from tests.web.conftest import Site
from tests.web.pupil.conftest import Lesson
from tests.web.pupil.conftest import Pupil as PupilPage

PDF = b"%PDF-1.7\n" + b"x" * 2000
BROWSER = {"User-Agent": "Mozilla/5.0 (Linux; Android 14)"}


@pytest.fixture
def document(site: Site, lesson: Lesson) -> str:
    return f"/documents/{store_upload(site.services.documents, io.BytesIO(PDF), 'a.pdf', lesson.teacher).sha256}"


def basic(pupil: PupilPage, password: str = "") -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{pupil.id}:{password or pupil.password}".encode()).decode()}


def session(pupil: PupilPage) -> PupilPage:
    answer = pupil.client.post("/pupil/session", headers=basic(pupil))
    assert (answer.status_code, answer.data) == (204, b"")
    return pupil


def cookie_of(pupil: PupilPage) -> str:
    found = pupil.client.get_cookie("preau-8080-pupil", path="/documents")
    assert found is not None
    return found.value


# The cookie for documents.


def test_a_password_gives_a_cookie_for_documents_and_nothing_else(pupil: PupilPage, document: str) -> None:
    answer = pupil.client.post("/pupil/session", headers=basic(pupil))
    given = answer.headers["Set-Cookie"]
    for word in ("preau-8080-pupil=", "HttpOnly", "SameSite=Strict", "Path=/documents"):
        assert word in given
    assert "Max-Age" not in given
    assert "Expires" not in given
    assert pupil.password not in given
    shown = pupil.client.get(document)
    assert (shown.status_code, shown.data) == (200, PDF)


def test_without_password_or_cookie_there_is_no_document(pupil: PupilPage, document: str) -> None:
    assert pupil.client.get(document).status_code == 401
    assert pupil.client.get(document, headers=basic(pupil, "wrong")).status_code == 401
    assert pupil.client.post("/pupil/session").status_code == 401
    assert pupil.client.post("/pupil/session", headers=basic(pupil, "wrong")).status_code == 401


def test_a_wrong_password_counts_even_beside_a_good_cookie(pupil: PupilPage, document: str) -> None:
    assert session(pupil).client.get(document, headers=basic(pupil, "wrong")).status_code == 401


@pytest.mark.parametrize("ending", ["removed", "enrolled again", "guest leaves"])
def test_the_cookie_ends_with_its_password(
    site: Site, lesson: Lesson, pupil: PupilPage, document: str, ending: str
) -> None:
    pupil = lesson.guest() if ending == "guest leaves" else pupil
    assert session(pupil).client.get(document).status_code == 200
    if ending == "removed":
        Device.update(status="removed", credential=None).where(Device.id == pupil.id).execute()
    elif ending == "enrolled again":
        lesson.by_way_back(pupil.id, "another-browser")
    else:
        site.services.guests.leave(pupil.id)
    assert pupil.client.get(document).status_code == 401


def test_a_cookie_that_was_forged_or_changed_opens_nothing(site: Site, pupil: PupilPage, document: str) -> None:
    good = cookie_of(session(pupil))
    body, _, seal = good.rpartition(".")
    other = site.browser().client
    for value in (
        f"{body}.{seal[::-1]}",
        f"x{body}.{seal}",
        body,
        seal,
        "",
        ".",
        "a.b",
        "é.é",
        "[]",
        good * 20,
        good[:-1],
    ):
        other.set_cookie("preau-8080-pupil", value, path="/documents")
        assert other.get(document).status_code == 401, value
    other.set_cookie("preau-8080-pupil", good, path="/documents")
    assert other.get(document).status_code == 200


def test_a_cookie_signed_for_another_purpose_opens_nothing(site: Site, pupil: PupilPage, document: str) -> None:
    browser = site.browser()
    browser.get("/sign-in")
    form = browser.cookie("-form")
    assert form is not None
    for value in (form, browser.token):
        browser.client.set_cookie("preau-8080-pupil", value, path="/documents")
        assert browser.client.get(document).status_code == 401


def test_a_child_is_never_asked_for_a_user_name_and_a_program_is_told_how(pupil: PupilPage, document: str) -> None:
    for path in (document, "/pupil/lesson", "/pupil/frame?url=x"):
        asked = pupil.client.get(path, headers=BROWSER)
        assert asked.status_code == 401
        assert "basic" not in asked.headers["WWW-Authenticate"].lower()
    told = pupil.client.get(document, headers={"User-Agent": "preau-agent/1"})
    assert told.headers["WWW-Authenticate"].startswith("Basic ")


def test_passwords_are_not_guessed_on_any_of_these_routes(site: Site, pupil: PupilPage, document: str) -> None:
    client = site.browser("192.168.1.66").client
    routes = [("GET", document), ("POST", "/pupil/session"), ("GET", "/pupil/lesson"), ("POST", "/pupil/leave")]
    statuses = [
        client.open(path, method=method, headers=basic(pupil, f"guess-{number}")).status_code
        for number in range(31)
        for method, path in routes
    ]
    assert statuses.count(401) == 120, "one count for all of them"
    assert statuses[120:] == [429] * 4


# What a document may do in a browser.


@pytest.mark.parametrize("mime", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/xml"])
def test_a_hostile_document_stays_harmless(site: Site, pupil: PupilPage, document: str, mime: str) -> None:
    from appliance.store.models import Document

    Document.update(mime=mime, name="piège.html").execute()
    headers = session(pupil).client.get(document).headers
    assert headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_player_may_ask_for_parts_by_its_cookie(pupil: PupilPage, document: str) -> None:
    answer = session(pupil).client.get(document, headers={"Range": "bytes=2-5"})
    assert (answer.status_code, answer.data) == (206, PDF[2:6])
    assert answer.headers["Content-Range"] == f"bytes 2-5/{len(PDF)}"
    assert "private" in answer.headers["Cache-Control"]
    assert {"Authorization", "Cookie"} <= set(answer.headers["Vary"].replace(" ", "").split(","))


# Who may what.

TEACHERS = [
    "/",
    "/documents",
    "/account",
    "/admin",
    "/admin/devices",
    "/lessons/{lesson}",
    "/lessons/{lesson}/board.json",
]


def test_a_pupils_cookie_and_password_open_no_page_of_a_teacher(
    lesson: Lesson, pupil: PupilPage, document: str
) -> None:
    session(pupil)
    pupil.client.set_cookie("preau-8080", cookie_of(pupil))  # as a curious pupil would try
    for path in [*(one.format(lesson=lesson.id) for one in TEACHERS), f"{document}/view"]:
        answer = pupil.client.get(path, headers=basic(pupil))
        assert answer.status_code == (401 if path.endswith(".json") else 303), path
        assert "/sign-in" in answer.headers.get("Location", "/sign-in")
    for path in (f"/lessons/{lesson.id}/end", f"/lessons/{lesson.id}/gestures", f"/lessons/{lesson.id}/display"):
        assert pupil.client.post(path, json={}, headers=basic(pupil)).status_code in (401, 403)


def test_a_teacher_is_no_device(site: Site, lesson: Lesson, document: str) -> None:
    browser = site.browser()
    browser.sign_in("durand")
    browser.get("/")
    headers = {"X-CSRFToken": browser.token}
    assert browser.client.get(document).status_code == 401
    assert browser.client.get(f"{document}/view").status_code == 200
    for method, path in (("GET", "/pupil/lesson"), ("GET", "/pupil/frame?url=x"), ("POST", "/pupil/session")):
        assert browser.client.open(path, method=method, headers=headers).status_code == 401, path


def test_other_sites_cannot_make_a_browser_ask_for_it(pupil: PupilPage) -> None:
    headers = {**basic(pupil), "Origin": "https://evil.example"}
    assert pupil.client.post("/pupil/session", headers=headers).status_code == 403


# The screen.


def test_a_screen_shows_who_is_there_as_the_board_names_them(
    site: Site, lesson: Lesson, devices: list[str], pupil: PupilPage
) -> None:
    classroom = Classroom.create(name="CE2 B", created_at=site.clock.now())
    Pupil.create(classroom=classroom, first_name="Léa", initial="M", device=devices[0])
    Live.create(device_id=devices[0], presence="online", seen_at=site.clock.now(), force_insert=True)
    guest = lesson.guest()
    screen = lesson.by_way_back(devices[2], "screen-1", kind="screen")
    answer = screen.client.get("/pupil/lesson", headers=basic(screen))
    assert answer.json == {
        "lesson": {"title": "Lecture", "teacher": "Mme Durand"},
        "present": ["Léa M."],
        "missing": ["Tablette 02", "Invité 1"],
    }
    for other in (pupil, guest):
        assert other.client.get("/pupil/lesson", headers=basic(other)).status_code == 404


def test_no_visitor_reads_names_by_calling_itself_a_screen(lesson: Lesson) -> None:
    guest = lesson.guest(kind="screen")
    assert guest.client.get("/pupil/lesson", headers=basic(guest)).status_code == 404


def test_a_screen_without_a_lesson_shows_nobody(site: Site, lesson: Lesson, devices: list[str]) -> None:
    screen = lesson.by_way_back(devices[2], "screen-1", kind="screen")
    site.services.lessons.end(lesson.teacher, lesson.id)
    assert screen.client.get("/pupil/lesson", headers=basic(screen)).status_code == 404


# Sites.


def told(lesson: Lesson, url: str) -> str:
    request = Request(str(uuid.uuid4()), GestureKind.OPEN_LINK, {"url": url})
    lesson.site.services.gestures.perform(lesson.teacher, lesson.id, request)
    return url


def test_a_page_asks_about_what_it_was_told_to_open_only(lesson: Lesson, pupil: PupilPage) -> None:
    url = told(lesson, "http://nowhere.invalid/page")
    answer = pupil.client.get("/pupil/frame", query_string={"url": url}, headers=basic(pupil))
    assert answer.json == {"frame": "unknown"}, "there is no such site"
    for other in ("http://nowhere.invalid/", "http://127.0.0.1:8080/admin", "file:///etc/passwd", "", "x" * 2000):
        asked = pupil.client.get("/pupil/frame", query_string={"url": other}, headers=basic(pupil))
        assert asked.status_code == 404, other
    long = pupil.client.get(
        "/pupil/frame", query_string={"url": "http://a.example/" + "x" * 2048}, headers=basic(pupil)
    )
    assert long.status_code == 422


@pytest.mark.parametrize(
    "url", ["http://preau.local:8080/admin", "http://127.0.0.1:1883/", "http://[::1]/", "localhost"]
)
def test_no_pupil_is_sent_to_the_appliances_own_pages(site: Site, lesson: Lesson, url: str) -> None:
    browser = site.browser()
    browser.sign_in("durand")
    browser.get("/")
    said = {"id": str(uuid.uuid4()), "kind": "open_link", "args": {"url": url}}
    answer = browser.client.post(f"/lessons/{lesson.id}/gestures", json=said, headers={"X-CSRFToken": browser.token})
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["error"]["code"] == "own_address"
    assert "celle du boîtier" in answer.json["error"]["text"].replace("\xa0", " ")


# Going.


def test_a_guest_goes_by_itself_and_a_tablet_does_not(lesson: Lesson, pupil: PupilPage) -> None:
    guest = session(lesson.guest())
    answer = guest.client.post("/pupil/leave", headers=basic(guest))
    assert answer.status_code == 204
    assert guest.client.get_cookie("preau-8080-pupil", path="/documents") is None
    assert guest.client.post("/pupil/leave", headers=basic(guest)).status_code == 401
    assert pupil.client.post("/pupil/leave", headers=basic(pupil)).status_code == 404
    assert Device.get_by_id(pupil.id).status == "active"


# The screen, from the board.


def test_the_board_drives_the_screens(site: Site, lesson: Lesson, devices: list[str]) -> None:
    browser = site.browser()
    browser.sign_in("durand")
    browser.get("/")

    def show(display: object, chosen: object = None) -> tuple[int, object]:
        body = {"devices": chosen, "display": display}
        answer = browser.client.post(f"/lessons/{lesson.id}/display", json=body, headers={"X-CSRFToken": browser.token})
        return answer.status_code, answer.json

    message = {"show": "message", "text": "Rangez vos cahiers."}
    assert show(message) == (200, {"displays": {devices[2]: message}})
    assert show(None, [devices[2]]) == (200, {"displays": {}})
    assert show({"show": "timer", "seconds": 60, "label": ""})[0] == 200
    assert show({"show": "weather"})[0] == 422
    assert show({"show": "presence"}, [devices[0]])[0] == 404
    assert show({"show": "presence"}, "all")[0] == 422
    other = site.browser()
    site.add("petit")
    other.sign_in("petit")
    other.get("/")
    refused = other.client.post(
        f"/lessons/{lesson.id}/display", json={"display": None}, headers={"X-CSRFToken": other.token}
    )
    assert refused.status_code == 403
