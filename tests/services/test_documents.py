import hashlib
import io
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.domain.people import Actor, Role
from appliance.errors import Conflict, Denied, Invalid, NotFound, TooLarge
from appliance.services.documents import Documents
from appliance.services.favourites import Favourites
from appliance.store.models import Document
from tests.services.school import ADMIN, TEACHER, add_people, deeds
from tests.support.store import HandClock

PDF = b"%PDF-1.7\n" + b"x" * 5000
OTHER = Actor(3, "M. Petit", Role.TEACHER)


@pytest.fixture
def folder(store: Path) -> Path:
    add_people()
    folder = store.parent / "documents"
    folder.mkdir()
    return folder


@pytest.fixture
def documents(folder: Path, clock: HandClock) -> Documents:
    return Documents(clock, folder, 1_000_000)


def office_file(parts: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in {"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>", **parts}.items():
            archive.writestr(name, part)
    return content.getvalue()


def test_a_stored_document_is_described_and_served_from_its_file(documents: Documents) -> None:
    stored = documents.store_upload(io.BytesIO(PDF), "../Fractions n° 3.pdf", TEACHER)

    assert (stored.name, stored.mime, stored.size) == ("Fractions n° 3.pdf", "application/pdf", len(PDF))
    assert stored.sha256 == hashlib.sha256(PDF).hexdigest()
    assert documents.path_of(stored.sha256).read_bytes() == PDF
    assert documents.get(stored.sha256) == stored
    assert deeds() == [("user:2", "document.add", f"document:{stored.sha256[:12]}")]


def test_the_same_content_twice_is_one_document(documents: Documents, folder: Path) -> None:
    first = documents.store_upload(io.BytesIO(PDF), "a.pdf", TEACHER)
    second = documents.store_upload(io.BytesIO(PDF), "b.pdf", OTHER)

    assert second == first
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", b"", "document_empty"),
        ("jeu.apk", office_file({"AndroidManifest.xml": b"x"}), "document_executable"),
        ("cours.docx", office_file({"word/vbaProject.bin": b"x"}), "document_executable"),
        ("photo.jpg", b"MZ\x90\x00" + b"x" * 100, "document_executable"),
        ("a.sh", b"#!/bin/sh\n", "document_executable"),
        ("a.txt", b"<html><script>alert(1)</script>", "document_web_page"),
        ("a.html", b"hello", "document_web_page"),
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "document_active_drawing"),
        ("a.docx", office_file({"x": b"\0" * 40_000_000}), "document_bomb"),
        ("a.docx", office_file({"../../x": b"x"}), "document_bomb"),
        ("a.docx", office_file({})[:-10], "document_damaged"),
        ("a.pdf", office_file({}), "document_mismatch"),
        ("a.bin", b"\x00\x01", "document_executable"),
        ("a.xyz", b"hello", "document_type_refused"),
    ],
)
def test_what_is_no_document_is_refused_with_its_reason_and_leaves_nothing(
    documents: Documents, folder: Path, name: str, content: bytes, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        documents.store_upload(io.BytesIO(content), name, TEACHER)

    assert refused.value.code == code
    assert list(folder.iterdir()) == []
    assert Document.select().count() == 0


@pytest.mark.parametrize(
    ("name", "content", "mime"),
    [
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>', "image/svg+xml"),
        ("a.txt", "Leçon".encode(), "text/plain"),
        ("a.docx", office_file({}), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.jpg", b"\x89PNG\r\n\x1a\n" + b"x" * 10, "image/png"),
    ],
)
def test_what_schools_use_is_taken(documents: Documents, name: str, content: bytes, mime: str) -> None:
    assert documents.store_upload(io.BytesIO(content), name, TEACHER).mime == mime


def test_a_document_over_the_limit_leaves_nothing(documents: Documents, folder: Path) -> None:
    with pytest.raises(TooLarge):
        documents.store_upload(io.BytesIO(PDF + b"x" * 1_000_000), "a.pdf", TEACHER)

    assert list(folder.iterdir()) == []


def test_a_file_that_was_replaced_on_disk_is_found_by_the_scrub_and_never_served(documents: Documents) -> None:
    stored = documents.store_upload(io.BytesIO(PDF), "a.pdf", TEACHER)
    documents.path_of(stored.sha256).write_bytes(PDF[:-1] + b"!")

    assert not documents.verify(stored.sha256)
    assert documents.scrub(documents.hashes()) == [stored.sha256]
    assert documents.missing() == 1
    assert deeds()[-1] == ("appliance", "document.damaged", f"document:{stored.sha256[:12]}")
    with pytest.raises(NotFound):
        documents.path_of(stored.sha256)

    documents.store_upload(io.BytesIO(PDF), "a.pdf", TEACHER)
    assert documents.scrub(documents.hashes()) == []
    assert documents.missing() == 0


def test_teachers_see_their_own_and_the_administrator_all(documents: Documents) -> None:
    documents.store_upload(io.BytesIO(PDF), "a.pdf", TEACHER)
    documents.store_upload(io.BytesIO(PDF + b"2"), "b.pdf", ADMIN)

    assert [stored.name for stored in documents.listed(TEACHER)] == ["a.pdf"]
    assert {(stored.name, stored.uploaded_by) for stored in documents.listed(ADMIN)} == {
        ("a.pdf", "Mme Durand"),
        ("b.pdf", "Claire Martin"),
    }


def test_only_its_owner_or_the_administrator_removes_a_document(documents: Documents, folder: Path) -> None:
    stored = documents.store_upload(io.BytesIO(PDF), "a.pdf", TEACHER)

    with pytest.raises(Denied):
        documents.remove(stored.sha256, OTHER)
    documents.remove(stored.sha256, ADMIN)
    assert list(folder.iterdir()) == []
    with pytest.raises(NotFound):
        documents.get(stored.sha256)


def test_a_document_that_a_favourite_needs_stays(documents: Documents, clock: HandClock) -> None:
    stored = documents.store_upload(io.BytesIO(PDF), "a.pdf", TEACHER)
    unused = documents.store_upload(io.BytesIO(PDF + b"2"), "b.pdf", TEACHER)
    favourite = Favourites(clock).add(TEACHER, "document", stored.sha256, "Fractions")

    with pytest.raises(Conflict):
        documents.remove(stored.sha256, TEACHER)
    assert documents.remove_unused(ADMIN, clock.at) == 0  # just uploaded
    assert documents.remove_unused(ADMIN, clock.at + timedelta(days=1)) == 1
    assert [document.name for document in documents.listed(ADMIN)] == ["a.pdf"]
    with pytest.raises(NotFound):
        documents.get(unused.sha256)

    assert isinstance(favourite["id"], int)
    Favourites(clock).remove(TEACHER, favourite["id"])
    documents.remove(stored.sha256, TEACHER)


def test_files_without_a_row_are_swept(documents: Documents, folder: Path) -> None:
    stored = documents.store_upload(io.BytesIO(PDF), "a.pdf", TEACHER)
    (folder / ("0" * 64)).write_bytes(b"orphan")
    (folder / ".incoming-0123").write_bytes(b"half")

    assert documents.sweep() == 2
    assert [path.name for path in folder.iterdir()] == [stored.sha256]
