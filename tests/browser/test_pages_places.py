"""Where a page has least, plain http by the appliance's own name; and where it has most, https without the box."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import papers
from tests.browser.pages import (
    PagesDesk,
    gesture,
    hand_in,
    lesson_of_pages,
    pages_desk,
    wait_done,
    wait_tile,
)
from tests.support.appliance import Appliance
from tests.support.appliance import Browser as Client
from tests.support.chromium import running_chromium
from tests.support.tls import TlsAppliance, running_tls_appliance

pytestmark = pytest.mark.timeout(240)
EYES = "Les yeux vers moi"
LACKS = """() => [isSecureContext, "serviceWorker" in navigator, "caches" in window, Boolean(crypto.subtle),
    "randomUUID" in crypto, "locks" in navigator, "clipboard" in navigator].some(Boolean)"""
IN_CHARGE = "() => navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)"


@pytest.fixture(scope="module")
def named() -> Iterator[Browser]:
    """On a network where the box is found by its name, and trusting whoever vouches for it."""
    rules = "--host-resolver-rules=MAP preau.local 127.0.0.1"
    with running_chromium(rules, "--ignore-certificate-errors") as browser:
        yield browser


@pytest.fixture(scope="module")
def away(named: Browser, box: Appliance) -> Iterator[PagesDesk]:
    with pages_desk(named, box, url=f"http://preau.local:{box.http_port}") as desk:
        desk.witness.forgive("Cross-Origin-Opener-Policy")  # counts over https only, and the browser says so
        yield desk


def test_a_whole_short_lesson_needs_nothing_that_plain_http_has_not(
    away: PagesDesk, box: Appliance, durand: Client
) -> None:
    pupil = away.device(box.new_link())
    assert pupil.page.evaluate(LACKS) is False
    assert pupil.page.url.startswith("http://preau.local:")
    with lesson_of_pages(durand, pupil) as lesson:
        wait_done(durand, lesson, gesture(durand, lesson, "eyes_up", message=EYES))
        pupil.wait_locked()
        pupil.page.reload()
        pupil.wait_locked()
        wait_done(durand, lesson, gesture(durand, lesson, "eyes_free"))
        pupil.wait_free()
        paper = hand_in(durand, "Fractions.pdf", papers.pdf())
        wait_done(durand, lesson, gesture(durand, lesson, "open_document", sha256=paper))
        expect(pupil.page.locator(".page-sheet canvas").first).to_be_visible()
        song = hand_in(durand, "Chanson.wav", papers.sound())
        wait_done(durand, lesson, gesture(durand, lesson, "open_document", sha256=song))
        assert pupil.page.locator("audio").evaluate("(one) => one.duration") == pytest.approx(20)
        wait_done(durand, lesson, gesture(durand, lesson, "message", text="Bravo"))
        pupil.page.locator("#message-read").tap()
        pupil.hand.tap()
        wait_tile(durand, lesson, pupil.id)
        wait_done(durand, lesson, gesture(durand, lesson, "identify"))
    pupil.wait(scene="over")


@pytest.fixture
def tls_box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsAppliance]:
    folder = tmp_path_factory.mktemp("tls")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(folder / "cert.pem"))
        with running_tls_appliance(folder) as box:
            yield box


def test_over_https_a_page_starts_without_the_box_and_is_locked_as_it_was(
    named: Browser, tls_box: TlsAppliance
) -> None:
    tls_box.add_user("durand")
    durand = tls_box.browser("durand")
    with pages_desk(named, tls_box) as desk:
        pupil = desk.device(tls_box.new_link())
        pupil.page.wait_for_function(IN_CHARGE)
        with lesson_of_pages(durand, pupil) as lesson:
            wait_done(durand, lesson, gesture(durand, lesson, "eyes_up", message=EYES))
            pupil.wait_locked()
            tls_box.stop()
            pupil.page.goto("/pupil")
            pupil.wait_locked()
            pupil.page.reload()
            pupil.wait_locked()
            tls_box.start()
            pupil.wait_online(60).wait_locked()
            wait_done(durand, lesson, gesture(durand, lesson, "eyes_free"))
            pupil.wait_free()
