"""Every text of the console is there in both languages, with the same blanks."""

import re

import pytest
from babel.messages.catalog import Catalog, Message

from tools.translations import CITY, english, extracted, key_of, untranslated

BLANK = re.compile(r"%\(\w+\)[sd]|\{\w+\}|%%")


@pytest.fixture(scope="module")
def source() -> Catalog:
    return extracted(CITY)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return english(CITY)


def texts_of(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or [])


def test_every_text_of_the_console_has_its_english_and_no_other_is_kept(source: Catalog, catalog: Catalog) -> None:
    shown = {key_of(message) for message in source if message.id}
    known = {key_of(message) for message in catalog if message.id}
    assert len(shown) > 400
    assert shown - known == set(), "run python tools/translations.py and translate what it lists"
    assert known - shown == set()
    assert untranslated(catalog) == []


def test_the_box_and_the_city_say_the_same_in_the_same_words(catalog: Catalog) -> None:
    """Components and deeds are shared: two translations of one text would be two voices."""
    box = english()
    for message in catalog:
        same = box.get(message.id) if message.id else None
        if same is not None and same.id == message.id and message.string != same.string:
            raise AssertionError(f"{message.id}: {message.string} / {same.string}")


def test_translations_have_the_blanks_of_their_text_and_english_spaces(catalog: Catalog) -> None:
    for message in catalog:
        french = message.id if isinstance(message.id, str) else message.id[-1]
        for text in texts_of(message) if message.id else []:
            assert sorted(BLANK.findall(text)) == sorted(BLANK.findall(french)), french
            assert not re.search(r" [;:!?»]|«|\u202f|[^\w]'|'[^\w]", text), text


def test_french_texts_have_curly_apostrophes(source: Catalog) -> None:
    assert [key_of(message) for message in source if message.id and "'" in key_of(message)] == []
