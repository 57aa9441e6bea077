"""The pupil's page as an app: a manifest that browsers take, and a shell that is whole."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from appliance.web.pupil.installing import shell_files
from appliance.web.static_addresses import plain_path
from tests.web.conftest import Site


@pytest.fixture
def manifest(site: Site) -> dict[str, Any]:
    answer = site.browser().client.get("/pupil/manifest.webmanifest")
    assert (answer.status_code, answer.mimetype) == (200, "application/manifest+json")
    found: dict[str, Any] = json.loads(answer.data)
    return found


def shell_of(site: Site) -> dict[str, Any]:
    answer = site.browser().client.get("/pupil/worker.js")
    assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
    assert answer.headers["Service-Worker-Allowed"] == "/pupil"
    found = re.search(r"^const SHELL = (\{.*\});$", answer.text, re.MULTILINE)
    assert found is not None
    shell: dict[str, Any] = json.loads(found[1])
    return shell


def test_the_manifest_has_what_browsers_want_to_install_a_page(site: Site, manifest: dict[str, Any]) -> None:
    assert manifest["start_url"] == manifest["scope"] == "/pupil"
    assert manifest["display"] == "standalone"
    assert manifest["short_name"] == "Préau"
    sizes = {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]}
    assert {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")} <= sizes


def test_every_icon_is_there_in_the_size_that_it_claims(site: Site, manifest: dict[str, Any]) -> None:
    for icon in manifest["icons"]:
        answer = site.browser().client.get(icon["src"])
        assert (answer.status_code, answer.mimetype) == (200, icon["type"])
        if icon["type"] == "image/png":
            width, height = (int.from_bytes(answer.data[at : at + 4], "big") for at in (16, 20))
            assert f"{width}x{height}" == icon["sizes"]


def test_the_manifest_speaks_the_readers_language(site: Site) -> None:
    names = {
        language: json.loads(
            site.browser().client.get("/pupil/manifest.webmanifest", headers={"Accept-Language": language}).data
        )["name"]
        for language in ("fr", "en")
    }
    assert len(set(names.values())) == 2


def test_the_shell_is_there_to_the_last_file(site: Site) -> None:
    client = site.browser().client
    shell = shell_of(site)
    assert shell["page"] == "/pupil"
    assert len(shell["files"]) > 40
    for url in [shell["page"], *shell["files"]]:
        assert client.get(url).status_code == 200, url


def test_all_that_the_page_loads_at_its_start_is_in_the_shell(site: Site) -> None:
    """Else it would not start without the appliance: links and scripts of the page, and what modules import."""
    client = site.browser().client
    files = set(shell_of(site)["files"])
    page = client.get("/pupil").text
    linked = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page))
    assert {plain_path(one) for one in linked - files} <= {"/static/icons/icon-touch-180.png"}
    plain = {plain_path(one) for one in files}
    static = Path(str(site.app.static_folder))
    for name in (name for name in shell_files(static) if name.endswith(".js") and not name.startswith("vendor/")):
        source = (static / name).read_text(encoding="utf-8")
        for target in re.findall(r'^(?:import|export) (?:[^"]* from )?"(\.[^"]+)"', source, re.MULTILINE):
            wanted = (static / name).parent.joinpath(target).resolve().relative_to(static.resolve())
            assert f"/static/{wanted}" in plain, (name, target)


def test_the_shell_has_another_version_as_soon_as_a_file_differs(site: Site, tmp_path: Path) -> None:
    first = shell_of(site)["version"]
    assert shell_of(site)["version"] == first
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "theme.js").write_text("1")
    site.app.static_folder = str(tmp_path)
    second = shell_of(site)["version"]
    (tmp_path / "js" / "theme.js").write_text("12")
    assert len({first, second, shell_of(site)["version"]}) == 3


def test_the_shell_holds_nothing_of_a_lesson(site: Site) -> None:
    files = shell_of(site)["files"]
    assert all(url.startswith("/static/") for url in files)
    assert not any(word in url for url in files for word in ("document", "admin", "board", "sign-in"))
