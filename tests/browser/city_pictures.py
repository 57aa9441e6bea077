"""Takes the console's pictures: `.venv/bin/python -m tests.browser.city_pictures [FOLDER]` (docs/images/ if not told).

The real console over a city that does not exist, Debian's Chromium; nothing is drawn over afterwards. Take them again
when the pages have changed, and look at each.
"""

import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page
from werkzeug.serving import WSGIRequestHandler, make_server

from central.bootstrap import Services, build_services, open_databases
from central.config import Config
from central.domain.alerts import AlertKind
from central.domain.orders import Wish
from central.domain.roles import CONSOLE, Role
from central.keys.signatures import SigningSecret
from central.services.accounts import NewAccount
from central.services.desk_settings import Holiday
from central.services.order_signatures import sign_file
from central.services.rings import NewKey, sign_ring
from central.services.sessions import viewer_of
from central.store.desk_models import Account, Alert
from central.store.models import Appliance, BatteryDay, ParkedRecord, SchoolAudit, database
from central.web.app import create_app
from protocol.uplink_words import InstructionKind, OrderClass, SignatureAlgorithm
from tests.browser.screenshots import LAPTOP, MOST_BYTES
from tests.support.appliance import ROOT
from tests.support.chromium import Desk, running_chromium
from tests.support.ports import free_ports
from tests.support.seeded_city import CitySize, seed_city, uai_of
from tests.support.store import HandClock

_CITY = "Ville de Démonval"
_POOR = 9  # the school behind a poor line: of the seeded ones it has most to tell
_PICTURES = {  # address, height
    "city-fleet": ("/fleet", 768),
    "city-school": (f"/schools/{uai_of(_POOR)}", 960),
    "city-device": (f"/devices/d-{_POOR:05d}-017", 860),
    "city-journal": ("/journal/schools", 768),
    "city-order": ("/orders?open=1", 768),  # the newest of this list is opened
    "city-keys": ("/orders/keys", 768),
    "city-settings": ("/settings/alerts", 1280),
}
_MORNING = datetime(2026, 11, 23, 8, 42, tzinfo=UTC)
_WORN = (4, 9, 21)  # schools with a tablet whose battery is to be changed
_SINCE = {
    AlertKind.FENCED: timedelta(minutes=40),
    AlertKind.APPLIANCE_SILENT: timedelta(days=3),
    AlertKind.STORAGE_LOW: timedelta(hours=14),
    AlertKind.ENROLLMENT_FAILURES: timedelta(minutes=25),
    AlertKind.BATTERY_FAILING: timedelta(days=4),
}
_DEEDS: tuple[tuple[int, int, str, str, str, dict[str, object] | None], ...] = (  # minutes ago, school, who, what…
    (3, 9, "city", "instruction.done", "device:d-00009-012", {"kind": "identify", "by": "claire"}),
    (4, 9, "city", "instruction.received", "device:d-00009-012", {"kind": "identify", "by": "claire"}),
    (11, 14, "user:2", "device.enrolled", "device:d-00014-012", None),
    (12, 14, "user:2", "device.enrolled", "device:d-00014-011", None),
    (14, 14, "user:2", "token.add", "token:4", {"uses": 15}),
    (26, 8, "user:4", "device.move", "device:d-00008-005", None),
    (41, 17, "user:1", "user.invite", "user:6", None),
    (52, 11, "user:1", "device.rename", "device:d-00011-003", None),
    (58, 20, "city", "city.configure", "", {"version": 3}),
    (75, 25, "user:3", "cart.rename", "cart:c2", None),
)


_HOLIDAYS = (
    Holiday("Vacances de Noël", date(2026, 12, 19), date(2027, 1, 3)),
    Holiday("Vacances d’hiver", date(2027, 2, 20), date(2027, 3, 7)),
    Holiday("Vacances de printemps", date(2027, 4, 17), date(2027, 5, 2)),
    Holiday("Pont de l’Ascension", date(2027, 5, 7), date(2027, 5, 7)),
)


