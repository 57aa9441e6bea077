"""Documents from a teacher's browser: given, looked at, removed; and everything that is refused."""

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from appliance.config import Config
from appliance.services.people import Person
from appliance.store.models import Document
from tests.web.conftest import Browser, Site

PDF = b"%PDF-1.7\n" + b"x" * 2000
SHA256 = hashlib.sha256(PDF).hexdigest()
JSON = {"Accept": "application/json"}


@pytest.fixture
def browser(site: Site, teacher: Person) -> Browser:
    browser = site.browser()
    browser.sign_in("durand")
    browser.get("/documents")
    return browser


def give(browser: Browser, content: bytes, name: str = "Fractions.pdf", **rest: Any) -> TestResponse:
    headers = {"X-CSRFToken": browser.token, **JSON, **rest.pop("headers", {})}
    return browser.client.post("/documents", data={"file": (io.BytesIO(content), name)}, headers=headers, **rest)


def files(config: Config) -> list[Path]:
    return list(config.documents_path.iterdir())


def test_a_program_gives_a_document_and_learns_its_hash(browser: Browser, config: Config) -> None:
    answer = give(browser, PDF)

    assert answer.status_code == 201
    assert answer.json == {
        "document": {"sha256": SHA256, "name": "Fractions.pdf", "mime": "application/pdf", "size": len(PDF)}
    }
    assert [path.name for path in files(config)] == [SHA256]


def test_who_does_not_say_what_they_want_gets_json(browser: Browser) -> None:
    assert give(browser, PDF, headers={"Accept": "*/*"}).status_code == 201


def test_a_form_without_scripts_comes_back_to_the_page(browser: Browser) -> None:
    form = {"csrf_token": browser.token, "file": (io.BytesIO(PDF), "Fractions.pdf")}
    answer = browser.client.post("/documents", data=form, headers={"Accept": "text/html,*/*;q=0.8"})

    assert answer.location == "/documents"
    assert "Fractions.pdf" in browser.get("/documents").text


def test_an_accented_name_arrives_whole(browser: Browser) -> None:
    answer = give(browser, PDF, "Leçon d’été n° 3.pdf")

    assert answer.json is not None
    assert answer.json["document"]["name"] == "Leçon d’été n° 3.pdf"


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"MZ\x90\x00" + b"x" * 100, "jeu.pdf", "document_executable"),
        (b"<html></html>", "page.txt", "document_web_page"),
        (b"", "vide.pdf", "document_empty"),
        (b"PK\x03\x04" + b"x" * 50, "archive.docx", "document_damaged"),
    ],
)
def test_what_is_refused_says_why_in_words_and_leaves_nothing(
    browser: Browser, config: Config, content: bytes, name: str, code: str
) -> None:
    answer = give(browser, content, name)

    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["error"]["code"] == code
    assert len(answer.json["error"]["text"]) > 20
    assert files(config) == []


def test_nothing_is_read_from_strangers_or_without_the_token(site: Site, browser: Browser, config: Config) -> None:
    stranger = site.browser()
    stranger.get("/sign-in")
    assert give(stranger, PDF).status_code == 401

    browser.token = "forged"
    assert give(browser, PDF).status_code == 403
    form = {"csrf_token": "forged", "file": (io.BytesIO(PDF), "a.pdf")}
    assert browser.client.post("/documents", data=form).status_code == 403
    assert files(config) == []
    assert Document.select().count() == 0


def test_an_upload_that_is_cut_half_way_leaves_nothing(browser: Browser, config: Config) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n' + PDF
    answer = browser.client.post(
        "/documents",
        input_stream=io.BytesIO(body),
        environ_overrides={"CONTENT_LENGTH": str(len(body) + 10_000)},
        content_type="multipart/form-data; boundary=b",
        headers={"X-CSRFToken": browser.token, **JSON},
    )

    assert 400 <= answer.status_code < 500
    assert files(config) == []


def test_a_body_over_the_limit_is_refused_before_it_is_read(browser: Browser, config: Config) -> None:
    answer = browser.client.post(
        "/documents",
        input_stream=io.BytesIO(b""),
        environ_overrides={"CONTENT_LENGTH": "300000000"},
        content_type="multipart/form-data; boundary=b",
        headers={"X-CSRFToken": browser.token, **JSON},
    )

    assert answer.status_code == 413
    assert files(config) == []


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data", ""])
def test_what_is_no_form_with_a_file_is_refused(browser: Browser, content_type: str) -> None:
    answer = browser.client.post(
        "/documents", data=b"{}", content_type=content_type, headers={"X-CSRFToken": browser.token, **JSON}
    )

    assert answer.status_code == 422


def test_two_files_at_once_are_refused(browser: Browser, config: Config) -> None:
    form = {"file": [(io.BytesIO(PDF), "a.pdf"), (io.BytesIO(PDF), "b.pdf")]}
    answer = browser.client.post("/documents", data=form, headers={"X-CSRFToken": browser.token, **JSON})

    assert answer.status_code == 422
    assert files(config) == []


def test_a_pdf_is_shown_and_other_files_are_saved(browser: Browser) -> None:
    give(browser, PDF)
    text = give(browser, b"Bonjour", "Texte.txt").json
    assert text is not None

    shown = browser.get(f"/documents/{SHA256}/view")
    assert shown.data == PDF
    assert shown.headers["Content-Disposition"].startswith("inline")
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    saved = browser.get(f"/documents/{text['document']['sha256']}/view")
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in saved.headers["Content-Security-Policy"]
    assert saved.headers["X-Content-Type-Options"] == "nosniff"


def test_a_document_is_removed_by_its_owner(browser: Browser, site: Site, config: Config) -> None:
    give(browser, PDF)
    site.add("petit")
    other = site.browser()
    other.sign_in("petit")
    other.get("/documents")
    assert other.post(f"/documents/{SHA256}/remove").status_code == 403

    assert browser.post(f"/documents/{SHA256}/remove").status_code == 303
    assert files(config) == []
    assert browser.get(f"/documents/{SHA256}/view").status_code == 404
