"""`admin --central`: what scripts of the city do, on both engines, beside a server or without one."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from central.store.database import open_database
from central.store.models import ClaimTicket, database
from protocol.uplink_claim import read_code, secret_text
from protocol.uplink_door import parse_claim_file
from tests.support.appliance import ROOT
from tests.support.central import uai_of
from tests.support.console import run_admin

UAI = uai_of(1)


class Admin:
    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self._environment = {**os.environ, "DATABASE_URL": url}

    def __call__(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return run_admin("central", ["--data", str(self.folder / "city"), *arguments], stdin, self._environment)

    def from_nothing(self, *arguments: str) -> str:
        """As a script starts it."""
        command = [sys.executable, "-m", "central", "admin", "--data", str(self.folder / "city"), *arguments]
        return subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True, env=self._environment
        ).stdout

    def done(self, *arguments: str, stdin: str = "") -> str:
        answer = self(*arguments, stdin=stdin)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout.strip()

    def refused(self, *arguments: str) -> str:
        answer = self(*arguments)
        assert answer.returncode == 1, answer.stdout
        assert answer.stderr.startswith("préau : ")
        assert "Traceback" not in answer.stderr
        return answer.stderr


@pytest.fixture
def admin(city_db: str, tmp_path: Path) -> Admin:
    """Of a city that was just begun. On PostgreSQL in a database that the fixture has emptied."""
    admin = Admin(tmp_path, city_db)
    admin.done("city", "init", "--root", str(tmp_path / "root.key"), "--city", "Marseille")
    return admin


def test_a_script_makes_schools_and_their_codes_and_reads_them_back(admin: Admin, tmp_path: Path, city_db: str) -> None:
    admin.done("schools", "add", UAI, "École des Tilleuls", "--group", "Nord")
    schools = json.loads(admin.from_nothing("schools", "list", "--json"))["schools"]
    assert [(one["uai"], one["name"], one["group"], one["appliances"]) for one in schools] == [
        (UAI, "École des Tilleuls", "Nord", [])
    ]
    file = tmp_path / "ville.preau.json"
    code = admin.done("claim-code", UAI.lower(), "--file", str(file), "--uplink-name", "ville.example").splitlines()[-1]
    given = parse_claim_file(file.read_bytes())
    assert (given.code, given.address) == (code, "ville.example:8443")
    assert given.authority == (admin.folder / "city/secrets/authority.pem").read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(admin.done("appliances", "list", "--json")) == {"appliances": []}
    if not city_db:
        open_database("", admin.folder / "city/city.db")
    with database.connection_context():
        kept = [row.secret_hash for row in ClaimTicket.select()]
    assert len(kept) == 1
    assert secret_text(read_code(code)) not in kept


def test_refusals_are_sentences_in_french(admin: Admin, tmp_path: Path) -> None:
    assert "sept chiffres et la lettre" in admin.refused("schools", "add", "0130001A", "École")
    assert f"Aucune école {UAI}" in admin.refused("claim-code", UAI)
    admin.done("schools", "add", UAI, "École")
    assert "existe déjà" in admin.refused("schools", "add", UAI, "École")
    assert "pas de cette école" in admin.refused("claim-code", UAI, "--replaces", "a-nobody")
    assert "Aucun boîtier" in admin.refused("appliance", "revoke", "a-nobody")
    assert "n’en connaissent qu’une" in admin.refused("city", "init", "--root", str(tmp_path / "other.key"))


def test_a_hostile_name_does_not_drive_the_terminal(admin: Admin) -> None:
    assert "\x1b" not in admin.refused("claim-code", "\x1b[31m0130001F")


def test_the_root_is_kept_apart_with_its_passphrase_and_read_again(tmp_path: Path) -> None:
    """A city is begun once; the same root again changes nothing, and none is ever written over."""
    admin, root = Admin(tmp_path, ""), tmp_path / "root.key"
    first = json.loads(
        admin.done("city", "init", "--root", str(root), "--passphrase-stdin", "--json", stdin="une phrase\n")
    )
    raw = root.read_bytes()
    assert b"ENCRYPTED" in raw
    assert stat.S_IMODE(root.stat().st_mode) == 0o600
    again = admin.done("city", "init", "--root", str(root), "--passphrase-stdin", "--json", stdin="une phrase\n")
    assert json.loads(again) == first
    assert "phrase secrète est fausse" in admin.refused("city", "init", "--root", str(root))
    assert root.read_bytes() == raw


def test_a_folder_without_a_city_is_said_and_nothing_is_made_there(tmp_path: Path) -> None:
    assert "city init" in Admin(tmp_path, "").refused("schools", "list")
    assert not (tmp_path / "city").exists()


def test_a_database_that_does_not_answer_is_said(tmp_path: Path) -> None:
    (tmp_path / "city/secrets").mkdir(parents=True)
    said = Admin(tmp_path, "postgresql://postgres@127.0.0.1:9/city").refused("schools", "list")
    assert "DATABASE_URL" in said
