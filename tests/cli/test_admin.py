"""The administrator's command line, as a script uses it: beside a running appliance, and without one."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from appliance.cli.admin import main
from appliance.config import Config
from tests.support.appliance import PASSWORD, ROOT, Appliance, running_appliance, wait_for
from tests.support.console import run_admin
from tests.support.mqtt import Address, Login, Peer


class Console:
    """`admin` on a data folder with no appliance running in it."""

    def __init__(self, data_path: Path) -> None:
        self.data_path = data_path

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return run_admin("appliance", ["--data", str(self.data_path), *arguments], stdin, os.environ)

    def ask(self, *arguments: str) -> Any:
        done = self.run("--json", *arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path / "data")


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    with running_appliance(tmp_path_factory.mktemp("box")) as box:
        yield box


def enroll(box: Appliance, link: str, serial: str) -> dict[str, Any]:
    base, _, token = link.partition("/t/")
    request = {
        "token": token, "serial": serial, "manufacturer": "samsung", "model": "SM-X200", "kind": "tablet",
        "os": "Android 14", "agent": "trial/1", "capabilities": ["lock"],
    }  # fmt: skip
    answer = requests.post(f"{base}/api/devices", json=request, timeout=10)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_link_is_the_last_line_wherever_the_options_stand(console: Console) -> None:
    console.run("cart", "add", "Classe mobile A")
    for arguments in (
        ["token", "new", "--cart", "Classe mobile A", "--uses", "3", "--expires", "1d", "--base", "http://b:80"],
        ["token", "new", "--base", "http://b:80", "--expires", "90m", "--cart", "classe mobile a"],
    ):
        done = console.run(*arguments)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1].startswith("http://b:80/t/")


@pytest.mark.parametrize(
    "arguments", [["--json", "cart", "list"], ["cart", "--json", "list"], ["cart", "list", "--json"]]
)
def test_json_may_be_asked_for_anywhere_and_is_one_document(console: Console, arguments: list[str]) -> None:
    console.run("cart", "add", "Bleue")
    done = console.run(*arguments)

    assert json.loads(done.stdout) == {"carts": [{"id": 1, "name": "Bleue", "devices": 0}]}


def test_the_data_folder_may_be_named_after_the_command(console: Console) -> None:
    console.run("cart", "add", "Bleue")
    command = [sys.executable, "-m", "appliance", "admin", "cart", "list", "--data", str(console.data_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert "Bleue" in done.stdout


def test_a_person_is_invited_by_a_link_or_given_a_password(console: Console) -> None:
    invited = console.ask("user", "add", "durand", "--name", "Mme Durand", "--role", "teacher", "--base", "http://b:80")
    assert invited["invitation"].startswith("http://b:80/invitation/")
    given = console.run(
        "user",
        "add",
        "martin",
        "--name",
        "Claire Martin",
        "--role",
        "administrator",
        "--password-stdin",
        stdin=PASSWORD,
    )
    assert given.returncode == 0, given.stderr
    users = {user["login"]: user for user in console.ask("user", "list")["users"]}
    assert (users["durand"]["has_password"], users["martin"]["has_password"]) == (False, True)
    assert users["martin"]["role"] == "administrator"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["cart", "list"], 1),  # no appliance here
        (["cart", "add", "x" * 500], 1),
        (["cart", "add", "a\x07b"], 1),
        (["token", "new", "--cart", "nowhere", "--base", "http://b:80"], 1),
        (["token", "new"], 1),  # no address known
        (["token", "new", "--base", "http://b:80", "--uses", "0"], 1),
        (["token", "new", "--base", "http://b:80", "--expires", "tomorrow"], 2),
        (["token", "new", "--base", "javascript:alert(1)"], 2),
        (["user", "add", "../x", "--name", "x", "--base", "http://b:80"], 1),
        (["user", "add", "x", "--name", "x", "--role", "king"], 2),
        (["user", "add", "bob", "--name", "Bob", "--password-stdin"], 1),  # nothing on stdin
        (["restore", "nothing.preau"], 1),
        (["nonsense"], 2),
        ([], 2),
    ],
)
def test_what_is_refused_is_said_on_the_side_without_a_traceback(
    tmp_path: Path, arguments: list[str], code: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    try:
        ended: object = main(["--data", str(tmp_path / "data"), *arguments])
    except SystemExit as misused:
        ended = misused.code

    said = capsys.readouterr()
    assert ended == code
    assert said.out == ""
    assert len(said.err) > 20
    assert "Traceback" not in said.err
    assert "\x07" not in said.err


def test_a_store_that_is_none_says_what_to_do(console: Console) -> None:
    console.data_path.mkdir()
    (console.data_path / "store.db").write_bytes(b"not a database, and never was" * 100)
    done = console.run("cart", "list")

    assert done.returncode == 1
    assert "restore" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_was_saved_comes_back(console: Console, tmp_path: Path) -> None:
    console.run("cart", "add", "Bleue")
    saved = console.ask("backup", str(tmp_path / "key.preau"))
    assert saved["backup"]["file"] == str(tmp_path / "key.preau")
    console.run("cart", "add", "Rouge")

    assert console.run("restore", str(tmp_path / "key.preau")).returncode == 0

    assert [cart["name"] for cart in console.ask("cart", "list")["carts"]] == ["Bleue"]
    elsewhere = Console(tmp_path / "elsewhere")
    assert elsewhere.run("restore", str(tmp_path / "key.preau")).returncode == 0
    assert [cart["name"] for cart in elsewhere.ask("cart", "list")["carts"]] == ["Bleue"]


def test_the_console_leaves_no_runtime_folder_behind(console: Console) -> None:
    console.run("cart", "add", "Bleue")
    console.run("cart", "list")

    assert not Config(console.data_path).runtime_path.exists()


def test_a_revoked_device_is_cut_off_at_once_and_the_others_stay(box: Appliance) -> None:
    link = box.new_link()
    thief, other = enroll(box, link, "R1"), enroll(box, link, "R2")
    address = Address(port=box.mqtt_port)
    with (
        Peer(address, Login(thief["id"], thief["mqtt"]["password"])) as lost,
        Peer(address, Login(other["id"], other["mqtt"]["password"])) as kept,
    ):
        devices = {
            device["id"]: device for device in json.loads(box.admin("--json", "device", "list").stdout)["devices"]
        }
        assert set(devices) >= {thief["id"], other["id"]}

        done = box.admin("device", "revoke", thief["id"])

        assert done.returncode == 0, done.stderr
        wait_for(lambda: not lost.is_connected, 5, "the revoked device is cut off")
        assert kept.is_connected
    again = Peer(address, Login(thief["id"], thief["mqtt"]["password"]))
    assert again.connect() != 0
    again.close()
    listed = json.loads(box.admin("device", "list", "--json").stdout)["devices"]
    assert thief["id"] not in [device["id"] for device in listed]


def test_beside_a_running_appliance_everything_works_but_restoring(box: Appliance, tmp_path: Path) -> None:
    box.add_user("durand")
    assert box.browser("durand").get("/").status_code == 200
    link = box.new_link("Classe mobile B")
    assert link.startswith(f"{box.url}/t/")
    token = json.loads(box.admin("token", "list", "--json").stdout)["tokens"][0]
    assert box.admin("token", "revoke", str(token["id"])).returncode == 0
    refused = requests.post(
        f"{box.url}/api/devices", json={"token": link.rsplit("/", 1)[-1], "serial": "R9"}, timeout=10
    )
    assert refused.status_code in (401, 422)

    saved = box.admin("backup", str(tmp_path / "x.preau"))
    assert saved.returncode == 0, saved.stderr
    restored = box.admin("restore", str(tmp_path / "x.preau"))
    assert restored.returncode == 1
    assert "arrêtez-le" in restored.stderr
    assert requests.get(f"{box.url}/api/time", timeout=5).status_code == 200


def test_the_running_appliance_says_that_it_is_well(box: Appliance) -> None:
    def is_up() -> bool:
        answer = requests.get(f"{box.url}/api/health", timeout=5)
        return (answer.status_code, answer.json()) == (200, {"state": "up"})

    wait_for(is_up, 10, "the appliance is up")


def test_numbers_out_of_range_are_said_once(console: Console) -> None:
    done = console.run("token", "new", "--uses", "0", "--base", "http://preau.local")
    assert (done.returncode, done.stderr) == (1, "préau : Un lien sert entre 1 et 1000 fois.\n")


def test_a_backup_overwrites_no_file_and_names_a_folder_that_is_not_there(console: Console, tmp_path: Path) -> None:
    console.ask("cart", "add", "A")
    precious = tmp_path / "x.preau"
    precious.write_bytes(b"good")
    taken, nowhere = console.run("backup", str(precious)), console.run("backup", str(tmp_path / "nowhere" / "x.preau"))
    assert (taken.returncode, nowhere.returncode) == (1, 1)
    assert precious.read_bytes() == b"good"
    assert f"{precious} existe déjà" in taken.stderr
    assert f"{tmp_path / 'nowhere'} n’existe pas" in nowhere.stderr
