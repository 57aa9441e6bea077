"""What is refused is said in words, in the right form, and noted once."""

import ast
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from appliance.errors import Conflict, Invalid, TooMany, Unavailable
from appliance.services.people import Person
from appliance.web.texts import GENERAL, REASONS, TEXTS, reason, text_of
from tests.web.conftest import Site

SOURCE = Path(__file__).parents[2] / "appliance"
RAISED = {"Invalid", "Denied", "NotSignedIn", "NotFound", "Conflict", "TooLarge", "TooMany", "Unavailable"}
BROKERS_OWN = {"username", "username_reserved"}  # a defect of ours if ever raised: the general sentence will do


def raisings() -> Iterator[tuple[str, ast.Call]]:
    """Each place of the source that makes one of our errors."""
    for path in SOURCE.rglob("*.py"):
        calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
        for call in calls:
            if isinstance(call.func, ast.Name) and call.func.id in RAISED and call.args:
                yield path.name, call


def words(node: ast.expr) -> set[str]:
    """The literal texts of a dictionary's values, or the text itself."""
    values = node.values if isinstance(node, ast.Dict) else [node]
    return {str(one.value) for one in values if isinstance(one, ast.Constant)}


def raised_codes() -> set[tuple[str, str]]:
    return {(word, where) for where, call in raisings() for word in words(call.args[0])}


def raised_reasons() -> set[tuple[str, str]]:
    return {(word, where) for where, call in raisings() for fields in call.args[1:2] for word in words(fields)}


def test_every_code_that_can_be_raised_has_its_sentence() -> None:
    raised = raised_codes()
    assert len(raised) > 50
    assert {one for one in raised if one[0] not in {*TEXTS, *BROKERS_OWN}} == set()


def test_every_reason_of_a_field_has_its_words() -> None:
    raised = {one for one in raised_reasons() if not one[0].isdigit()}  # TooMany's second argument is a number
    assert len(raised) > 10
    assert {one for one in raised if one[0] not in REASONS} == set()


def test_sentences_have_curly_apostrophes_and_an_end() -> None:
    for text in [*TEXTS.values(), *REASONS.values(), GENERAL]:
        assert "'" not in text, text
        assert text[-1] in ".!?", text


def test_an_unknown_code_gets_a_general_sentence(site: Site) -> None:
    with site.app.test_request_context():
        general = text_of(Conflict("never-heard-of"))
        assert general.startswith("Cela n’a pas pu être fait")
        assert text_of(Conflict("login_taken")) == general  # its blank was not filled
        assert "«\u00a0durand ?\u00a0»" in text_of(Conflict("login_taken", login="durand ?"))
        assert "2\u00a0min" in text_of(TooMany("too_many_tries", 61))
        assert reason("never-heard-of")


def test_programs_get_json_and_people_get_a_page(site: Site, teacher: Person) -> None:
    client = site.browser().client
    for path, headers in [("/api/nothing", {}), ("/nothing", {"Accept": "application/json"})]:
        answer = client.get(path, headers=headers)
        assert answer.status_code == 404
        assert answer.json == {"error": {"code": "not_found", "text": TEXTS["not_found"]}}
    page = client.get("/nothing", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.status_code == 404
    assert "Page introuvable" in page.text


def test_a_wrong_method_says_which_are_right(site: Site, teacher: Person) -> None:
    browser = site.browser()
    browser.get("/sign-in")
    answer = browser.client.put("/sign-in", headers={"X-CSRFToken": browser.token})
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_a_defect_is_noted_once_and_shows_no_traceback(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    secret = "what the code was doing"

    @site.app.get("/defect")
    def defect() -> str:
        raise RuntimeError(secret)

    with caplog.at_level(logging.ERROR):
        page = site.browser().client.get("/defect")
        program = site.browser().client.get("/defect", headers={"Accept": "application/json"})
    assert page.status_code == program.status_code == 500
    assert secret not in page.text + program.text
    assert "Traceback" not in page.text + program.text
    assert len(caplog.records) == 2
    first = caplog.records[0].getMessage()
    assert first.split("reference=")[1].split()[0] in page.text


def test_what_can_be_tried_again_says_when(site: Site) -> None:
    @site.app.get("/busy")
    def busy() -> str:
        raise Unavailable("store_busy")

    answer = site.browser().client.get("/busy")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1


def test_fields_are_named_with_what_is_wrong(site: Site) -> None:
    @site.app.get("/api/form")
    def form() -> str:
        raise Invalid("bad_name", {"name": "too_long"})

    answer = site.browser().client.get("/api/form")
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["error"]["fields"] == {"name": REASONS["too_long"]}


def test_a_full_disk_is_said_as_such(site: Site) -> None:
    from appliance.store.models import database

    @site.app.get("/full")
    def full() -> str:
        database.execute_sql("PRAGMA max_page_count = 1")
        try:
            with database.atomic("IMMEDIATE"):
                database.execute_sql("CREATE TABLE filler(content)")
                database.execute_sql("INSERT INTO filler VALUES (zeroblob(9000000))")
        finally:
            database.execute_sql("PRAGMA max_page_count = 4294967294")
        return ""

    answer = site.browser().client.get("/full")
    assert answer.status_code == 503
    assert "plus de place" in answer.text


@pytest.mark.parametrize("path", ["/invitation/geheim-1234", "/t/geheim-1234"])
def test_a_link_that_fails_leaves_its_secret_out_of_the_log(
    site: Site, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    for failure in (RuntimeError("broken"), apsw.FullError("database or disk is full")):
        site.app.before_request_funcs[None] = [_failing(failure)]
        assert site.browser().client.get(path).status_code >= 500
    assert len(caplog.records) == 2
    assert path.split("/")[1] in caplog.text
    assert "geheim" not in caplog.text


def _failing(failure: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise failure

    return fail
