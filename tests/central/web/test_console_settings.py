"""The console's own settings: mail server, recipients, thresholds, holidays; each with its line in the journal."""

from datetime import date, timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from central.domain.alerts import AlertKind, Thresholds
from central.domain.roles import Role
from central.store.desk_models import Account, Alert, Journal
from central.store.models import Appliance, Device, Setting
from tests.central.web.conftest import OWN, Browser, Site
from tests.support.mailbox import running_mail_server, running_web_address

SERVER = {"host": "smtp.ville.example", "port": "587", "sender": "preau@ville.example", "security": "starttls"}
LOGIN = {**SERVER, "login": "preau", "password": "un mot secret"}


@pytest.fixture
def admin(site: Site) -> Browser:
    browser = site.browser_of(Role.ADMINISTRATOR)
    Account.update(email="dsi@ville.example").where(Account.login == "user-admin").execute()
    return browser


def last_act() -> tuple[str, str, str]:
    row = Journal.select().order_by(Journal.id.desc()).get()
    return row.actor, row.action, row.target


def test_a_mail_server_is_set_and_its_password_is_never_told_again(site: Site, admin: Browser) -> None:
    assert "placeholder" in admin.get("/settings/mail").text
    assert admin.post("/settings/mail", **LOGIN).status_code == 303
    assert last_act() == ("user-admin", "mail.change", "mail:smtp.ville.example")
    page = admin.get("/settings/mail").text
    assert 'value="smtp.ville.example"' in page and 'value="preau"' in page and "un mot secret" not in page
    assert "un mot secret" not in str([row.value for row in Setting.select()])
    assert site.services.desk.mail.password() == "un mot secret"
    assert admin.post("/settings/mail", **{**LOGIN, "password": "", "sender": "x@ville.example"}).status_code == 303
    assert site.services.desk.mail.password() == "un mot secret"


@pytest.mark.parametrize("change", [{"host": "mail.evil.example"}, {"port": "2525"}, {"login": "root"}])
def test_a_kept_password_follows_to_no_other_server(site: Site, admin: Browser, change: dict[str, str]) -> None:
    admin.get("/settings/mail")
    admin.post("/settings/mail", **LOGIN)
    answer = admin.post("/settings/mail", **{**LOGIN, "password": "", **change})
    assert answer.status_code == 422
    assert 'id="password-error"' in answer.text
    smtp = site.services.desk.mail.smtp()
    assert smtp is not None
    assert (smtp.host, smtp.port, smtp.login) == ("smtp.ville.example", 587, "preau")


WRONG: tuple[tuple[dict[str, str], str], ...] = (
    ({"security": "none", "login": "preau", "password": "secret"}, "security"),
    ({"security": "none", "login": "preau"}, "security"),
    ({"security": "perhaps"}, "security"),
    ({"password": "sans personne"}, "login"),
    ({"login": "preau"}, "password"),
    ({"host": "a b"}, "host"),
    ({"host": ""}, "host"),
    ({"port": "99999"}, "port"),
    ({"port": "vingt"}, "port"),
    ({"sender": "a@b.c\r\nBcc: d@e.f"}, "sender"),
    ({"sender": "<img src=x>@b.c"}, "sender"),
)


def test_what_no_mail_server_takes_is_said_beside_its_field_and_what_was_typed_stays(
    site: Site, admin: Browser
) -> None:
    admin.get("/settings/mail")
    for typed, field in WRONG:
        answer = admin.post("/settings/mail", **{**SERVER, **typed})
        assert (typed, answer.status_code) == (typed, 422)
        assert f'id="{field}-error"' in answer.text, typed
        assert 'value="preau@ville.example"' in answer.text or field == "sender"
        assert "<img src=x>" not in answer.text
    assert site.services.desk.mail.smtp() is None


