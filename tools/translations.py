"""Brings the English catalog up to date with the French texts of the source: new ones come without a translation.

Run it after a change of texts, translate what it lists, and commit. `./run` compiles the result; a test refuses gaps.
"""

import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

HERE = Path(__file__).resolve().parent.parent
WEB = HERE / "appliance" / "web"
ENGLISH = WEB / "translations" / "en" / "LC_MESSAGES" / "messages.po"
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


def extracted() -> Catalog:
    """Every text that pages can show, as the source has it."""
    with (HERE / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]  # Babel's is untyped
    catalog = Catalog()
    keywords = DEFAULT_KEYWORDS | {"N_": None, "_": None}
    for _path, _line, texts, _comments, _context in extract_from_dir(WEB, methods, options, keywords):
        catalog.add(texts)
    return catalog


def english() -> Catalog:
    with ENGLISH.open("rb") as file:
        return read_po(file, locale="en")


def untranslated(catalog: Catalog) -> list[str]:
    """French texts of `catalog` whose English is missing."""
    return [key_of(message) for message in catalog if message.id and not _is_translated(message)]


def key_of(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _is_translated(message: Message) -> bool:
    parts = [message.string] if isinstance(message.string, str) else list(message.string or [])
    return bool(parts) and all(parts) and not message.fuzzy


def write(catalog: Catalog) -> None:
    with ENGLISH.open("wb") as file:
        file.write(HEAD.encode())
        write_po(file, catalog, width=120, no_location=True, omit_header=True, sort_output=True)


def main() -> int:
    catalog = english()
    catalog.update(extracted(), no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    write(catalog)
    missing = untranslated(catalog)
    for text in missing:
        sys.stdout.write(f"{text}\n")
    sys.stdout.write(f"{len(missing)} texts to translate in {ENGLISH.relative_to(HERE)}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
