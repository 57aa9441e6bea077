"""Every text is there in both languages, with the same blanks."""

import re

import pytest
from babel.messages.catalog import Catalog

from tools.translations import english, extracted, key_of, untranslated

BLANK = re.compile(r"%\(\w+\)[sd]|\{\w+\}|%%")


@pytest.fixture(scope="module")
def source() -> Catalog:
    return extracted()


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return english()


def test_every_text_of_the_pages_has_its_english(source: Catalog, catalog: Catalog) -> None:
    texts = {key_of(message) for message in source if message.id}
    known = {key_of(message) for message in catalog if message.id}
    assert len(texts) > 500
    assert texts - known == set(), "run python tools/translations.py and translate what it lists"
    assert untranslated(catalog) == []


def test_the_catalog_keeps_no_text_that_nobody_shows(source: Catalog, catalog: Catalog) -> None:
    assert {key_of(m) for m in catalog if m.id} - {key_of(m) for m in source if m.id} == set()


def test_translations_have_the_blanks_of_their_text(catalog: Catalog) -> None:
    for message in catalog:
        french = message.id if isinstance(message.id, str) else message.id[-1]
        translated = [message.string] if isinstance(message.string, str) else list(message.string or [])
        for text in translated:
            if message.id and text:
                assert sorted(BLANK.findall(text)) == sorted(BLANK.findall(french)), french


def test_english_has_english_spaces_and_quotes(catalog: Catalog) -> None:
    for message in catalog:
        for text in [message.string] if isinstance(message.string, str) else list(message.string or []):
            if message.id:
                assert not re.search(r" [;:!?»]|«|\u202f|[^\w]'|'[^\w]", text), text


def test_french_texts_have_curly_apostrophes(source: Catalog) -> None:
    straight = [key_of(message) for message in source if message.id and "'" in key_of(message)]
    assert straight == []