def test_a_trial_shows_what_the_mail_server_answered_good_or_bad(admin: Browser) -> None:
    with running_mail_server() as mail:
        admin.get("/settings/mail")
        admin.post("/settings/mail", **{**SERVER, "host": "127.0.0.1", "port": str(mail.port), "security": "none"})
        assert 'value="dsi@ville.example"' in admin.get("/settings/mail").text
        admin.post("/settings/mail/test", to="nuit@ville.example")
        assert "250 taken" in admin.get("/settings/mail").text
        mail.refuse = True
        admin.post("/settings/mail/test", to="nuit@ville.example")
        assert "451 not now" in admin.get("/settings/mail").text
        assert last_act() == ("user-admin", "recipient.test", "recipient:nuit@ville.example")
        assert admin.post("/settings/mail/test", to="a@b.c, d@e.f").status_code == 422
    [raw] = mail.bodies
    message = message_from_bytes(raw, policy=default)
    assert message["To"] == "nuit@ville.example" and "essai" in message["Subject"]
    admin.post("/settings/mail/test", to="nuit@ville.example")
    assert "refused" in admin.get("/settings/mail").text.lower(), "nobody listens there any more"


def test_a_forgotten_mail_server_leaves_no_password_behind(site: Site, admin: Browser) -> None:
    admin.get("/settings/mail")
    admin.post("/settings/mail", **LOGIN)
    assert admin.post("/settings/mail/forget").status_code == 303
    assert (site.services.desk.mail.smtp(), site.services.desk.mail.has_password()) == (None, False)
    assert last_act()[1] == "mail.forget"


def test_recipients_come_and_go_each_with_its_line_and_no_secret_of_a_web_address(site: Site, admin: Browser) -> None:
    secret = {"channel": "webhook", "address": "https://chat.example/hooks/T0PSECRET", "kinds": ["fenced"]}
    admin.get("/alerts/recipients")
    assert admin.post("/alerts/recipients", **secret).status_code == 303
    assert last_act() == ("user-admin", "recipient.add", "recipient:chat.example")
    [kept] = site.services.desk.settings.recipients()
    assert kept.kinds == ("fenced",)
    assert admin.post("/alerts/recipients", **secret).status_code == 409, "twice the same"
    wrong = admin.post("/alerts/recipients", channel="email", address="personne")
    assert wrong.status_code == 422
    assert 'id="address-error"' in wrong.text and 'value="personne"' in wrong.text
    assert admin.post("/alerts/recipients/remove", **secret).status_code == 303
    assert last_act() == ("user-admin", "recipient.remove", "recipient:chat.example")
    assert site.services.desk.settings.recipients() == ()
    assert not any("T0PSECRET" in str(row.detail) + row.target for row in Journal.select())


def test_a_trial_goes_to_a_kept_web_address_and_to_no_other(admin: Browser) -> None:
    with running_web_address() as web:
        one = {"channel": "webhook", "address": f"http://127.0.0.1:{web.port}/hook"}
        admin.get("/alerts/recipients")
        assert admin.post("/alerts/recipients/test", **one).status_code == 404
        admin.post("/alerts/recipients", **one)
        admin.post("/alerts/recipients/test", **one)
        assert "HTTP 204" in admin.get("/alerts/recipients").text
        web.refuse = True
        admin.post("/alerts/recipients/test", **one)
        assert "HTTP 302" in admin.get("/alerts/recipients").text
    assert b'"test": true' in web.bodies[0]
    assert len(web.bodies) == 2


def holidays(*rows: tuple[str, str, str]) -> dict[str, str]:
    return {
        f"{name}-{n}": text
        for n, row in enumerate(rows)
        for name, text in zip(("name", "first", "last"), row, strict=True)
    }


