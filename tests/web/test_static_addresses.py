"""Our own files have an address of their release: a second visit asks for none of them, and none is ever an old one."""

import re
from pathlib import Path

import pytest
from flask import Flask, url_for

from appliance.web.compressed import compress_static
from appliance.web.pupil.policy import WORKER_PATH
from appliance.web.static_addresses import address_static, plain_path
from tests.web.conftest import Site


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "a.js").write_text("export const a = 1;\n", encoding="utf-8")
    return tmp_path


def started(folder: Path) -> Flask:
    """As after each start of the process."""
    app = Flask(__name__, static_folder=str(folder), static_url_path="/static")
    compress_static(app)
    address_static(app)
    return app


def address_in(app: Flask) -> str:
    with app.test_request_context():
        return url_for("static", filename="js/a.js")


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_file_of_this_release_is_kept_without_asking(folder: Path, encoding: str) -> None:
    app = started(folder)
    address = address_in(app)
    assert re.fullmatch(r"/static/~[0-9a-f]{12}/js/a\.js", address)
    answer = app.test_client().get(address, headers={"Accept-Encoding": encoding})
    assert answer.status_code == 200
    assert {"immutable", "max-age=31536000"} <= set(answer.headers["Cache-Control"].split(", "))


@pytest.mark.parametrize("path", ["js/a.js", "~000000000000/js/a.js"])
def test_any_other_address_of_it_is_checked_again(folder: Path, path: str) -> None:
    answer = started(folder).test_client().get(f"/static/{path}", headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")


def test_an_upgrade_gives_every_file_another_address(folder: Path) -> None:
    before = address_in(started(folder))
    assert address_in(started(folder)) == before
    (folder / "js" / "b.js").write_text("export const b = 1;\n", encoding="utf-8")
    after = address_in(started(folder))
    assert after != before and plain_path(after) == plain_path(before) == "/static/js/a.js"


def test_what_is_not_there_is_never_kept(folder: Path) -> None:
    app = started(folder)
    answer = app.test_client().get(address_in(app).replace("a.js", "nothing.js"))
    assert answer.status_code == 404
    assert "immutable" not in answer.headers.get("Cache-Control", "")


@pytest.mark.parametrize("inside", ["../app.py", "%2e%2e/app.py", "..%2fapp.py", "js/../../app.py"])
def test_it_does_not_lead_out_of_the_folder(site: Site, inside: str) -> None:
    with site.app.test_request_context():
        release = url_for("static", filename="mark.svg").split("/")[2]
    assert site.browser().client.get(f"/static/{release}/{inside}").status_code in (400, 404)


def test_the_agents_worker_brings_its_policy_of_today(site: Site) -> None:
    with site.app.test_request_context():
        address = url_for("static", filename=WORKER_PATH.removeprefix("/static/"))
    answer = site.browser().client.get(address)
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "connect-src" in answer.headers["Content-Security-Policy"]
