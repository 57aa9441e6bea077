"""A box dies. A blank one takes its place by a code: people, carts and tablets are back, and no tablet is touched."""

import json
import sqlite3
from pathlib import Path
from typing import Any

from appliance.config import Config
from appliance.store.models import database
from tests.cli.test_admin import enroll
from tests.support.appliance import Appliance, wait_for
from tests.support.central import Central
from tests.support.mqtt import Address, Login, Peer
from tests.support.ports import free_ports
from tests.uplink.hand_box import asked


def new_appliance(folder: Path) -> Appliance:
    folder.mkdir()
    http, mqtt, websocket = free_ports(3)
    return Appliance(folder / "data", http, mqtt, websocket, folder / "log", ("--city-pace", "0.002"))


def claim(box: Appliance, city: Central, code: str) -> None:
    done = box.admin("city-claim", code, "--address", city.url.removeprefix("https://"), "--wait", "1")
    assert done.returncode == 0, done.stderr
    wait_for(lambda: status(box)["joined"], 40, "the box has joined")


_WAITING = "SELECT count(*) FROM outbox_record r JOIN outbox_lane l USING (lane) WHERE r.seq > l.acknowledged"


def status(box: Appliance) -> dict[str, Any]:
    """From its store: a command for each look would take longer than what is looked for."""
    left = {path.name for path in Config(box.data_path).city_path.glob("*.json")}
    if left & {"request.json", "answer.json"}:
        return {"joined": False}
    connection = sqlite3.connect(f"file:{box.data_path / 'store.db'}?mode=ro", uri=True, timeout=10)
    try:
        appliance, uai, trouble = connection.execute("SELECT appliance, uai, trouble FROM city_link").fetchone()
        waiting = connection.execute(_WAITING).fetchone()[0]
    finally:
        connection.close()
    return {"joined": True, "appliance": appliance, "uai": uai, "trouble": trouble, "waiting": waiting}


def connects(box: Appliance, device: dict[str, Any]) -> bool:
    with Peer(Address(port=box.mqtt_port), Login(device["id"], device["mqtt"]["password"])) as peer:
        peer.subscribe(f"devices/{device['id']}/desired")
        return bool(peer.wait(lambda: peer.messages or None, "its desired state"))


def test_a_blank_box_takes_the_place_of_a_dead_one(city: Central, uai: str, tmp_path: Path) -> None:
    dead, blank = new_appliance(tmp_path / "dead"), new_appliance(tmp_path / "blank")
    dead.start()
    try:
        claim(dead, city, city.claim_code(uai))
        old = status(dead)["appliance"]
        dead.add_user("durand")
        device = enroll(dead, dead.new_link(), "R1")
        assert connects(dead, device)
        wait_for(lambda: asked(city, "SELECT 1 FROM device WHERE school_id = ?", uai), 20, "the city knows the tablet")
        make_daily_backup(dead)
        wait_for(lambda: asked(city, "SELECT 1 FROM snapshot WHERE school_id = ?", uai), 40, "the city keeps a backup")
    finally:
        dead.stop()
    blank.start()
    try:
        pid = blank.process.pid if blank.process else 0
        claim(blank, city, city.claim_code(uai, old))
        told = status(blank)
        assert told["appliance"] != old and told["uai"] == uai
        wait_for(lambda: status(blank)["waiting"] == 0, 20, "the city knows all of it")
        wait_for(lambda: blank.log().count("Ctrl-C") == 2, 20, "it serves again")
        assert blank.process is not None and blank.process.pid == pid and blank.process.poll() is None
        assert connects(blank, device), "the tablet's credentials are the old ones"
        assert blank.browser("durand").get("/").status_code == 200
        carts = json.loads(blank.admin("cart", "list", "--json").stdout)["carts"]
        assert [cart["name"] for cart in carts] == ["Classe mobile A"]
        left = {path.name for path in Config(blank.data_path).city_path.iterdir()}
        assert not left & {"snapshot.preau", "restore.json", "restored.json", "answer.json", "request.json"}
    finally:
        blank.stop()
    rows = asked(city, "SELECT id, standing FROM appliance WHERE school_id = ?", uai)
    standings = {str(row[0]): str(row[1]) for row in rows}
    assert standings == {old: "replaced", told["appliance"]: "active"}
    says_that_it_was_replaced(dead)


def says_that_it_was_replaced(dead: Appliance) -> None:
    """It was not dead after all: it hears that it has no place any more, and says so."""
    dead.start()
    try:
        wait_for(lambda: status(dead)["trouble"] == "replaced", 30, "it says why nothing is sent")
        assert "Un autre boîtier" in dead.admin("city-status").stdout
    finally:
        dead.stop()


def make_daily_backup(box: Appliance) -> None:
    """Upkeep makes it two minutes after the start: here it is made now, by the same hand."""
    from appliance.bootstrap import build_services, open_databases

    config = Config(box.data_path)
    open_databases(config)
    services = build_services(config)
    with database.connection_context():
        assert services.backups.automatic(services.clock.now()) is not None
