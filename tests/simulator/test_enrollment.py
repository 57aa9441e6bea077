"""Enrollment: what the appliance may answer, and what the person at the console reads then."""

import asyncio
import json
import threading
from pathlib import Path

import pytest

from protocol import device as wire
from protocol.device import Kind
from simulator.enrollment import Enroller, EnrollmentFailed, parse_link
from simulator.fleet import Fleet
from tests.simulator.appliance_http import Answer
from tests.simulator.school import School
from tests.simulator.test_fleet import options

REQUEST = wire.EnrollmentRequest(
    "jeton", "R52T90ABCDE", "samsung", "SM-X200", Kind.TABLET, "Android 14", "preau-sim/1.0", frozenset()
)


@pytest.mark.parametrize("link", ["", "http://boitier", "ftp://boitier/t/x", "http:///t/x", "http://boitier/t/"])
def test_what_is_not_a_link_is_refused_with_an_example(link: str) -> None:
    with pytest.raises(EnrollmentFailed, match="attendu : http://boîtier/t/"):
        parse_link(link)


def test_a_link_keeps_the_path_of_its_base_and_hides_its_token() -> None:
    link = parse_link("https://ville.fr/ecole/t/abc-DEF_1")
    assert (link.base, link.token) == ("https://ville.fr/ecole", "abc-DEF_1")
    assert "abc-DEF_1" not in repr(link)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(401), "inconnu, expiré ou déjà utilisé"),
        (Answer(422, body=json.dumps({"errors": {"serial": "too_long"}}).encode()), "serial : too_long"),
        (Answer(422, body=b"<html>"), "sans explication"),
        (Answer(404), "HTTP 404"),
        (Answer(302, {"Location": "http://portail/"}), "HTTP 302"),
        (Answer(201, body=b"<html>Bienvenue</html>"), "incompréhensible"),
    ],
)
def test_a_refusal_says_in_french_what_is_wrong(school: School, answer: Answer, words: str) -> None:
    school.http.answers.append(answer)
    with pytest.raises(EnrollmentFailed, match=words):
        enroll(school, [])


def test_a_hub_that_asks_for_patience_gets_it_and_the_person_is_told(school: School) -> None:
    school.http.answers.append(Answer(429, {"Retry-After": "1"}))
    told: list[str] = []
    waits: list[float] = []
    answer = enroll(school, told, waits)
    assert answer.id == "d-00000001"
    assert waits == [1.0]
    assert told == ["Le boîtier demande d’attendre 1 s avant la prochaine inscription."]


def test_an_appliance_in_trouble_is_asked_again_and_then_named(school: School) -> None:
    school.http.answers.extend(Answer(503) for _ in range(2))
    assert enroll(school, []).id == "d-00000001"
    school.http.answers.extend(Answer(503) for _ in range(9))
    with pytest.raises(EnrollmentFailed, match=f"Boîtier injoignable à {school.http.base}"):
        enroll(school, [])


def test_devices_that_were_enrolled_before_a_refusal_are_not_lost(school: School, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    asyncio.run(start_and_stop(school, 2, path))
    school.http.answers.append(Answer(401))
    with pytest.raises(EnrollmentFailed):
        asyncio.run(start_and_stop(school, 3, path))
    asyncio.run(start_and_stop(school, 3, path))
    assert len(school.requests) == 3


async def start_and_stop(school: School, count: int, path: Path) -> list[str]:
    async with Fleet(school.link, count, ["idle"], options(state_path=path)) as fleet:
        await fleet.all_up()
        return list(fleet.tablets)


def enroll(school: School, told: list[str], waits: list[float] | None = None) -> wire.EnrollmentAnswer:
    def wait(seconds: float) -> bool:
        (waits if waits is not None else []).append(seconds)
        return threading.Event().wait(0.01)

    enroller = Enroller(parse_link(school.link), wait, told.append, None)
    try:
        return enroller.enroll(REQUEST)
    finally:
        enroller.close()
