import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.documents import (
    DOCX,
    JPEG,
    KINDS,
    MAX_NAME_CHARS,
    MP3,
    MP4,
    OGG,
    PDF,
    PNG,
    TEXT,
    WAV,
    WEBP,
    Kind,
    described,
    display_name,
    ending_of,
    kind_by_head,
    refuse_by_ending,
    text_kind,
)
from appliance.errors import Invalid


def refused_with(code: str, call: object, *args: object) -> None:
    assert callable(call)
    with pytest.raises(Invalid) as refused:
        call(*args)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7\n", PDF),
        (b"\x00\x00 junk %PDF-1.4", PDF),
        (b"\x89PNG\r\n\x1a\n", PNG),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", JPEG),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", WEBP),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", WAV),
        (b"OggS\x00\x02", OGG),
        (b"ID3\x04\x00", MP3),
        (b"\xff\xfb\x90\x64", MP3),
        (b"\x00\x00\x00\x20ftypisom\x00", MP4),
        (b"hello", None),
        (b"", None),
    ],
)
def test_the_first_bytes_tell_the_kind(head: bytes, kind: Kind | None) -> None:
    assert kind_by_head(head) is kind


@pytest.mark.parametrize("head", [b"\x7fELF\x02", b"MZ\x90\x00", b"#!/bin/sh\n", b"dex\n035\x00", b"\xca\xfe\xba\xbe"])
def test_programs_are_refused_by_their_first_bytes(head: bytes) -> None:
    refused_with("document_executable", kind_by_head, head)


def test_old_office_files_are_refused_with_the_way_out() -> None:
    refused_with("document_old_office", kind_by_head, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


@pytest.mark.parametrize(
    ("ending", "code"),
    [("apk", "document_executable"), ("sh", "document_executable"), ("docm", "document_executable"),
     ("html", "document_web_page"), ("xml", "document_web_page"), ("xls", "document_old_office")],
)  # fmt: skip
def test_some_endings_are_refused_whatever_is_inside(ending: str, code: str) -> None:
    refused_with(code, refuse_by_ending, ending)


@pytest.mark.parametrize("head", [b"<html>", b"  <!DOCTYPE html>", b"x <SCRIPT>alert(1)", b"<?php"])
def test_a_page_is_not_text(head: bytes) -> None:
    refused_with("document_web_page", text_kind, head, "txt")


def test_text_needs_a_text_ending_and_no_binary() -> None:
    assert text_kind("Leçon n° 4".encode("latin-1"), "txt") is TEXT
    refused_with("document_type_refused", text_kind, b"\x00\x01\x02", "txt")
    refused_with("document_type_refused", text_kind, b"hello", "xyz")


def test_a_name_that_errs_within_its_family_gets_the_right_ending() -> None:
    assert described("photo.png", JPEG).name == "photo.jpg"
    assert described("Leçon 4", PDF).name == "Leçon 4.pdf"
    assert described("photo.jpeg", JPEG).name == "photo.jpeg"


def test_a_name_that_promises_something_else_is_refused() -> None:
    refused_with("document_mismatch", described, "photo.jpg", PDF)
    refused_with("document_mismatch", described, "cours.pdf", DOCX)


@pytest.mark.parametrize(
    ("declared", "shown"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\x\\fiche.pdf", "fiche.pdf"),
        ("fiche\u202efdp.exe", "fichefdp.exe"),
        ("a\nb\x00c.pdf", "a bc.pdf"),
        ("<script>.pdf", "<script>.pdf"),
        ("", "document"),
        ("...", "document"),
        (None, "document"),
    ],
)
def test_a_hostile_name_becomes_a_plain_one(declared: object, shown: str) -> None:
    assert display_name(declared) == shown


def test_a_long_name_is_cut_and_keeps_its_ending() -> None:
    name = display_name("x" * 10_000 + ".pdf")

    assert len(name) == MAX_NAME_CHARS
    assert name.endswith(".pdf")


@given(st.text(max_size=400))
def test_no_name_comes_out_long_empty_or_with_controls(declared: str) -> None:
    name = display_name(declared)

    assert 0 < len(name) <= MAX_NAME_CHARS
    assert "/" not in name and "\\" not in name and name == name.strip()
    assert all(ord(c) >= 32 and c not in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068" for c in name)


@given(st.text(min_size=1, max_size=200), st.sampled_from(KINDS))
def test_a_described_name_fits_its_kind(declared: str, kind: Kind) -> None:
    try:
        description = described(display_name(declared), kind)
    except Invalid:
        return

    assert ending_of(description.name) in kind.endings
    assert len(description.name) <= MAX_NAME_CHARS