class _Quiet(WSGIRequestHandler):
    def log(self, *_words: object) -> None:
        """Silent."""


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as home,
        _console(Path(home)) as (url, secret),
        running_chromium("--lang=fr") as chromium,
    ):
        desk = Desk(chromium, url)
        page = desk.open(LAPTOP)
        cookie = f"preau-city-{url.rpartition(':')[2]}"
        page.context.add_cookies([{"name": cookie, "value": secret, "url": url}])
        for name, (address, height) in _PICTURES.items():
            _shoot(page, address, height, folder / f"{name}.png")
        desk.close()


@contextmanager
def _console(home: Path) -> Iterator[tuple[str, str]]:
    """Its address, and the secret of an administrator's session."""
    port = free_ports(1)[0]
    config = Config(home, http_port=port, city=_CITY)
    open_databases(config)
    database.connect(reuse_if_open=True)
    clock = HandClock(_MORNING)
    services = build_services(config, clock)
    seed_city(clock.now(), CitySize(schools=32, devices=18, days=40, hours=168))
    _make_ordinary(clock.now())
    services.desk.alert_step.look(clock.now())
    for kind, ago in _SINCE.items():
        Alert.update(began_at=clock.now() - ago).where(Alert.kind == kind).execute()
    account = services.accounts.add(CONSOLE, NewAccount("claire", "Claire Martin", Role.ADMINISTRATOR))
    secret = services.sessions.open(account, is_strong=True)
    _order_and_set(services)
    database.close()
    server = make_server("127.0.0.1", port, create_app(services), threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{port}", secret
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _order_and_set(services: Services) -> None:
    """A signed ring, a key that waits for it, an erasure that waits for a second person, a year's holidays."""
    root, vault = SigningSecret.new(), SigningSecret.new()
    services.rings.found(root, services.keys.online.public, "console")
    for holder, life in (("coffre de la mairie", 365), ("coffre de l’agglomération", 700)):
        key = SigningSecret.new() if life > 365 else vault
        offline = (OrderClass.DESTRUCTIVE,)
        new = NewKey(SignatureAlgorithm.ED25519, key.public, offline, holder, life=timedelta(days=life))
        services.rings.add_key(new, CONSOLE)
        if key is vault:
            services.rings.accept(sign_ring(root, services.rings.draft()), CONSOLE)
    stolen = tuple(f"d-{_POOR:05d}-{number:03d}" for number in (3, 7, 12))
    colleague = services.accounts.add(CONSOLE, NewAccount("marc", "Marc Petit", Role.ADMINISTRATOR))
    marc = viewer_of(Account.get_by_id(colleague))
    order = services.orders.create(marc, Wish(InstructionKind.WIPE, devices=stolen))
    services.order_signatures.upload(marc, order, sign_file(vault, services.order_signatures.export(order)))
    services.desk.settings.set_holidays(CONSOLE, services.clock.now(), _HOLIDAYS)


def _make_ordinary(now: datetime) -> None:
    """A morning as a city has them: fewer troubles than the tests want, and a journal that can be read."""
    worn = [f"d-{place:05d}-017" for place in _WORN]
    BatteryDay.update(lowest=48).where(BatteryDay.lowest < 10, BatteryDay.device.not_in(worn)).execute()
    Appliance.update(clock_ahead_seconds=1).where(Appliance.clock_ahead_seconds > 60).execute()
    ParkedRecord.delete().execute()
    SchoolAudit.delete().execute()
    for seq, (minutes, place, who, what, target, detail) in enumerate(reversed(_DEEDS)):
        at = now - timedelta(minutes=minutes)
        SchoolAudit.create(
            appliance=f"a-{place:05d}", epoch=f"e{place}", seq=seq, school=uai_of(place), at=at,
            received_at=at + timedelta(seconds=20), actor=who, action=what, target=target, detail=detail,
        )  # fmt: skip


def _shoot(page: Page, address: str, height: int, path: Path) -> None:
    page.set_viewport_size({"width": LAPTOP.width, "height": height})
    answer = page.goto(address)
    if answer is None or not answer.ok:
        raise SystemExit(f"{address} does not open")
    if "open" in address:
        page.locator("#orders tbody a").first.click()
        page.locator("#second").wait_for()
    page.evaluate("document.fonts.ready")
    page.screenshot(path=path, animations="disabled")
    size = path.stat().st_size
    sys.stdout.write(f"{path.name}  {size // 1000} kB\n")
    if size > MOST_BYTES:
        raise SystemExit(f"{path} is larger than {MOST_BYTES} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images")
