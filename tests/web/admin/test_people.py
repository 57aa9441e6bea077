import re

from appliance.domain.people import Role
from appliance.services.people import Person
from appliance.store.models import User
from tests.web.admin.conftest import banners
from tests.web.conftest import PASSWORD, Browser, Site, is_in


def test_an_invited_person_chooses_a_password_and_comes_in(site: Site, browser: Browser) -> None:
    page = browser.post("/admin/people", login="durand", name="Mme Durand", role="teacher")
    assert page.status_code == 200
    found = re.search(r"<code>http://[^/<]+(/invitation/[\w-]+)</code>", page.text)
    assert found is not None
    assert "<svg" in page.text

    invited = site.browser()
    assert invited.get(found[1]).status_code == 200
    assert invited.post(found[1], password=PASSWORD).status_code == 303
    assert is_in(invited)


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(site: Site, browser: Browser) -> None:
    page = browser.post("/admin/people", login="d!", name="Mme <Durand>", role="teacher")

    assert page.status_code == 422
    assert 'id="login-error"' in page.text
    assert "Mme &lt;Durand&gt;" in page.text
    assert len(site.services.people.all()) == 1


def test_roles_names_and_access_change(site: Site, browser: Browser, teacher: Person) -> None:
    own = site.browser()
    own.sign_in("durand")
    path = f"/admin/people/{teacher.id}"
    browser.post(f"{path}/rename", name="Mme Durand-Petit")
    browser.post(f"{path}/role", role="administrator")
    person = site.services.people.get(teacher.id)
    assert (person.name, person.role) == ("Mme Durand-Petit", Role.ADMINISTRATOR)

    browser.post(f"{path}/deactivate")
    assert not is_in(own)
    assert own.sign_in("durand").status_code != 303
    browser.post(f"{path}/reactivate")
    assert own.sign_in("durand").status_code == 303


def test_nobody_takes_away_their_own_rights(site: Site, browser: Browser, director: Person) -> None:
    for act in ("deactivate", "role"):
        browser.post(f"/admin/people/{director.id}/{act}", role="teacher")
        assert "vos propres droits" in banners(browser, "/admin/people")
    assert site.services.people.get(director.id).role is Role.ADMINISTRATOR


def test_a_new_invitation_ends_the_one_before(site: Site, browser: Browser, teacher: Person) -> None:
    first, second = (
        re.search(r"/invitation/[\w-]+", browser.post(f"/admin/people/{teacher.id}/invite").text) for _ in range(2)
    )
    assert first is not None and second is not None
    assert site.browser().get(first[0]).status_code == 404
    assert site.browser().get(second[0]).status_code == 200


def test_who_is_kept_by_the_city_is_explained_and_only_invited(site: Site, browser: Browser, teacher: Person) -> None:
    User.update(source="city").where(User.id == teacher.id).execute()
    page = browser.get("/admin/people").text
    assert "tenus par la ville" in page
    path = f"/admin/people/{teacher.id}"
    assert f'action="{path}/invite"' in page
    assert not any(f'action="{path}/{act}"' in page for act in ("rename", "role", "deactivate"))
    browser.post(f"{path}/rename", name="Mme Petit")
    assert "c’est elle qui le change" in banners(browser, "/admin/people")
    assert site.services.people.get(teacher.id).name == teacher.name
