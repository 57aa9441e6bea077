"""Offline keys sign nothing that was not shown and agreed to; and where no server is, none is needed."""

import io
from pathlib import Path

import pytest

from central.cli.admin import main


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """A ring with one new key, as a server exports it."""
    city = ["--data", str(tmp_path / "city")]
    assert main(["city", "init", *city, "--root", str(tmp_path / "root.key")]) == 0
    added = ["key-add", *city, "--public", "A" * 43 + "=", "--holder", "Coffre", "--class", "destructive"]
    assert main(added) == 0
    assert main(["ring-export", *city, str(tmp_path / "ring")]) == 0
    return tmp_path / "ring"


def sign(draft: Path, typed: str, monkeypatch: pytest.MonkeyPatch, *more: str) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    return main(["ring-sign", "--root", str(draft.with_name("root.key")), str(draft), *more])


def test_a_ring_is_shown_and_signed_only_when_its_version_is_typed(
    draft: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    signed = draft.with_name("ring.signe")
    assert sign(draft, "1\n", monkeypatch) == 1
    assert sign(draft, "", monkeypatch) == 1
    assert not signed.exists()
    assert "Coffre  destructive" in capsys.readouterr().err
    assert sign(draft, "2\n", monkeypatch) == 0
    assert main(["ring-import", "--data", str(draft.with_name("city")), str(signed)]) == 0


def test_what_is_new_against_the_ring_before_is_marked(
    draft: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sign(draft, "2\n", monkeypatch) == 0
    city = ["--data", str(draft.with_name("city"))]
    assert main(["ring-import", *city, str(draft.with_name("ring.signe"))]) == 0
    assert main(["key-add", *city, "--public", "B" * 43 + "=", "--holder", "Inconnu", "--class", "destructive"]) == 0
    later = draft.with_name("later")
    assert main(["ring-export", *city, str(later)]) == 0
    capsys.readouterr()
    assert sign(later, "3\n", monkeypatch, "--before", str(draft.with_name("ring.signe"))) == 0
    new = [line for line in capsys.readouterr().err.splitlines() if line.startswith("NOUVEAU")]
    assert len(new) == 1
    assert "Inconnu" in new[0]
