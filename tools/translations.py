"""Brings the English catalogs up to date with the French texts of the source: new ones come without a translation.

Run it after a change of texts, translate what it lists, and commit. `./run` compiles the result; a test refuses gaps.
The school's box has one catalog, the city's server another, which begins with what the box says already.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

HERE = Path(__file__).resolve().parent.parent
WEB = HERE / "appliance" / "web"
CITY_WEB = HERE / "central" / "web"
HEAD = """\
# English for Préau. The French text is the key: it is what stands in the source.
# After a change of texts: python tools/translations.py, then translate what it lists.
msgid ""
msgstr ""
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


@dataclass(frozen=True)
class Pages:
    """A family of pages: the folders whose texts it shows, and its English."""

    folders: tuple[Path, ...]
    english: Path


def _english_of(web: Path) -> Path:
    return web / "translations" / "en" / "LC_MESSAGES" / "messages.po"


BOX = Pages((WEB,), _english_of(WEB))
CITY = Pages((CITY_WEB, WEB / "templates" / "components"), _english_of(CITY_WEB))


def extracted(pages: Pages = BOX) -> Catalog:
    """Every text that pages can show, as the source has it."""
    with (HERE / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]  # Babel's is untyped
    # a folder of components has no `templates` in its paths
    methods = [*methods, ("**.html", "jinja2")]
    catalog = Catalog()
    keywords = DEFAULT_KEYWORDS | {"N_": None, "_": None}
    for folder in pages.folders:
        for _path, _line, texts, _comments, _context in extract_from_dir(folder, methods, options, keywords):
            catalog.add(texts)
    return catalog


def english(pages: Pages = BOX) -> Catalog:
    if not pages.english.exists():
        return Catalog(locale="en")
    with pages.english.open("rb") as file:
        return read_po(file, locale="en")


def untranslated(catalog: Catalog) -> list[str]:
    """French texts of `catalog` whose English is missing."""
    return [key_of(message) for message in catalog if message.id and not _is_translated(message)]


def key_of(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _is_translated(message: Message) -> bool:
    parts = [message.string] if isinstance(message.string, str) else list(message.string or [])
    return bool(parts) and all(parts) and not message.fuzzy


def write(catalog: Catalog, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(HEAD.encode())
        write_po(file, catalog, width=120, no_location=True, omit_header=True, sort_output=True)


def _update(pages: Pages, known: Catalog) -> list[str]:
    """`known`: English that is there already and need not be found twice."""
    catalog = english(pages)
    catalog.update(extracted(pages), no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    for message in catalog:
        same = known.get(message.id) if message.id and not _is_translated(message) else None
        if same is not None and same.id == message.id:
            message.string = same.string
    write(catalog, pages.english)
    return untranslated(catalog)


def main() -> int:
    missing = {pages.english: _update(pages, english(BOX)) for pages in (BOX, CITY)}
    for path, texts in missing.items():
        for text in texts:
            sys.stdout.write(f"{text}\n")
        sys.stdout.write(f"{len(texts)} texts to translate in {path.relative_to(HERE)}\n")
    return 1 if any(missing.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
