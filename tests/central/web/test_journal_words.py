"""No code reaches a reader of the journals: every act, field and word that can be written has its words."""

import csv
import io
import re
from html import unescape

import pytest

from appliance.domain.agents import Alarm
from appliance.services.audit import TOLD
from appliance.web.admin.words import DEEDS
from central.domain.roles import Role
from central.services.journal import record
from central.store.desk_models import Account, Instruction, Journal, Order, SignedOrder, SigningKey
from central.store.models import Appliance, Cart, Device, SchoolAudit
from central.web.deeds import CITY_DEEDS
from central.web.desk_words import ORDERS
from central.web.journal_details import ALARMS, KNOWN
from central.web.order_words import DETAILS
from central.web.school_deeds import SCHOOL_DEEDS
from protocol.uplink_words import InstructionKind, Refusal
from tests.central.web.conftest import OWN, Browser, Site
from tests.support.journal_codes import acts_written_in

CITY_ACTS = acts_written_in("central")
BOX_ACTS = acts_written_in("appliance", "uplink")
# A word as programs write it: account:hx, order.create, battery_failing, None.
_CODE = re.compile(
    r"\b(?:[a-z_]+[:.=][\w-]+|[a-z]+_[a-z_]+|None|True|False)\b|\b[amd]-[0-9a-z]{4,}\b|[0-9a-f]{12}|\+00:00"
)
_DEVICE, _BOX, _ORDER, _KEY = "d-i2gy7xen", "a-twuw7pyre2", "01a20a86-b17c-7000-8000-1234567890ab", "operator-5e2c"
# One value a field, as the services write it.
_VALUES: dict[str, object] = {
    "role": "technician", "name": "Clé du bureau", "kind": "battery_failing", "instructions": 15, "sent": 2,
    "count": 3, "classes": ["routine", "destructive"], "keys": 1, "key": _KEY, "replaces": None, "by": "claire",
    "hardware": "000000000000", "other": "56be597b", "same_epoch": True, "moved": False, "fields": ["quiet_hours"],
    "applied": True, "taken": True, "tried": 4, "reason": "certificate_revoked", "of": _BOX, "sha256": "0" * 64,
    "rows": 1200,
    "instruction": "i-9", "device": _DEVICE, "detail": "devices=1", "told_at": "2026-11-23T22:30:31+00:00",
    "agent": "webview-kiosk", "serial": "R9X01", "number": 4, "cart": "1", "seconds": 60, "uses": 30,
    "profile": "owner", "alarm": "may_not_lock", "size": 120_000, "missing": 1, "version": 3, "refusal": "wrong_key",
    "mark": "merle", "again": True,
}  # fmt: skip
_SPECIAL = {
    ("device.add", "kind"): "screen",
    ("device.replace", "by"): _DEVICE,
    ("appliance.claim", "replaces"): _BOX,
    ("parked.retry_all", "applied"): 3,
}


def value_of(action: str, field: str) -> object:
    if field == "kind" and action.partition(".")[0] in ("order", "instruction"):
        return "fetch_logs"
    if field == "role" and action.startswith("user."):
        return "teacher"
    return _SPECIAL.get((action, field), _VALUES.get(field, 3))


def test_every_act_of_the_city_has_words_and_so_has_all_that_it_carries() -> None:
    assert len({act.action for act in CITY_ACTS}) > 50
    assert {act.action: act.where for act in CITY_ACTS if act.action not in CITY_DEEDS} == {}
    assert {field for act in CITY_ACTS for field in act.fields} - KNOWN == set()


def test_every_act_that_a_box_tells_has_words_and_so_has_all_that_it_carries() -> None:
    assert set(TOLD) - set(SCHOOL_DEEDS) == set()
    assert {field for fields in TOLD.values() for field in fields} - KNOWN == set()


def test_every_act_of_a_box_has_words_on_its_own_pages() -> None:
    assert len({act.action for act in BOX_ACTS}) > 80
    assert {act.action: act.where for act in BOX_ACTS if act.action not in DEEDS} == {}


def test_the_words_that_a_box_can_tell_are_all_known() -> None:
    assert {word.value for word in Refusal} - set(DETAILS) == set()
    assert {word.value for word in Alarm} == set(ALARMS)


@pytest.fixture
def told(site: Site) -> Site:
    """One line of each act, on both journals."""
    now = site.clock.now()
    site.add("claire", Role.TECHNICIAN)
    Account.update(name="Claire Martin").where(Account.login == "claire").execute()
    Appliance.insert(id=_BOX, school=OWN, claimed_at=now).execute()
    Cart.insert(appliance=_BOX, id="1", name="Classe mobile A").execute()
    Device.insert(
        id=_DEVICE, school=OWN, appliance=_BOX, serial="R9X01", number=1, name="Tablette 01", kind="tablet",
        status="active", cart="1", updated_at=now,
    ).execute()  # fmt: skip
    Order.insert(
        id=_ORDER, kind="identify", order_class="routine", args={}, scope={}, account="claire", created_at=now,
        not_after=now,
    ).execute()  # fmt: skip
    signed = SignedOrder.create(id="so-1", order=_ORDER, body="", force_insert=True)
    Instruction.insert(id="i-9", order=_ORDER, signed=signed, appliance=_BOX, school=OWN).execute()
    SigningKey.insert(
        id=_KEY, algorithm="ed25519", public="x", classes=[], holder="Claire", not_after=now, created_at=now
    ).execute()
    _write_city(site)
    _write_school(site)
    return site


