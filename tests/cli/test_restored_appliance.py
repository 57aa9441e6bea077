"""A school that comes back from a backup: the same devices, nobody held, versions that only grow."""

import json
from pathlib import Path
from typing import Any

from tests.cli.test_admin import enroll
from tests.support.appliance import Appliance, running_appliance
from tests.support.mqtt import Address, Login, Peer


def desired(box: Appliance, device: dict[str, Any], above: int = 0) -> dict[str, Any]:
    """The first desired state with a version above `above` that this device is shown."""
    with Peer(Address(port=box.mqtt_port), Login(device["id"], device["mqtt"]["password"])) as peer:
        peer.subscribe(f"devices/{device['id']}/desired")

        def look() -> dict[str, Any] | None:
            found = [json.loads(message.payload) for message in peer.messages]
            return next((one for one in found if one["version"] > above), None)

        return peer.wait(look, "a desired state")


def test_a_restored_appliance_frees_its_devices_and_goes_on_above_every_version(tmp_path: Path) -> None:
    with running_appliance(tmp_path) as box:
        box.add_user("durand")
        device = enroll(box, box.new_link(), "R1")
        browser = box.browser("durand")
        lesson = browser.start_lesson([device["id"]])
        assert browser.gesture(lesson, "eyes_up", "0190a000-0000-7000-8000-000000000001", args={"message": "Hop"}).ok
        saved = box.admin("backup", str(tmp_path / "x.preau"))
        assert saved.returncode == 0, saved.stderr
        assert browser.gesture(lesson, "eyes_free", "0190a000-0000-7000-8000-000000000002", args={}).ok
        before = desired(box, device)
        box.stop()

        restored = box.admin("restore", str(tmp_path / "x.preau"))

        assert restored.returncode == 0, restored.stderr
        box.start()
        after = desired(box, device, above=before["version"])  # the old password still opens
        assert after["restrictions"]["lock"] is None
        assert after["lesson"] is None
        assert after["version"] > before["version"]
        assert browser.get("/").url.endswith("/sign-in") or "password" in browser.get("/").text
        assert box.browser("durand").get("/").status_code == 200
