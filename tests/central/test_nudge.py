"""The console's word to the desk: it wakes at once, and nothing depends on it."""

import threading
import time
from pathlib import Path

from central.domain.roles import Role
from central.nudge import NudgeReceiver, NudgeSender
from tests.central.web.conftest import Site, config, site  # noqa: F401 - fixtures

_LONG = 20.0


def test_who_waits_is_woken_and_many_words_are_one(tmp_path: Path) -> None:
    desk, console = NudgeReceiver(tmp_path), NudgeSender(tmp_path)
    for _ in range(3):
        console.send()
    assert desk.wait(_LONG) and not desk.wait(0)
    began = time.monotonic()
    threading.Timer(0.05, console.send).start()
    assert desk.wait(_LONG) and time.monotonic() - began < _LONG / 2
    desk.close()
    console.send()  # nobody is there any more
    again = NudgeReceiver(tmp_path)  # what the one before has left is replaced
    console.send()
    assert again.wait(_LONG)
    again.close()


def test_a_folder_whose_name_is_too_long_for_a_socket_only_costs_the_haste(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    desk = NudgeReceiver(folder)
    NudgeSender(folder).send()
    assert not desk.wait(0)
    desk.close()


def test_what_a_person_has_done_is_told_and_what_was_refused_is_not(site: Site) -> None:  # noqa: F811 - a fixture
    folder = site.services.config.runtime_path
    folder.mkdir(parents=True)
    desk = NudgeReceiver(folder)
    site.add("dsi", Role.ADMINISTRATOR)
    browser = site.browser()
    assert browser.sign_in("dsi", "pas le bon").status_code == 401
    assert not desk.wait(0)
    assert browser.sign_in("dsi").status_code == 303
    assert desk.wait(0)
    desk.close()
