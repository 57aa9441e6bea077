"""Other people's web sites, on this machine: one that lets itself be framed, one that does not.

The appliance asks no address of its own, so a site has one that no interface bears: the kernel is told to take it as
local (AnyIP). That needs root, as the faults' tests do.
"""

import random
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_PAGE = """<!doctype html><html lang="fr"><meta charset="utf-8"><title>Site</title><link rel="icon" href="data:,">
<h1>{heading}</h1><p>Un site.</p>"""


@dataclass
class Site:
    url: str
    asked: list[str] = field(default_factory=list)

    @property
    def host(self) -> str:
        return self.url.split("/")[2].split(":")[0]


@contextmanager
def _foreign_address() -> Iterator[str]:
    """Of the range that is meant for tests (RFC 2544), and in nobody else's use."""
    chance = random.SystemRandom()
    address = f"198.{chance.choice((18, 19))}.{chance.randrange(256)}.{chance.randrange(1, 255)}"
    route = ("local", f"{address}/32", "dev", "lo")
    subprocess.run(["ip", "route", "add", *route], check=True)
    try:
        yield address
    finally:
        subprocess.run(["ip", "route", "del", *route], check=True)


@contextmanager
def site(heading: str, **headers: str) -> Iterator[Site]:
    """`headers`: sent with each page, `_` for `-`."""
    with _foreign_address() as address, _server(address, heading, headers) as found:
        yield found


@contextmanager
def _server(address: str, heading: str, headers: Mapping[str, str]) -> Iterator[Site]:
    found = Site("")

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            body = _PAGE.format(heading=heading).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body if self.command == "GET" else b"")

        do_HEAD = do_GET  # noqa: N815 - the library's name

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: a test reads `asked`."""

    server = ThreadingHTTPServer((address, 0), Answer)
    found.url = f"http://{address}:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