_TARGETS = {
    "account": "account:claire", "alert": "alert:7", "appliance": f"appliance:{_BOX}", "claim_code": "claim_code:3",
    "configuration": "scope:city", "device": f"device:{_DEVICE}", "door": f"appliance:{_BOX}", "key": f"key:{_KEY}",
    "instruction": f"order:{_ORDER}", "order": f"order:{_ORDER}", "ring": "ring:4", "school": f"school:{OWN}",
    "school_user": "school_user:12", "session": "account:1", "parked": f"appliance:{_BOX}", "claim": "",
    "snapshot": f"appliance:{_BOX}", "inventory": "", "city": "", "certificate": "",
    "holidays": "", "mail": "mail:smtp", "recipient": "recipient:astreinte@ville",
}  # fmt: skip
_ACTORS = {
    "appliance": f"appliance:{_BOX}", "certificate": f"appliance:{_BOX}", "claim": "address:192.0.2.4",
    "door": "address:192.0.2.4", "instruction": f"appliance:{_BOX}", "snapshot": f"appliance:{_BOX}", "city": "console",
}  # fmt: skip


def _write_city(site: Site) -> None:
    Journal.delete().execute()
    for act in CITY_ACTS:
        noun = act.action.partition(".")[0]
        detail = {field: value_of(act.action, field) for field in sorted(act.fields)}
        record(site.clock.now(), _ACTORS.get(noun, "claire"), act.action, _TARGETS.get(noun, ""), OWN, **detail)


def _write_school(site: Site) -> None:
    targets = {
        "device": f"device:{_DEVICE}", "cart": "cart:1", "token": "token:3", "user": "user:2", "instruction": "",
        "backup": "backup:auto-preau-0880150K.preau", "city": f"city:{_BOX}",
    }  # fmt: skip
    actors = ("user:2", "token:3", "console", "appliance", "bridge", "city", "guest")
    for seq, (action, fields) in enumerate(TOLD.items()):
        SchoolAudit.insert(
            appliance=_BOX, epoch="e", seq=seq, school=OWN, at=site.clock.now(), received_at=site.clock.now(),
            actor=actors[seq % len(actors)], action=action, target=targets.get(action.partition(".")[0], ""),
            detail={field: value_of(action, field) for field in fields},
        ).execute()  # fmt: skip


def _cells(browser: Browser, path: str) -> list[list[str]]:
    """The text of each cell of the table's body."""
    body = browser.get(path).text.partition("<tbody>")[2].partition("</tbody>")[0]
    rows = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL) for row in body.split("</tr>")]
    strip = re.compile(r"<svg.*?</svg>|<[^>]+>", re.DOTALL)
    return [[unescape(" ".join(strip.sub(" ", cell).split())) for cell in row] for row in rows if row]


def _codes(rows: list[list[str]]) -> list[str]:
    return [cell for row in rows for cell in row if _CODE.search(cell.replace("192.0.2.4", ""))]


def test_no_line_of_either_journal_shows_a_code_on_its_page_or_in_its_file(told: Site) -> None:
    browser = told.browser_of(Role.ADMINISTRATOR)
    for name, least in (("city", len(CITY_ACTS)), ("schools", len(TOLD))):
        page = _cells(browser, "/journal" if name == "city" else "/journal/schools")
        assert len(page) >= least
        assert _codes(page) == []
        text = browser.get(f"/journal/{name}.csv").data.decode("utf-8-sig")
        head, *rows = csv.reader(io.StringIO(text), delimiter=";")
        assert head[0] == "Moment (heure de Paris)"
        assert len(rows) >= least
        assert _codes(rows) == []


def test_a_journal_names_who_and_what_and_leads_there(told: Site) -> None:
    browser = told.browser_of(Role.ADMINISTRATOR)
    page = browser.get("/journal").text
    for said in ("Claire Martin", "Tablette 01", "la ligne de commande"):
        assert said in page, said
    assert f'href="/orders/{_ORDER}">Faire sonner et clignoter</a>' in page
    school = browser.get("/journal/schools").text
    assert f'href="/devices/{_DEVICE}">Tablette 01</a>' in school
    assert ">par Claire Martin</td>" in school
    assert "un boîtier inconnu" not in school
    assert f'href="/orders/{_ORDER}">Faire sonner et clignoter</a>' in school
    assert "la ville" in school and "personne n° 2" in school.replace("\u00a0", " ")


def test_a_directors_journal_has_no_serial_number(told: Site) -> None:
    browser = told.browser_of(Role.DIRECTOR)
    assert "R9X01" not in browser.get("/journal/schools").text
    assert "R9X01" not in browser.get("/journal/schools.csv").text


def test_the_story_of_a_school_and_of_a_device_has_no_code_either(told: Site) -> None:
    browser = told.browser_of(Role.ADMINISTRATOR)
    for path in (f"/schools/{OWN}", f"/devices/{_DEVICE}"):
        story = browser.get(path).text.partition('<h2 id="journal">')[2].partition("</section>")[0]
        text = " ".join(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", story, flags=re.DOTALL).split())
        assert "à l’instant" in text
        assert not _CODE.search(text), text


def test_who_did_it_is_found_by_name_and_a_school_by_its(told: Site) -> None:
    browser = told.browser_of(Role.ADMINISTRATOR)
    assert "compte créé" in browser.get("/journal?actor=claire+martin").text
    Account.update(name="Élodie Petit").where(Account.login == "claire").execute()
    assert "compte créé" in browser.get("/journal?actor=Élodie+Petit").text
    assert "Rien ici" in browser.get("/journal?actor=personne").text
    assert len(_cells(browser, "/journal/schools?school=jean+moulin")) == len(TOLD)
    assert "Rien ici" in browser.get("/journal/schools?school=lilas").text
    assert "Rien ici" in browser.get("/journal/schools?school=%25").text


def test_kinds_of_orders_are_words_too() -> None:
    assert {kind.value for kind in InstructionKind} == set(ORDERS)
