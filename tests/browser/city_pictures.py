"""Takes the console's pictures: `.venv/bin/python -m tests.browser.city_pictures [FOLDER]` (docs/images/ if not told).

The real console over a city that does not exist, Debian's Chromium; nothing is drawn over afterwards. Take them again
when the pages have changed, and look at each.
"""

import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page
from werkzeug.serving import WSGIRequestHandler, make_server

from central.bootstrap import build_services, open_databases
from central.config import Config
from central.domain.roles import CONSOLE, Role
from central.services.accounts import NewAccount
from central.store.models import database
from central.web.app import create_app
from tests.browser.screenshots import LAPTOP, MOST_BYTES
from tests.support.appliance import ROOT, free_ports
from tests.support.chromium import Desk, running_chromium
from tests.support.seeded_city import CitySize, seed_city, uai_of
from tests.support.store import HandClock

_CITY = "Ville de Démonval"
_POOR = 9  # the school behind a poor line: of the seeded ones it has most to tell
_PICTURES = {
    "city-fleet": "/fleet",
    "city-school": f"/schools/{uai_of(_POOR)}",
    "city-device": f"/devices/d-{_POOR:05d}-017",
    "city-journal": "/journal/schools",
}


class _Quiet(WSGIRequestHandler):
    def log(self, *_words: object) -> None:
        """Silent."""


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, _console(Path(home)) as (url, secret), running_chromium() as chromium:
        desk = Desk(chromium, url)
        page = desk.open(LAPTOP)
        cookie = f"preau-city-{url.rpartition(':')[2]}"
        page.context.add_cookies([{"name": cookie, "value": secret, "url": url}])
        for name, address in _PICTURES.items():
            _shoot(page, address, folder / f"{name}.png")
        desk.close()


@contextmanager
def _console(home: Path) -> Iterator[tuple[str, str]]:
    """Its address, and the secret of an administrator's session."""
    port = free_ports(1)[0]
    config = Config(home, http_port=port, city=_CITY)
    open_databases(config)
    database.connect(reuse_if_open=True)
    clock = HandClock()
    services = build_services(config, clock)
    seed_city(clock.now(), CitySize(schools=32, devices=20))
    services.desk.alert_step.look(clock.now())
    account = services.accounts.add(CONSOLE, NewAccount("claire", "Claire Martin", Role.ADMINISTRATOR))
    secret = services.sessions.open(account, is_strong=True)
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


def _shoot(page: Page, address: str, path: Path) -> None:
    answer = page.goto(address)
    if answer is None or not answer.ok:
        raise SystemExit(f"{address} does not open")
    page.evaluate("document.fonts.ready")
    page.screenshot(path=path, animations="disabled")
    size = path.stat().st_size
    sys.stdout.write(f"{path.name}  {size // 1000} kB\n")
    if size > MOST_BYTES:
        raise SystemExit(f"{path} is larger than {MOST_BYTES} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images")
