"""The guide's steps from the box to the first teacher, as the person who installs it follows them."""

import re

from playwright.sync_api import expect

from tests.browser.guide import School, step
from tests.browser.pages import LAPTOP, SCREEN, TABLET
from tests.support.appliance import PASSWORD
from tests.support.chromium import PHONE

CART = "Chariot bleu"
PUPILS = "Prénom;Nom;Classe\nLéa;Martin;CE2 B\nSacha;Bernard;CE2 B\nInès;Diallo;CE2 B\n"
KINDS = {"tablet": "Tablette ou téléphone", "chromebook": "Chromebook", "laptop": "Ordinateur"}


@step("Démarrer le boîtier")
def start(school: School) -> None:
    """The command of the guide, but for free ports: what it says is read from the console in the next step."""
    assert "Première visite" in school.box.log()


@step("Créer le premier compte")
def create_account(school: School) -> None:
    page, reader = school.director, school.reader
    code = re.search(r"Code +(\S+)", school.box.log())
    assert code is not None
    page.goto("/")
    reader.fill(page, "Code affiché sur la console du boîtier", code[1])
    reader.fill(page, "Votre nom, comme les autres le liront", "Claire Martin")
    reader.fill(page, "Votre identifiant", "direction")
    reader.fill(page, "Votre mot de passe", PASSWORD)
    reader.press(page, "Créer le compte")
    expect(page.get_by_role("heading", name="Aucune tablette pour l’instant")).to_be_visible()


@step("Nommer l’école")
def name_school(school: School) -> None:
    page, reader = school.director, school.reader
    reader.open(page, "Administration")
    reader.open(page.locator(".admin-nav"), "École")
    reader.fill(page, "Nom de l’école", "École des Tilleuls")
    reader.press(page, "Enregistrer")
    expect(page.get_by_role("status").first).to_be_visible()


@step("Nommer la classe mobile")
def name_cart(school: School) -> None:
    page, reader = school.director, school.reader
    reader.open(page.locator(".admin-nav"), "Classes mobiles")
    reader.fill(page, "Nouvelle classe mobile", CART)
    reader.press(page, "Ajouter")
    expect(page.get_by_text(CART).first).to_be_visible()


@step("Imprimer la feuille de codes QR")
def print_sheet(school: School) -> None:
    page, reader = school.director, school.reader
    reader.open(page.locator(".admin-nav"), "Inscrire")
    reader.choose(page, "Classe mobile", CART)
    reader.fill(page, "Pour combien d’appareils", "15")
    reader.press(page, "Créer la feuille")
    expect(page.get_by_role("img", name="QR code de ce lien")).to_be_visible()
    expect(page.get_by_role("button", name="Imprimer")).to_be_visible()
    reader.met.add("Imprimer")  # a headless browser has no printer
    school.link = page.locator(".qr-label code").inner_text()
    assert school.link.startswith(school.desk.url)


@step("Faire entrer chaque appareil")
def join(school: School) -> None:
    reader = school.reader
    for kind, word in KINDS.items():
        pupil = school.desk.blank(TABLET if kind == "tablet" else LAPTOP)
        assert not pupil.page.evaluate("window.isSecureContext")
        pupil.page.goto(school.link)
        reader.see(pupil.page, "C’est quel appareil ?")
        reader.press(pupil.page, word)
        reader.see(pupil.arrive().page, "Bonjour !")
        school.tablets.append(pupil)


@step("Faire entrer l’écran de la classe")
def join_screen(school: School) -> None:
    screen = school.desk.blank(SCREEN)
    screen.page.goto(school.link)
    school.reader.press(screen.page, "Écran de la classe")
    school.screens.append(screen.arrive())


@step("Vérifier la liste et coller les étiquettes")
def check_list(school: School) -> None:
    page = school.director
    school.reader.open(page.locator(".admin-nav"), "Appareils")
    rows = page.locator("#devices tbody tr")
    expect(rows).to_have_count(len(school.pupils))
    for pupil in school.pupils:
        expect(rows.filter(has_text=pupil.identity["name"])).to_have_count(1)
    for tablet in school.tablets:
        expect(tablet.page.get_by_text(tablet.identity["name"]).first).to_be_visible()


@step("Donner les prénoms")
def give_names(school: School) -> None:
    page, reader = school.director, school.reader
    reader.open(page.locator(".admin-nav"), "Classes")
    reader.open(page, "Importer une liste")
    page.locator("#file").set_input_files(
        {"name": "liste.csv", "mimeType": "text/csv", "buffer": PUPILS.encode("utf-8")}
    )
    reader.press(page, "Voir avant d’importer")
    reader.press(page, "Importer")
    page.get_by_role("link", name="CE2 B").click()
    page.get_by_text("Répartir les tablettes d’une classe mobile").click()
    reader.met.add("Répartir les tablettes d’une classe mobile")
    page.get_by_role("button", name="Répartir", exact=True).click()
    reader.met.add("Répartir")
    expect(page.get_by_label("Tablette de Léa M.")).to_have_value(school.tablets[1].id)  # in the order of first names


@step("Inviter l’enseignante")
def invite(school: School) -> None:
    page, reader = school.director, school.reader
    reader.open(page.locator(".admin-nav"), "Personnes")
    reader.fill(page, "Nom, comme à l’école", "Mme Durand")
    page.get_by_label("Identifiant", exact=True).fill("durand")
    reader.met.add("Identifiant")
    reader.press(page, "Créer l’invitation")
    invitation = page.locator(".qr-label code").inner_text()
    school.phones.append(school.desk.open(PHONE))
    school.teacher.goto(invitation)
    reader.fill(school.teacher, "Votre mot de passe", PASSWORD)
    reader.press(school.teacher, "Choisir ce mot de passe", finger=True)
    expect(school.teacher.get_by_role("heading", name="Commencer une séance")).to_be_visible()
