"""From a blank box to a teacher's first lesson: what each person meets, in order, on their own browser."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.classroom import running_pupils, tiles
from tests.support.appliance import PASSWORD, Appliance, running_appliance
from tests.support.chromium import PHONE, Desk, axe_findings, quiet_desk

pytestmark = pytest.mark.timeout(240)
PIN = "4951"


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    with running_appliance(tmp_path_factory.mktemp("blank")) as box:
        yield box


@pytest.fixture
def desk(chromium: Browser, blank: Appliance) -> Iterator[Desk]:
    with quiet_desk(chromium, blank.url) as desk:
        desk.witness.forgive(r"status of 4\d\d")  # a code or a PIN that is wrong on purpose
        yield desk


def create_administrator(page: Page, box: Appliance) -> None:
    code = re.search(r"Code +(\S+)", box.log())
    assert code is not None
    page.goto("/")
    expect(page).to_have_url(f"{box.url}/setup")
    page.get_by_label("Code affiché sur la console").fill("AAAA-BBBB-CCCC")
    page.get_by_label("Votre nom").fill("Claire Martin")
    page.get_by_label("Votre identifiant").fill("direction")
    page.get_by_label("Votre mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Créer le compte").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert axe_findings(page) == []
    expect(page.get_by_label("Votre nom")).to_have_value("Claire Martin")
    page.get_by_label("Code affiché sur la console").fill(code[1].lower())
    page.get_by_label("Votre mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Créer le compte").click()
    expect(page.get_by_role("heading", name="Aucune tablette pour l’instant")).to_be_visible()
    assert axe_findings(page) == []


def enrollment_link(page: Page) -> str:
    """The empty start page leads to the sheet; the cart is made on the way."""
    page.get_by_role("link", name="Administration").click()
    page.get_by_role("link", name="Donnez un nom à chaque classe mobile").click()
    page.get_by_label("Nouvelle classe mobile").fill("Chariot bleu")
    page.get_by_role("button", name="Ajouter").click()
    page.goto("/")
    page.get_by_role("link", name="Imprimer une feuille de codes QR").click()
    page.get_by_label("Classe mobile").select_option(label="Chariot bleu")
    page.get_by_label("Pour combien d’appareils").fill("3")
    page.get_by_role("button", name="Créer la feuille").click()
    expect(page.get_by_role("img", name="QR code de ce lien")).to_be_visible()
    return page.locator(".qr-label code").inner_text()


def invitation_link(page: Page) -> str:
    page.goto("/admin/people")
    page.get_by_label("Nom, comme à l’école").fill("Mme Durand")
    page.get_by_label("Identifiant", exact=True).fill("durand")
    page.get_by_role("button", name="Créer l’invitation").click()
    expect(page.get_by_role("heading", name="Invitation de Mme Durand")).to_be_visible()
    return page.locator(".qr-label code").inner_text()


def accept(page: Page, link: str) -> None:
    page.goto(link)
    expect(page.get_by_role("heading", name="Bonjour Mme Durand")).to_be_visible()
    page.get_by_label("Votre mot de passe").fill("court")
    page.get_by_label("Votre mot de passe").evaluate("(one) => one.removeAttribute('minlength')")
    page.get_by_role("button", name="Choisir ce mot de passe").tap()
    expect(page.locator("#password-error")).to_be_visible()
    assert axe_findings(page) == []
    page.get_by_label("Votre mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Choisir ce mot de passe").tap()
    expect(page.get_by_role("heading", name="Commencer une séance")).to_be_visible()


def choose_pin(page: Page) -> None:
    page.get_by_role("button", name="Menu").tap()
    page.get_by_role("link", name="Mon compte").tap()
    expect(page.get_by_role("heading", name="Code court sur cet appareil")).to_be_visible()
    assert axe_findings(page) == []
    page.get_by_role("link", name="Choisir un code").tap()
    page.get_by_label("Votre code").fill("1234")
    page.get_by_role("button", name="Choisir ce code").tap()
    expect(page.locator("#pin-error")).to_be_visible()
    assert axe_findings(page) == []
    page.get_by_label("Votre code").fill(PIN)
    page.get_by_role("button", name="Choisir ce code").tap()
    expect(page.get_by_text("Cet appareil vous connaît")).to_be_visible()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Menu").tap()
    page.get_by_role("button", name="Quitter").tap()
    expect(page.get_by_role("heading", name="Bonjour")).to_be_visible()


def tap_pin(page: Page, pin: str) -> None:
    for digit in pin:
        page.locator(f'[data-digit="{digit}"]').tap()
    page.get_by_role("button", name="Entrer").first.tap()


def sign_in_by_pin(page: Page) -> None:
    expect(page.get_by_role("radio", name="Mme Durand")).to_be_checked()
    assert axe_findings(page) == []
    tap_pin(page, "8024")
    expect(page.get_by_role("alert")).to_be_visible()
    tap_pin(page, PIN)
    expect(page.get_by_role("heading", name="Commencer une séance")).to_be_visible()


def test_a_blank_box_a_cart_a_teacher_and_the_first_lesson(desk: Desk, blank: Appliance) -> None:
    director = desk.open()
    create_administrator(director, blank)
    link = enrollment_link(director)
    with running_pupils(blank, ["idle"] * 3, link=link):
        director.goto("/admin/devices")
        expect(director.locator("#devices tbody tr")).to_have_count(3)
        invitation = invitation_link(director)
        phone = desk.open(PHONE)
        accept(phone, invitation)
        choose_pin(phone)
        sign_out(phone)
        sign_in_by_pin(phone)
        phone.get_by_role("button", name="Commencer la séance").tap()
        expect(phone.locator("#lesson-cart")).to_have_text("Chariot bleu")
        expect(tiles(phone, "free")).to_have_count(3)


def test_what_was_used_once_is_not_good_twice(desk: Desk, blank: Appliance) -> None:
    page = desk.open()
    page.goto("/setup")
    expect(page).to_have_url(f"{blank.url}/sign-in")
    page.goto("/t/nothing-that-was-ever-made")
    expect(page.get_by_text("Ce lien n’est pas valable")).to_be_visible()
    assert axe_findings(page) == []
    page.goto("/invitation/nothing-that-was-ever-made")
    expect(page.locator("h1")).to_be_visible()
    assert axe_findings(page) == []


def test_a_pin_opens_the_board_but_not_the_administration_without_the_password(desk: Desk, blank: Appliance) -> None:
    page = desk.open(PHONE)
    page.goto("/sign-in")
    page.locator("#login").fill("direction")
    page.locator("#password").fill(PASSWORD)
    page.get_by_label("Choisir un code court pour cet appareil").check()
    page.locator("form:has(#password) button.button-primary").tap()
    page.get_by_label("Votre code").fill(PIN)
    page.get_by_role("button", name="Choisir ce code").tap()
    sign_out(page)
    tap_pin(page, PIN)
    page.get_by_role("button", name="Menu").tap()
    page.get_by_role("link", name="Administration").tap()
    expect(page.get_by_role("heading", name="Votre mot de passe")).to_be_visible()
    assert axe_findings(page) == []
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Continuer").tap()
    expect(page.get_by_role("heading", name="Vue d’ensemble")).to_be_visible()


def test_a_page_asked_for_before_signing_in_comes_after_it(desk: Desk, blank: Appliance) -> None:
    page = desk.open()
    page.goto("/documents")
    expect(page).to_have_url(re.compile(r"/sign-in\?next="))
    page.locator("#login").fill("durand")
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{blank.url}/documents")
