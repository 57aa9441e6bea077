"""`./run simulate --agent webview-kiosk` with what the administration shows, and nothing else."""

import re
import subprocess
import sys

from tests.agents.plant import Plant
from tests.support.appliance import ROOT, wait_for


def test_the_address_shown_for_a_tablet_is_all_that_the_simulator_needs(plant: Plant) -> None:
    page = plant.head.post_form("/admin/agents", {"profile": "owner"}).text
    link = re.search(r"http://[^<]+/kiosk/[a-z0-9]{8}", page)
    device = re.search(r"/admin/agents/(d-[a-z0-9]+)/checks", page)
    assert link is not None and device is not None
    command = [sys.executable, "-m", "simulator", "--agent", "webview-kiosk", "--setup", link[0], "--for", "60"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        states = wait_for(lambda: all_good(plant, device[1]), 30, "everything but the page is good")
    finally:
        process.terminate()
        said, _ = process.communicate(timeout=20)
    assert states["page"] == "waiting", "the simulator is the agent, not the page"
    assert "1 tablettes Webview Kiosk simulées en marche" in said
    assert "Traceback" not in said


def all_good(plant: Plant, device_id: str) -> dict[str, str]:
    """Empty until then."""
    checks = plant.head.get(f"/admin/agents/{device_id}/checks").json()["checks"]
    states = {one["name"]: one["state"] for one in checks}
    return states if {state for name, state in states.items() if name != "page"} == {"good"} else {}
