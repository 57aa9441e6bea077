"""The guide's steps of the first lesson, as the teacher and the children follow them."""

from playwright.sync_api import Page, expect

from tests.browser import papers
from tests.browser.classroom import sheet, tile
from tests.browser.guide import School, step
from tests.browser.guide_setup import CART
from tests.browser.pages import TABLET
from tests.browser.sites import site


@step("Commencer la première séance")
def start_lesson(school: School) -> None:
    phone = school.teacher
    expect(phone.get_by_role("radio", name=CART)).to_be_checked()
    school.reader.press(phone, "Commencer la séance", finger=True)
    expect(phone.locator(".tile")).to_have_count(len(school.pupils))
    for tablet in school.tablets:
        tablet.wait(scene="lesson")
        expect(tablet.page.get_by_role("heading", name="Séance avec Mme Durand")).to_be_visible()
    expect(tile(phone, 2)).to_contain_text("Léa M.")


@step("Obtenir les yeux de tous")
def hold_all(school: School) -> None:
    phone, reader = school.teacher, school.reader
    reader.press(phone, "Les yeux vers moi", finger=True)
    for tablet in school.tablets:
        tablet.wait_locked()
        expect(tablet.page.locator("#lock-by")).to_contain_text("Mme Durand")
        expect(tablet.page.locator("#lock-until")).to_contain_text("jusqu’à")
    expect(phone.locator(".receipt-count")).to_have_text(f"{len(school.tablets)} sur {len(school.tablets)}")
    phone.locator("#bar:not([data-resting])").wait_for()
    reader.press(phone, "Libérer", finger=True)
    for tablet in school.tablets:
        tablet.wait_free()


@step("Donner un document")
def give_document(school: School) -> None:
    phone, reader = school.teacher, school.reader
    paper = school.folder / "Fractions.pdf"
    paper.write_bytes(papers.pdf())
    reader.press(phone, "Donner…", finger=True)
    reader.see(sheet(phone), "Choisir un fichier")
    sheet(phone).locator("#give-file").set_input_files(paper)
    for tablet in school.tablets:
        expect(tablet.page.locator("#viewer-body canvas").first).to_be_visible()
        reader.press(tablet.page, "Retour")
        reader.see(tablet.page, "Mes documents")
        expect(tablet.page.get_by_role("button", name="Fractions")).to_be_visible()


@step("Ouvrir un site, dire un mot")
def open_and_say(school: School) -> None:
    phone, reader = school.teacher, school.reader
    with site("Une encyclopédie", X_Frame_Options="SAMEORIGIN") as found:
        reader.press(phone, "Ouvrir…", finger=True)
        phone.locator("#open-query").fill(found.url)
        phone.locator("#open-query").press("Enter")
        for tablet in school.tablets:
            expect(tablet.page.get_by_role("link", name="Ouvrir le site")).to_be_visible()
    reader.press(phone, "Dire…", finger=True)
    sheet(phone).get_by_label("Message aux élèves").fill("Sortez vos cahiers.")
    sheet(phone).get_by_role("button", name="Dire", exact=True).tap()
    for tablet in school.tablets:
        expect(tablet.message).to_have_text("Sortez vos cahiers.")
        reader.press(tablet.page, "J’ai lu")
        expect(tablet.message).to_be_hidden()


@step("Répondre à une main levée")
def raise_hand(school: School) -> None:
    phone, pupil = school.teacher, school.tablets[1]
    school.reader.press(pupil.page, "Lever la main")
    expect(tile(phone, 2).locator(".tile-hand")).to_be_visible()
    expect(phone.locator("#hands-number")).to_have_text("1")
    pupil.hand.click()
    expect(tile(phone, 2).locator(".tile-hand")).to_be_hidden()


@step("Montrer quelque chose à l’écran de la classe")
def show_on_screen(school: School) -> None:
    phone = school.teacher
    _more(phone)
    school.reader.press(phone, "Projeter…", finger=True)
    school.reader.press(sheet(phone), "Les présents", finger=True)
    expect(school.screens[0].page.locator("#scene-display")).to_contain_text("Léa")
    phone.keyboard.press("Escape")


@step("Accueillir un appareil de passage")
def welcome_guest(school: School) -> None:
    phone, reader = school.teacher, school.reader
    phone.get_by_role("button", name="Accueillir").first.tap()
    reader.met.add("Accueillir un appareil")
    expect(phone.locator("#welcome-code")).not_to_be_empty()
    address = phone.locator("#welcome-address").inner_text()
    guest = school.desk.blank(TABLET)
    guest.page.goto(f"http://{address}")
    guest.page.locator("#code").fill(phone.locator("#welcome-code").inner_text())
    reader.press(guest.page, "Entrer")
    guest.arrive()
    guest.wait(scene="lesson")
    phone.keyboard.press("Escape")
    expect(phone.locator(".tile[data-guest]")).to_have_count(1)
    school.guests.append(guest)


@step("Terminer la séance")
def end_lesson(school: School) -> None:
    phone = school.teacher
    phone.locator('[data-sheet="end-sheet"]').tap()
    school.reader.press(sheet(phone), "Terminer", finger=True)
    expect(phone.locator("body")).to_have_attribute("data-link", "over")
    for tablet in school.tablets:
        tablet.wait(scene="over")
        expect(tablet.page.get_by_role("button", name="Fractions")).to_have_count(0)
    school.guests[0].wait(scene="guest")


def _more(phone: Page) -> None:
    """On a phone the bar shows its less frequent gestures on request."""
    button = phone.get_by_role("button", name="Plus", exact=True)
    if button.is_visible():
        button.tap()
