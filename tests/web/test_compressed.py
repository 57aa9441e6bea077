"""Static texts travel compressed, scripts without their remarks, and a browser that has them fetches nothing."""

import gzip
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from appliance.web.compressed import compress_static, without_remarks
from tests.support.appliance import ROOT

_STATIC = ROOT / "appliance" / "web" / "static"
_GZIP = {"Accept-Encoding": "gzip, deflate"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "vendor").mkdir()
    (tmp_path / "a.js").write_text("// a remark\nexport const a = 1; // kept\n", encoding="utf-8")
    (tmp_path / "vendor" / "b.js").write_text("// a licence\n", encoding="utf-8")
    (tmp_path / "type.woff2").write_bytes(b"already small")
    return tmp_path


@pytest.fixture
def client(folder: Path) -> FlaskClient:
    app = Flask(__name__, static_folder=str(folder), static_url_path="/static")
    compress_static(app)
    return app.test_client()


def test_a_script_comes_compressed_and_without_the_remarks_on_lines_of_their_own(client: FlaskClient) -> None:
    answer = client.get("/static/a.js", headers=_GZIP)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "javascript" in answer.headers["Content-Type"]
    assert gzip.decompress(answer.data).decode() == "\nexport const a = 1; // kept\n"


def test_what_others_wrote_keeps_its_words(client: FlaskClient) -> None:
    assert gzip.decompress(client.get("/static/vendor/b.js", headers=_GZIP).data) == b"// a licence\n"


def test_a_browser_that_has_it_gets_nothing_until_the_file_changes(client: FlaskClient, folder: Path) -> None:
    tag = client.get("/static/a.js", headers=_GZIP).headers["ETag"]
    again = client.get("/static/a.js", headers={**_GZIP, "If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    (folder / "a.js").write_text("export const a = 2;\n", encoding="utf-8")
    changed = client.get("/static/a.js", headers={**_GZIP, "If-None-Match": tag})
    assert gzip.decompress(changed.data) == b"export const a = 2;\n"


@pytest.mark.parametrize("spelling", ["./a.js", "vendor/../a.js", "x1/../a.js", "x1/../x2/.././a.js", ".//a.js"])
def test_however_a_file_is_spelled_it_is_compressed_once(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, spelling: str
) -> None:
    first = client.get("/static/a.js", headers=_GZIP)
    monkeypatch.delattr(gzip, "compress")
    again = client.get(f"/static/{spelling}", headers=_GZIP, follow_redirects=True)
    assert (again.status_code, again.data) == (200, first.data)


def test_who_takes_no_gzip_gets_the_file_as_it_is(client: FlaskClient) -> None:
    answer = client.get("/static/a.js", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in answer.headers
    assert answer.data.startswith(b"// a remark")


@pytest.mark.parametrize("name", ["type.woff2", "nothing.js", "../test_compressed.py", "vendor"])
def test_fonts_folders_and_what_is_not_there_are_left_to_the_plain_view(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/static/{name}", headers=_GZIP)
    assert "Content-Encoding" not in answer.headers
    assert answer.status_code == (200 if name == "type.woff2" else 404)


def test_a_line_keeps_its_number() -> None:
    script = 'const a = "// text";\n/** What\n * it is. */\nconst b = `/* text */`;\n  // remark\nconst c = 3;\n'
    assert without_remarks(script) == 'const a = "// text";\n\n\nconst b = `/* text */`;\n\nconst c = 3;\n'


def test_no_script_of_ours_has_text_over_several_lines_in_which_a_remark_could_be_meant() -> None:
    scripts = [path for path in _STATIC.rglob("*.js") if "vendor" not in path.parts]
    assert len(scripts) > 30
    odd = [
        f"{path.name}:{number}"
        for path in scripts
        for number, line in enumerate(without_remarks(path.read_text(encoding="utf-8")).splitlines(), 1)
        if line.partition(" //")[0].count("`") % 2
    ]
    assert odd == []
