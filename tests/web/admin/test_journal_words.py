"""No code reaches a reader of the box's own journal: every act that the code can write, with all that it carries."""

import re
from html import unescape

from appliance.cli import agents_door, city_bridge
from appliance.services.audit import TOLD
from appliance.services.journal import record
from appliance.store.models import Journal
from appliance.web.admin.words import PROCESSES
from tests.services.school import add_device
from tests.support.journal_codes import ROOT, acts_written_in
from tests.web.conftest import Browser, Site

_CODE = re.compile(r"\b(?:[a-z_]+[:.=][\w-]+|[a-z]+_[a-z_]+|None|True|False)\b|[0-9a-f]{12}|\b(?:tablet|city|bridge)\b")
_VALUES: dict[str, object] = {
    "agent": "webview-kiosk", "alarm": "may_not_lock", "by": "claire", "cart": "1", "detail": "devices=1", "devices": 3,
    "instruction": "i-9", "kind": "rename", "lesson": "9", "minutes": 5, "number": 4, "profile": "owner", "pupils": 24,
    "reason": "emptied", "refusal": "wrong_key", "role": "teacher", "serial": "R9X01", "seconds": 60, "uses": 30,
    "version": 3,
}  # fmt: skip


def write_each_act(site: Site, device: str) -> int:
    """Once, with all the fields that some line of the code gives it."""
    Journal.delete().execute()
    acts = acts_written_in("appliance", "uplink")
    actors = ("user:1", "token:3", "console", "appliance", "bridge", "city", "guest", "code")
    nouns = {"device": device, "cart": "77", "classroom": "77", "user": "77", "token": "3", "document": "0" * 12}
    for place, act in enumerate(acts):
        noun = act.action.partition(".")[0]
        target = f"{noun}:{nouns[noun]}" if noun in nouns else f"device:{device}" if noun == "instruction" else ""
        fields = act.fields | set(TOLD.get(act.action, ()))
        detail = {field: _VALUES.get(field, 3) for field in sorted(fields)}
        record(site.clock.now(), actors[place % len(actors)], act.action, target, **detail)
    return len(acts)


def test_no_line_of_the_journal_shows_a_code(site: Site, browser: Browser) -> None:
    count = write_each_act(site, add_device())
    cells: list[str] = []
    page = "/admin/journal"
    while page:
        text = browser.get(page).text
        body = text.partition("<tbody>")[2].partition("</tbody>")[0]
        found = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", re.sub(r"<svg.*?</svg>", "", body, flags=re.DOTALL), re.DOTALL)
        cells += [unescape(" ".join(re.sub(r"<[^>]+>", " ", cell).split())) for cell in found]
        older = re.search(r'href="([^"]*before=[^"]*)"', text)
        page = unescape(older[1]) if older else ""
    assert len(cells) >= 4 * count
    assert [cell for cell in cells if _CODE.search(cell)] == []
    assert "la ville" in cells
    assert any("ordre de la ville exécuté renommer, par claire, 1 appareil" in cell for cell in cells)


def test_every_program_of_a_box_has_a_name_for_people() -> None:
    started = re.findall(r'Program\("(\w+)"', (ROOT / "appliance" / "cli" / "run.py").read_text())
    assert len(started) > 3
    assert {*started, agents_door.NAME, city_bridge.NAME} - set(PROCESSES) == set()
