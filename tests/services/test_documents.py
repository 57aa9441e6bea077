import hashlib
import io
import threading
import zipfile
from pathlib import Path

import pytest

from appliance.cache.documents import DocumentFiles
from appliance.domain.people import Actor, Role
from appliance.errors import Conflict, Denied, Invalid, NotFound, TooLarge
from appliance.services.documents import Documents
from appliance.services.favourites import Favourites
from appliance.store.models import Document, User, database
from tests.services.school import ADMIN, AT, TEACHER, add_people, deeds
from tests.support.documents import store_upload
from tests.support.store import HandClock

PDF = b"%PDF-1.7\n" + b"x" * 5000
OTHER = Actor(3, "M. Petit", Role.TEACHER)


@pytest.fixture
def folder(store: Path) -> Path:
    add_people()
    User.create(id=OTHER.user_id, login="petit", name=OTHER.name, role=OTHER.role, created_at=AT)
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
    stored = store_upload(documents, io.BytesIO(PDF), "../Fractions n° 3.pdf", TEACHER)

    assert (stored.name, stored.mime, stored.size) == ("Fractions n° 3.pdf", "application/pdf", len(PDF))
    assert stored.sha256 == hashlib.sha256(PDF).hexdigest()
    assert documents.path_of(stored.sha256).read_bytes() == PDF
    assert documents.get(stored.sha256) == stored
    assert deeds() == [("user:2", "document.add", f"document:{stored.sha256[:12]}")]


def test_the_same_content_twice_is_one_document(documents: Documents, folder: Path) -> None:
    first = store_upload(documents, io.BytesIO(PDF), "a.pdf", TEACHER)
    second = store_upload(documents, io.BytesIO(PDF), "b.pdf", TEACHER)

    assert second == first
    assert len(list(folder.iterdir())) == 1
    assert len(deeds()) == 1


def test_two_teachers_with_the_same_worksheet_each_have_it_under_their_own_name(
    documents: Documents, folder: Path, clock: HandClock
) -> None:
    store_upload(documents, io.BytesIO(PDF), "a.pdf", TEACHER)
    clock.pass_by(days=1)
    second = store_upload(documents, io.BytesIO(PDF), "b.pdf", OTHER)

    assert (second.name, second.uploaded_at) == ("b.pdf", clock.at)
    assert [(one.name, one.uploaded_by) for one in documents.listed(TEACHER)] == [("a.pdf", "Mme Durand")]
    assert [(one.name, one.uploaded_by) for one in documents.listed(OTHER)] == [("b.pdf", "M. Petit")]
    assert [one.uploaded_by for one in documents.listed(ADMIN)] == ["Mme Durand, M. Petit"]
    assert len(list(folder.iterdir())) == 1


def test_a_shared_document_goes_with_its_last_owner(documents: Documents, folder: Path, clock: HandClock) -> None:
    stored = store_upload(documents, io.BytesIO(PDF), "a.pdf", TEACHER)
    store_upload(documents, io.BytesIO(PDF), "b.pdf", OTHER)
    favourite = Favourites(clock).add(TEACHER, "document", stored.sha256, "Fractions")

    with pytest.raises(Conflict):
        documents.remove(stored.sha256, TEACHER)
    documents.remove(stored.sha256, OTHER)
    assert documents.listed(OTHER) == []
    with pytest.raises(Denied):
        documents.remove(stored.sha256, OTHER)
    assert documents.path_of(stored.sha256).read_bytes() == PDF

    assert isinstance(favourite["id"], int)
    Favourites(clock).remove(TEACHER, favourite["id"])
    documents.remove(stored.sha256, TEACHER)
    assert list(folder.iterdir()) == []


def test_an_administrator_removes_a_document_for_all_its_owners(documents: Documents, folder: Path) -> None:
    stored = store_upload(documents, io.BytesIO(PDF), "a.pdf", TEACHER)
    store_upload(documents, io.BytesIO(PDF), "b.pdf", OTHER)
    documents.remove(stored.sha256, ADMIN)

    assert documents.listed(TEACHER) == documents.listed(OTHER) == []
    assert list(folder.iterdir()) == []