def test_a_device_in_the_holidays_is_not_missed_and_after_them_it_is(site: Site, admin: Browser) -> None:
    """Three weeks of nothing are twelve days of school; the calendar leaves four of them."""
    now = site.clock.now()
    Appliance.insert(id="a-1", school=OWN, hello_at=now, claimed_at=now).execute()
    seen = now - timedelta(days=21)
    Device.insert(
        id="d-1", school=OWN, appliance="a-1", serial="S1", name="T1", kind="tablet", status="active",
        seen_at=seen, enrolled_at=seen, updated_at=now,
    ).execute()  # fmt: skip

    def is_missed() -> bool:
        site.services.desk.alert_step.look(now)
        return Alert.select().where(Alert.kind == AlertKind.DEVICE_SILENT, Alert.ended_at.is_null()).exists()

    assert is_missed()
    admin.get("/settings/alerts")
    first, last = (now - timedelta(days=20)).date(), (now - timedelta(days=7)).date()
    answer = admin.post("/settings/holidays", **holidays(("Toussaint", first.isoformat(), last.isoformat())))
    assert answer.status_code == 303
    assert last_act()[:2] == ("user-admin", "holidays.change")
    assert not is_missed()
    numbers = {"silent_days": "1", "enrollment_failures": "5", "battery_empty": "10", "battery_weak": "35"}
    assert admin.post("/settings/alerts", **numbers).status_code == 303
    assert last_act()[:2] == ("user-admin", "thresholds.change")
    assert is_missed()
    assert "Toussaint" in admin.get("/settings/alerts").text


def test_a_calendar_is_kept_in_order_a_single_day_needs_no_end_and_an_empty_line_goes(
    site: Site, admin: Browser
) -> None:
    admin.get("/settings/alerts")
    rows = holidays(("Pont", "2027-05-07", ""), ("", "", ""), ("Hiver", "2027-02-13", "2027-02-28"))
    assert admin.post("/settings/holidays", **rows).status_code == 303
    kept = site.services.desk.settings.holidays()
    assert [(one.name, one.first, one.last) for one in kept] == [
        ("Hiver", date(2027, 2, 13), date(2027, 2, 28)),
        ("Pont", date(2027, 5, 7), date(2027, 5, 7)),
    ]


@pytest.mark.parametrize(
    "row", [("Hiver", "2027-02-28", "2027-02-13"), ("Hiver", "", "2027-02-13"), ("Hiver", "demain", ""),
            ("Longue", "2027-01-01", "2027-12-31"), ("a\u202eb", "2027-01-01", "")]
)  # fmt: skip
def test_a_period_that_cannot_be_is_said_on_its_line_and_what_was_typed_stays(
    site: Site, admin: Browser, row: tuple[str, str, str]
) -> None:
    admin.get("/settings/alerts")
    answer = admin.post("/settings/holidays", **holidays(("Pont", "2027-05-07", ""), row))
    assert answer.status_code == 422
    assert 'id="holiday-1-error"' in answer.text
    assert 'value="Pont"' in answer.text
    assert site.services.desk.settings.holidays() == ()


@pytest.mark.parametrize(
    ("name", "value"), [("silent_days", "0"), ("silent_days", "101"), ("silent_days", "dix"), ("silent_days", ""),
                        ("enrollment_failures", "0"), ("battery_empty", "41"), ("battery_weak", "8")]
)  # fmt: skip
def test_a_threshold_out_of_bounds_is_refused_beside_its_field(
    site: Site, admin: Browser, name: str, value: str
) -> None:
    admin.get("/settings/alerts")
    numbers = {"silent_days": "10", "enrollment_failures": "5", "battery_empty": "10", "battery_weak": "35"}
    answer = admin.post("/settings/alerts", **{**numbers, name: value})
    assert answer.status_code == 422
    assert f'id="{name}-error"' in answer.text
    assert site.services.desk.settings.thresholds() == Thresholds()


def test_the_overview_of_settings_says_how_the_console_itself_is_set(admin: Browser) -> None:
    page = admin.get("/settings").text
    assert "pas encore réglé" in page
    assert 'href="/settings/alerts"' in page and 'href="/settings/mail"' in page and 'href="/alerts/recipients"' in page
