"""Over TLS the pupil's page starts without the appliance; what is kept for it is its shell and nothing else."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.appliance import wait_for
from tests.support.chromium import UNANSWERED, Desk, quiet_desk, running_chromium
from tests.support.tls import TlsAppliance, running_tls_appliance

KEPT = """async () => {
    const kept = {};
    for (const name of await caches.keys())
        kept[name] = (await (await caches.open(name)).keys()).map((request) => new URL(request.url).pathname);
    return kept;
}"""
IN_CHARGE = """() => navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)"""


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsAppliance]:
    folder = tmp_path_factory.mktemp("tls")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(folder / "cert.pem"))
        with running_tls_appliance(folder) as box:
            yield box


@pytest.fixture(scope="module")
def trusting() -> Iterator[Browser]:
    """A browser in which the school's authority was installed, as far as a test can."""
    with running_chromium("--ignore-certificate-errors") as browser:
        yield browser


@pytest.fixture
def desk(trusting: Browser, box: TlsAppliance) -> Iterator[Desk]:
    with quiet_desk(trusting, box.url) as desk:
        yield desk


def enrolled(desk: Desk, link: str) -> Page:
    page = desk.open()
    page.goto(link)
    page.locator("button.kind[data-kind=tablet]").click()
    page.wait_for_url("**/pupil")
    page.wait_for_function(IN_CHARGE)
    return page


def test_the_page_starts_without_the_appliance_as_the_device_that_it_is(desk: Desk, box: TlsAppliance) -> None:
    desk.witness.forgive(UNANSWERED)
    page = enrolled(desk, box.link())
    name = page.evaluate("JSON.parse(localStorage.getItem('preau.identity')).name")
    box.stop()
    page.goto("/pupil")
    expect(page.locator("body.pupil")).to_be_visible()
    assert page.evaluate("JSON.parse(localStorage.getItem('preau.identity')).name") == name
    expect(page.get_by_text(name).first).to_be_attached()
    box.start()
    expect(page.locator("body[data-connection=online]")).to_be_visible()


def test_nothing_but_the_shell_is_kept(desk: Desk, box: TlsAppliance) -> None:
    page = enrolled(desk, box.link())
    kept = page.evaluate(KEPT)
    assert len(kept) == 1
    (paths,) = kept.values()
    assert "/pupil" in paths
    assert len(paths) > 40
    assert all(path == "/pupil" or path.startswith("/static/") for path in paths)


def test_a_teachers_page_is_none_of_the_workers(desk: Desk, box: TlsAppliance) -> None:
    desk.witness.forgive(UNANSWERED)
    page = enrolled(desk, box.link())
    box.stop()
    with pytest.raises(Exception, match="ERR_CONNECTION_REFUSED"):
        page.goto("/sign-in")
    box.start()


def test_a_shell_of_another_version_takes_the_place_of_the_one_before(desk: Desk, box: TlsAppliance) -> None:
    page = enrolled(desk, box.link())
    page.evaluate("caches.open('preau-shell-of-yesterday').then((cache) => cache.put('/pupil', new Response('old')))")
    page.evaluate("navigator.serviceWorker.getRegistration('/pupil').then((one) => one.unregister())")
    page.reload()
    page.wait_for_function(IN_CHARGE)
    wait_for(lambda: not any(name.endswith("yesterday") for name in page.evaluate(KEPT)), 20, "the old one is gone")
    assert len(page.evaluate(KEPT)) == 1
