"""Accounts from the command line: a one-time link, never a password."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from central.cli.admin import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, city_db: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line on an empty city, on each engine."""
    monkeypatch.setenv("DATABASE_URL", city_db)
    folder = ["--data", str(tmp_path)]

    def call(*words: str) -> tuple[int, str, str]:
        code = main([*words, *folder])
        told = capsys.readouterr()
        return code, told.out, told.err

    (tmp_path / "secrets").mkdir(mode=0o700)
    return call


def test_an_account_is_added_with_a_link_that_is_printed_alone(run: Run) -> None:
    code, out, err = run("accounts", "add", "durand", "--role", "admin", "--public-url", "https://preau.ville.fr")
    assert code == 0, err
    assert out.startswith("https://preau.ville.fr/invitation/")
    assert len(out.strip().splitlines()) == 1
    assert "7 jours" in err


def test_a_director_needs_a_school_that_exists(run: Run) -> None:
    code, _out, err = run("accounts", "add", "martin", "--role", "director", "--school", "0139999Z")
    assert (code, "--school" in err) == (1, True)


def test_a_login_is_taken_once(run: Run) -> None:
    run("accounts", "add", "durand", "--role", "admin")
    code, _out, err = run("accounts", "add", "DURAND", "--role", "erun")
    assert (code, "déjà pris" in err) == (1, True)


def test_the_list_says_who_is_there_in_json(run: Run) -> None:
    run("accounts", "add", "durand", "--role", "admin")
    listed = json.loads(run("accounts", "list", "--json")[1])["accounts"]
    assert [(one["login"], one["role"], one["active"]) for one in listed] == [("durand", "admin", True)]


def test_the_last_administrator_cannot_be_turned_off(run: Run) -> None:
    run("accounts", "add", "durand", "--role", "admin")
    assert run("accounts", "off", "durand")[0] == 1
    run("accounts", "add", "autre", "--role", "admin")
    assert run("accounts", "off", "durand")[0] == 0
    assert run("accounts", "invite", "durand")[0] == 1
