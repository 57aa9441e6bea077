"""A thousand wrong passwords, from one place and from everywhere."""

from collections import Counter

import pytest

from central.domain.roles import Role
from central.store.desk_models import Journal
from tests.central.web.conftest import OWN, PASSWORD, Site


@pytest.mark.parametrize("city_url", [""], ids=["sqlite"])  # once: it is the number that takes its time
def test_a_thousand_wrong_passwords_are_mostly_not_even_looked_at_and_lock_out_nobody_else(site: Site) -> None:
    site.add("martin", Role.DIRECTOR, OWN)
    thief = site.browser("203.0.113.9")
    thief.get("/sign-in")
    answers = Counter(
        thief.post("/sign-in", login="martin", password=f"essai {number}").status_code for number in range(1000)
    )
    assert answers == {401: 10, 429: 990}
    assert Journal.select().where(Journal.action == "session.refused").count() == 10
    assert thief.sign_in("martin").status_code == 429, "the right one is not looked at either"
    assert site.browser().sign_in("martin").status_code == 303
    site.clock.pass_by(minutes=16)
    assert thief.sign_in("martin").status_code == 303


def test_wrong_passwords_from_everywhere_are_stopped_at_the_account_for_an_hour(site: Site) -> None:
    site.add("martin", Role.DIRECTOR, OWN)
    answers = Counter(
        site.browser(f"203.0.113.{number}").sign_in("martin", "pas le bon").status_code for number in range(150)
    )
    assert answers == {401: 100, 429: 50}
    assert site.browser().sign_in("martin").status_code == 429
    site.clock.pass_by(minutes=61)
    assert site.browser().sign_in("martin", PASSWORD).status_code == 303
