"""Alerts open, stay, close, and are told: the rules over real rows on both engines, real SMTP and HTTP."""

import email
import json
from collections.abc import Iterator
from email.policy import default
from pathlib import Path

import pytest

from central.domain.alerts import RANK, AlertKind, Thresholds
from central.domain.roles import CONSOLE, Role, Viewer
from central.errors import Conflict, Invalid, NotFound
from central.keys.folder import KeyFolder
from central.keys.sealing import load_sealer
from central.services.alert_step import AlertStep
from central.services.alerts import AlertFilter, Alerts
from central.services.desk_settings import Channel, DeskSettings, Recipient
from central.services.mail import Mail
from central.services.mail_settings import MailSettings, Smtp
from central.services.notifications import Notifications, Sender
from central.services.webhooks import Webhook
from central.store.desk_models import Alert, Notification
from central.store.models import Appliance, BatteryDay, Device
from tests.support.mailbox import running_mail_server, running_web_address
from tests.support.seeded_city import CitySize, seed_city, uai_of
from tests.support.store import HandClock


class Watch:
    """The step and what it needs."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.settings = HandClock(), DeskSettings()
        self.mail = MailSettings(load_sealer(KeyFolder(folder)))
        mail = Mail(self.mail, "https://ville.example")
        senders: dict[Channel, Sender] = {Channel.EMAIL: mail, Channel.WEBHOOK: Webhook()}
        self.notifications = Notifications(self.settings, senders, self.clock)
        self.step = AlertStep(self.settings, self.notifications, self.clock)

    def look(self) -> None:
        self.step.look(self.clock.now())

    def tell(self, *recipients: Recipient) -> None:
        for one in recipients:
            self.settings.add_recipient(CONSOLE, self.clock.now(), one)

    def send_by(self, host: str, port: int) -> None:
        self.mail.change(CONSOLE, self.clock.now(), Smtp(host, port, "preau@ville.example", "none"))

    def open_kinds(self) -> list[str]:
        return sorted({row.kind for row in Alert.select().where(Alert.ended_at.is_null())})


@pytest.fixture
def watch(city_db: str, tmp_path: Path) -> Iterator[Watch]:
    watch = Watch(tmp_path)
    seed_city(watch.clock.now(), CitySize(schools=12, devices=20, hours=2))
    yield watch


def test_each_trouble_of_the_city_opens_its_alert_once(watch: Watch) -> None:
    watch.look()
    watch.look()
    assert watch.open_kinds() == sorted(kind.value for kind in AlertKind)
    grave = Alert.select().where(Alert.kind == AlertKind.APPLIANCE_SILENT)
    assert [row.subject for row in grave] == ["appliance:a-00000"]


def test_a_box_that_is_down_does_not_open_one_alert_for_each_of_its_devices(watch: Watch) -> None:
    watch.look()
    silent = {row.school_id for row in Alert.select().where(Alert.kind == AlertKind.DEVICE_SILENT)}
    assert uai_of(0) not in silent and uai_of(10) in silent


def test_an_alert_closes_by_itself_when_the_box_is_back(watch: Watch) -> None:
    watch.look()
    Appliance.update(hello_at=watch.clock.now()).where(Appliance.id == "a-00000").execute()
    watch.look()
    [row] = Alert.select().where(Alert.kind == AlertKind.APPLIANCE_SILENT)
    assert row.ended_at == watch.clock.now()


def test_a_battery_that_was_changed_closes_its_alert(watch: Watch) -> None:
    watch.look()
    row = Alert.select().where(Alert.kind == AlertKind.BATTERY_FAILING).first()
    BatteryDay.update(lowest=60).where(BatteryDay.device == row.subject.removeprefix("device:")).execute()
    watch.look()
    assert Alert.get_by_id(row.id).ended_at is not None


def test_a_device_taken_out_of_service_is_no_longer_missed(watch: Watch) -> None:
    watch.look()
    row = Alert.select().where(Alert.kind == AlertKind.DEVICE_SILENT).first()
    Device.update(status="retired").where(Device.id == row.subject.removeprefix("device:")).execute()
    watch.look()
    assert Alert.get_by_id(row.id).ended_at is not None


def test_the_gravest_are_read_first(watch: Watch) -> None:
    watch.look()
    kinds = [line.kind for line in Alerts().listed(AlertFilter(), CONSOLE)[0]]
    assert kinds == sorted(kinds, key=RANK.__getitem__) and kinds[0] == AlertKind.FENCED


def test_the_step_works_once_a_minute(watch: Watch) -> None:
    assert [watch.step.step(), watch.step.step()] == [True, False]
    watch.clock.pass_by(minutes=1)
    assert watch.step.step()


def test_batteries_are_read_once_an_hour_and_their_alerts_stay_meanwhile(watch: Watch) -> None:
    def is_open() -> bool:
        return Alert.select().where(Alert.kind == AlertKind.BATTERY_FAILING, Alert.ended_at.is_null()).exists()

    watch.step.step()
    BatteryDay.update(lowest=60).execute()
    watch.clock.pass_by(minutes=59)
    assert watch.step.step() and is_open()
    watch.clock.pass_by(minutes=1)
    assert watch.step.step() and not is_open()


def test_other_limits_for_batteries_count_within_the_minute(watch: Watch) -> None:
    BatteryDay.update(lowest=12, highest=95).execute()
    watch.step.step()
    assert AlertKind.BATTERY_FAILING not in watch.open_kinds()
    for limits, is_open in ((Thresholds(battery_empty=15), True), (Thresholds(battery_empty=11), False)):
        watch.settings.set_thresholds(CONSOLE, watch.clock.now(), limits)
        watch.clock.pass_by(minutes=1)
        assert watch.step.step()
        assert (AlertKind.BATTERY_FAILING in watch.open_kinds()) == is_open


def test_a_director_acknowledges_alerts_of_the_own_school_only(watch: Watch) -> None:
    watch.look()
    director = Viewer(7, "dir", "Dir", Role.DIRECTOR, uai_of(2))
    alerts, now = Alerts(), watch.clock.now()
    lines, total = alerts.listed(AlertFilter(), director)
    assert total == len(lines) > 0 and {line.uai for line in lines} == {uai_of(2)}
    assert alerts.acknowledge([lines[0].id], "vu", director, now) == 1
    other = Alert.select().where(Alert.school == uai_of(5)).first()
    with pytest.raises(NotFound):
        alerts.acknowledge([other.id], "", director, now)
    with pytest.raises(NotFound):
        alerts.acknowledge([], "", CONSOLE, now)
    Alert.update(ended_at=now).where(Alert.id == other.id).execute()
    with pytest.raises(Conflict):
        alerts.acknowledge([other.id], "", CONSOLE, now)


def test_all_that_opened_together_is_one_message_a_recipient(watch: Watch) -> None:
    with running_mail_server() as mail, running_web_address() as web:
        watch.send_by("127.0.0.1", mail.port)
        watch.tell(
            Recipient(Channel.EMAIL, "nuit@ville.example"),
            Recipient(Channel.WEBHOOK, f"http://127.0.0.1:{web.port}/x", kinds=("fenced",)),
            Recipient(Channel.EMAIL, "nord@ville.example", group=99),
        )
        watch.look()
        while watch.notifications.step():
            pass
        [raw], [hook] = mail.bodies, web.bodies
    message = email.message_from_bytes(raw, policy=default)
    assert message["To"] == "nuit@ville.example" and "alertes" in message["Subject"]
    assert "Boîtier muet" in message.get_content() and "https://ville.example/alerts" in message.get_content()
    assert json.loads(hook)["counts"] == {"fenced": 1}


def test_what_is_refused_is_tried_again_later_then_given_up_with_its_reason(watch: Watch) -> None:
    with running_web_address() as web:
        web.refuse = True
        watch.tell(Recipient(Channel.WEBHOOK, f"http://127.0.0.1:{web.port}/"))
        watch.look()
        for _ in range(20):
            while watch.notifications.step():
                pass
            watch.clock.pass_by(days=1)
        assert len(web.bodies) == 8  # a redirect is not followed: it is a refusal
        [left] = watch.notifications.undelivered()
        assert (left.is_given_up, left.trouble) == (True, "HTTP 302")
    assert Notification.select().where(Notification.done_at.is_null()).count() == 0


def test_a_mail_server_that_comes_back_gets_the_message_once(watch: Watch) -> None:
    with running_mail_server() as mail:
        mail.refuse = True
        watch.send_by("127.0.0.1", mail.port)
        watch.tell(Recipient(Channel.EMAIL, "nuit@ville.example"))
        watch.look()
        assert watch.notifications.step() and not watch.notifications.step()
        mail.refuse = False
        watch.clock.pass_by(minutes=2)
        assert watch.notifications.step() and not watch.notifications.step()
        assert len(mail.bodies) == 1
    assert watch.notifications.undelivered() == []


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b\r\nBcc: c@d.e", "a b@c.d", "<a@b.c>", "ftp://x.y", "a@b.c, d@e.f"]
)
def test_an_address_that_could_do_more_than_receive_is_refused(watch: Watch, address: str) -> None:
    for channel in Channel:
        with pytest.raises(Invalid):
            watch.tell(Recipient(channel, address))


def test_settings_that_no_wire_takes_are_a_trouble_of_the_message_and_not_of_the_desk(watch: Watch) -> None:
    watch.tell(Recipient(Channel.EMAIL, "dsi@ville.example"))
    watch.send_by("a..b", 25)
    watch.look()
    assert watch.notifications.step()
    [late] = watch.notifications.undelivered()
    assert "UnicodeError" in late.trouble
    assert not late.is_given_up
