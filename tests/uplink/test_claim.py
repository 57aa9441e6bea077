"""Joining a city, cut anywhere: an identity is whole or there is none, and whoever comes back goes on."""

import json
import os
import signal
import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from appliance.domain.people import CONSOLE
from appliance.store.models import database
from central.services.settings import ROOT_PUBLIC
from protocol.uplink_claim import read_code, write_code
from tests.support.bad_proxy import bad_proxy
from tests.support.central import HOST, Central
from tests.uplink.hand_box import HandBox, asked
from uplink import claim as claiming
from uplink import keys as key_files
from uplink.keys import Keys
from uplink.trouble import ClaimTrouble, TroubleCode

NewBox = Callable[..., HandBox]


def names(box: HandBox) -> set[str]:
    return {path.name for path in box.config.city_path.iterdir()} if box.config.city_path.exists() else set()


def test_a_code_is_enough_to_join(city: Central, uai: str, new_box: NewBox) -> None:
    with new_box().opened() as box:
        box.join(city, uai)
        status = box.services.city.status()
        assert status is not None and (status.uai, status.city) == (uai, "Marseille")
        assert names(box) >= {"key.pem", "certificate.pem", "authority.pem"}
        assert not {"request.json", "answer.json"} & names(box)
        modes = {stat.S_IMODE(path.stat().st_mode) for path in box.config.city_path.glob("*.pem")}
        assert modes == {0o600}


def test_the_city_s_file_holds_all_that_is_needed(city: Central, uai: str, new_box: NewBox) -> None:
    with new_box().opened() as box:
        authority = city.authority_path.read_text()
        file = {"v": 1, "address": box.address, "code": city.claim_code(uai), "authority": authority}
        box.services.city.request_claim_file(json.dumps(file).encode(), CONSOLE)
        box.until(lambda: box.standing() == "active")


def test_an_impostor_is_told_nothing(city: Central, uai: str, new_box: NewBox) -> None:
    """Whoever answers at the address has another authority than the one in the code."""
    code = read_code(city.claim_code(uai))
    wrong = write_code(type(code)(code.secret, bytes(10)))
    with new_box().opened() as box:
        box.ask_to_join(wrong)
        box.turn()
        assert box.trouble() == ClaimTrouble.AUTHORITY
        assert "answer.json" not in names(box) and not Keys(box.config.city_path).are_whole()
    assert asked(city, "SELECT used_at FROM claim_ticket WHERE school_id = ?", uai) == [(None,)]


def test_a_code_that_is_none_or_was_used_ends_the_claim_until_another_is_typed(
    city: Central, uai: str, new_box: NewBox
) -> None:
    code = city.claim_code(uai)
    with new_box().opened() as box:
        box.ask_to_join(code)
        box.until(lambda: box.standing() == "active")
    with new_box("other").opened() as other:
        other.ask_to_join(code)
        other.turn()
        assert other.trouble() == ClaimTrouble.USED
        mark = read_code(code).authority
        other.ask_to_join(write_code(type(read_code(code))(bytes(15), mark)))
        other.turn()
        assert other.trouble() == ClaimTrouble.UNKNOWN
        asked_again = other.services.city.pending_claim()
        assert asked_again is not None and asked_again.is_final
        other.join(city, uai)


def test_a_city_that_is_not_ready_is_said_and_the_code_stays_good(city: Central, uai: str, new_box: NewBox) -> None:
    code, root = city.claim_code(uai), asked(city, "SELECT value FROM setting WHERE key = ?", ROOT_PUBLIC)[0][0]
    _set_root(city, '""')
    with new_box().opened() as box:
        box.ask_to_join(code)
        box.turn()
        waiting = box.services.city.pending_claim()
        assert waiting is not None and (waiting.trouble, waiting.is_final) == (ClaimTrouble.NOT_READY, False)
        _set_root(city, str(root))
        box.until(lambda: box.standing() == "active")


def _set_root(city: Central, root: str) -> None:
    with closing(sqlite3.connect(city.data_path / "city.db", timeout=10)) as connection, connection:
        connection.execute("UPDATE setting SET value = ? WHERE key = ?", (root, ROOT_PUBLIC))