class Colleague:
    """Gives the same content again in the very moment in which a file is about to be taken away."""

    def __init__(self, documents: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
        self._documents = documents
        self._thread = threading.Thread(target=self._give)
        self._done = threading.Event()
        remove = DocumentFiles.remove

        def meet(files: DocumentFiles, sha256: str) -> None:
            self._thread.start()
            self._done.wait(1)  # all the time that it can use, if nothing holds it back
            remove(files, sha256)

        monkeypatch.setattr(DocumentFiles, "remove", meet)

    def _give(self) -> None:
        with database.connection_context():
            store_upload(self._documents, io.BytesIO(PDF), "b.pdf", OTHER)
        self._done.set()

    def join(self) -> None:
        self._thread.join(30)
        assert self._done.is_set()


def test_a_document_given_again_while_it_is_removed_keeps_its_file(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = store_upload(documents, io.BytesIO(PDF), "a.pdf", TEACHER)
    colleague = Colleague(documents, monkeypatch)

    documents.remove(stored.sha256, TEACHER)
    colleague.join()

    assert documents.path_of(stored.sha256).read_bytes() == PDF


def test_a_document_given_again_while_the_scrub_puts_it_away_keeps_its_file(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = store_upload(documents, io.BytesIO(PDF), "a.pdf", TEACHER)
    documents.path_of(stored.sha256).write_bytes(PDF[:-1] + b"!")
    colleague = Colleague(documents, monkeypatch)

    documents.scrub([stored.sha256])
    colleague.join()

    assert documents.path_of(stored.sha256).read_bytes() == PDF


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
        store_upload(documents, io.BytesIO(content), name, TEACHER)

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
    assert store_upload(documents, io.BytesIO(content), name, TEACHER).mime == mime


def test_a_document_over_the_limit_leaves_nothing(documents: Documents, folder: Path) -> None:
    with pytest.raises(TooLarge):
        store_upload(documents, io.BytesIO(PDF + b"x" * 1_000_000), "a.pdf", TEACHER)

    assert list(folder.iterdir()) == []


def test_a_file_that_was_replaced_on_disk_is_found_by_the_scrub_and_never_served(documents: Documents) -> None:
    stored = store_upload(documents, io.BytesIO(PDF), "a.pdf", TEACHER)
    documents.path_of(stored.sha256).write_bytes(PDF[:-1] + b"!")

    assert documents.scrub(documents.hashes()) == [stored.sha256]
    assert documents.missing() == 1
    assert deeds()[-1] == ("appliance", "document.damaged", f"document:{stored.sha256[:12]}")
    with pytest.raises(NotFound):
        documents.path_of(stored.sha256)

    store_upload(documents, io.BytesIO(PDF), "a.pdf", TEACHER)
    assert documents.scrub(documents.hashes()) == []
    assert documents.missing() == 0


def test_teachers_see_their_own_and_the_administrator_all(documents: Documents) -> None:
    store_upload(documents, io.BytesIO(PDF), "a.pdf", TEACHER)
    store_upload(documents, io.BytesIO(PDF + b"2"), "b.pdf", ADMIN)

    assert [stored.name for stored in documents.listed(TEACHER)] == ["a.pdf"]
    assert {(stored.name, stored.uploaded_by) for stored in documents.listed(ADMIN)} == {
        ("a.pdf", "Mme Durand"),
        ("b.pdf", "Claire Martin"),
    }


def test_only_its_owner_or_the_administrator_removes_a_document(documents: Documents, folder: Path) -> None:
    stored = store_upload(documents, io.BytesIO(PDF), "a.pdf", TEACHER)

    with pytest.raises(Denied):
        documents.remove(stored.sha256, OTHER)
    documents.remove(stored.sha256, ADMIN)
    assert list(folder.iterdir()) == []
    with pytest.raises(NotFound):
        documents.get(stored.sha256)


def test_a_document_that_a_favourite_needs_stays(documents: Documents, clock: HandClock) -> None:
    stored = store_upload(documents, io.BytesIO(PDF), "a.pdf", TEACHER)
    favourite = Favourites(clock).add(TEACHER, "document", stored.sha256, "Fractions")

    with pytest.raises(Conflict):
        documents.remove(stored.sha256, TEACHER)
    assert isinstance(favourite["id"], int)
    Favourites(clock).remove(TEACHER, favourite["id"])
    documents.remove(stored.sha256, TEACHER)


def test_files_without_a_row_are_swept(documents: Documents, folder: Path) -> None:
    stored = store_upload(documents, io.BytesIO(PDF), "a.pdf", TEACHER)
    (folder / ("0" * 64)).write_bytes(b"orphan")
    (folder / ".incoming-0123").write_bytes(b"half")

    assert documents.sweep() == 2
    assert [path.name for path in folder.iterdir()] == [stored.sha256]
