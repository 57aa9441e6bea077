"""Copies what pages need of the browser libraries from node_modules to appliance/web/static/vendor/.

Owns which files are taken. Fetches nothing (npm ci did), and writes nowhere else. Icons are taken by
name from appliance/web/icons.txt, into one sprite whose symbols bear the icons' names.
"""

import re
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
FONT = "@fontsource/atkinson-hyperlegible"
DYSLEXIC = "@fontsource/opendyslexic"
FILES = {
    "socket.io-client/dist/socket.io.esm.min.js": "socket.io.esm.min.js",
    "socket.io-client/LICENSE": "socket.io.LICENSE",
    f"{FONT}/files/atkinson-hyperlegible-latin-400-normal.woff2": "atkinson-hyperlegible-400.woff2",
    f"{FONT}/files/atkinson-hyperlegible-latin-700-normal.woff2": "atkinson-hyperlegible-700.woff2",
    f"{FONT}/files/atkinson-hyperlegible-latin-ext-400-normal.woff2": "atkinson-hyperlegible-ext-400.woff2",
    f"{FONT}/files/atkinson-hyperlegible-latin-ext-700-normal.woff2": "atkinson-hyperlegible-ext-700.woff2",
    f"{FONT}/LICENSE": "atkinson-hyperlegible.LICENSE",
    "lucide-static/LICENSE": "icons.LICENSE",
    "mqtt/dist/mqtt.esm.js": "mqtt.esm.js",
    "mqtt/LICENSE.md": "mqtt.LICENSE",
    # The legacy build runs on the WebViews of tablets that are no longer updated.
    "pdfjs-dist/legacy/build/pdf.min.mjs": "pdf.min.mjs",
    "pdfjs-dist/legacy/build/pdf.worker.min.mjs": "pdf.worker.min.mjs",
    "pdfjs-dist/LICENSE": "pdf.LICENSE",
    f"{DYSLEXIC}/files/opendyslexic-latin-400-normal.woff2": "opendyslexic-400.woff2",
    f"{DYSLEXIC}/files/opendyslexic-latin-700-normal.woff2": "opendyslexic-700.woff2",
    f"{DYSLEXIC}/LICENSE": "opendyslexic.LICENSE",
}
SPRITE_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" fill="none" stroke="currentColor" stroke-width="2" '
    'stroke-linecap="round" stroke-linejoin="round">\n'
)


class Missing(Exception):
    """A listed file or icon is not in node_modules."""


def read_names(listing: str) -> list[str]:
    """The icons' names, one a line; what follows a # is a remark."""
    names = (line.partition("#")[0].strip() for line in listing.splitlines())
    return sorted({name for name in names if name})


def next_symbol(name: str, svg: str) -> str:
    shapes = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)
    if shapes is None:
        raise Missing(f"{name}.svg holds no <svg>")
    body = "".join(line.strip() for line in shapes.group(1).splitlines())
    return f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>\n'


def write_sprite(icons: Path, names: list[str], target: Path) -> None:
    symbols = []
    for name in names:
        source = icons / f"{name}.svg"
        if not source.is_file():
            raise Missing(f"lucide-static has no icon {name!r}")
        symbols.append(next_symbol(name, source.read_text(encoding="utf-8")))
    target.write_text(SPRITE_HEAD + "".join(symbols) + "</svg>\n", encoding="utf-8")


def write_vendor(node_modules: Path, names: list[str], target: Path) -> None:
    """Replaces the whole folder, so that what is no longer listed goes away."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for source, name in FILES.items():
        if not (node_modules / source).is_file():
            raise Missing(f"node_modules has no {source}")
        shutil.copyfile(node_modules / source, target / name)
    write_sprite(node_modules / "lucide-static" / "icons", names, target / "icons.svg")


def main() -> int:
    web = HERE / "appliance" / "web"
    try:
        names = read_names((web / "icons.txt").read_text(encoding="utf-8"))
        write_vendor(HERE / "node_modules", names, web / "static" / "vendor")
    except (Missing, OSError) as problem:
        print(f"vendor: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