def test_a_line_that_is_down_is_said_and_the_claim_goes_on_by_itself(city: Central, uai: str, new_box: NewBox) -> None:
    with bad_proxy(HOST, city.uplink_port) as line, new_box(port=line.port).opened() as box:
        line.down = True
        box.ask_to_join(city.claim_code(uai))
        box.turn()
        assert box.trouble() == TroubleCode.CUT
        line.down = False
        box.until(lambda: box.standing() == "active")


@pytest.mark.parametrize("lost", [1, 2, 3, 5])
def test_an_answer_that_is_lost_costs_no_code(city: Central, uai: str, new_box: NewBox, lost: int) -> None:
    with bad_proxy(HOST, city.uplink_port) as line, new_box(port=line.port).opened() as box:
        line.lost_answers = lost
        box.ask_to_join(city.claim_code(uai))
        box.until(lambda: box.standing() == "active")
        assert line.lost == lost
        rows = asked(city, "SELECT id FROM appliance WHERE school_id = ?", uai)
        assert rows == [(box.appliance,)]


def test_a_portal_is_not_taken_for_the_city(city: Central, uai: str, new_box: NewBox) -> None:
    with bad_proxy(HOST, city.uplink_port) as line, new_box(port=line.port).opened() as box:
        line.portal = True
        box.ask_to_join(city.claim_code(uai))
        box.turn()
        assert box.trouble() == TroubleCode.PORTAL
        line.portal = False
        box.until(lambda: box.standing() == "active")


def killing(place: str, after: int) -> Callable[..., Any]:
    """Instead of `place`'s work, or after it was done `after` times: the machine is off."""
    owner, name = PLACES[place]
    real, count = getattr(owner, name), iter(range(100))

    def cut(*arguments: Any, **rest: Any) -> Any:
        if next(count) >= after:
            os.kill(os.getpid(), signal.SIGKILL)
            threading.Event().wait()
        return real(*arguments, **rest)

    return cut


PLACES: dict[str, tuple[Any, str]] = {
    "file of the key": (key_files, "write_atomically"),
    "request": (Keys, "request"),
    "file of the answer": (claiming, "write_atomically"),
    "files of the identity": (Keys, "keep"),
    "row of the link": (claiming.Claiming, "_finish"),
}
CUTS = [
    *(("file of the key", after) for after in range(3)),  # key, authority, certificate
    ("request", 0),
    ("file of the answer", 0),
    ("files of the identity", 0),
    ("row of the link", 0),
]


def live_and_die(box: HandBox, place: str, after: int) -> None:
    """In a child, as the process: SIGKILL in the middle of the claim."""
    owner, name = PLACES[place]
    setattr(owner, name, killing(place, after))
    with box.opened():
        box.until(lambda: box.standing() == "active", 3)


@pytest.mark.parametrize(("place", "after"), CUTS)
def test_kill_9_at_any_step_leaves_no_half_identity(
    city: Central, uai: str, new_box: NewBox, place: str, after: int
) -> None:
    box = new_box()
    with box.opened():
        box.ask_to_join(city.claim_code(uai))
    database.close()
    child = os.fork()
    if child == 0:
        try:
            live_and_die(box, place, after)
        finally:
            os._exit(1)  # it should have been killed
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    with box.opened():
        known = Keys(box.config.city_path)
        assert known.are_whole() or "answer.json" in names(box) or "request.json" in names(box)
        assert box.services.city.status() is None
        box.until(lambda: box.standing() == "active")
        assert known.are_whole()
        assert not {"request.json", "answer.json"} & names(box)
    assert len(asked(city, "SELECT id FROM appliance WHERE school_id = ?", uai)) == 1


def test_who_leaves_forgets_the_key_and_may_join_again(city: Central, uai: str, new_box: NewBox) -> None:
    with new_box().opened() as box:
        box.join(city, uai)
        before = box.appliance
        box.note(3)
        box.services.city.leave(CONSOLE)
        box.turn()
        assert not {"key.pem", "certificate.pem", "authority.pem"} & names(box)
        assert box.uplink.is_over
        box.join(city, uai)
        assert box.appliance != before
