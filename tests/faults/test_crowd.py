"""Many at once: two teachers who press on the same devices, and six hundred tablets in one lesson."""

import random
import uuid
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.faults.books import assert_nothing_lost_or_doubled, assert_sound, rows
from tests.faults.school import Class, Teacher, in_thread, running_class
from tests.support.appliance import wait_for

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    with running_class(tmp_path_factory.mktemp("crowd"), 600) as school:
        yield school


def test_six_hundred_tablets_do_what_one_teacher_says_each_once(crowd: Class) -> None:
    browser = crowd.box.browser("durand")
    lesson_id = browser.start_lesson(crowd.ids)
    teacher = Teacher(browser, lesson_id, random.Random(600))
    for _ in range(6):
        teacher.press()
    crowd.settle()
    assert_nothing_lost_or_doubled(crowd.box, teacher.ledger, crowd.effects, crowd.ids)
    tiles = browser.board(lesson_id)["tiles"]
    assert len(tiles) == 600
    assert {tile["presence"] for tile in tiles} == {"online"}
    assert browser.post(f"/lessons/{lesson_id}/end", {}).status_code == 200
    crowd.settle()
    free = crowd.fleet.do(lambda: [one.device.restrictions.is_free for one in crowd.fleet.fleet.tablets.values()])
    assert all(free)


def test_of_two_teachers_who_want_the_same_tablets_one_has_each_and_it_obeys_that_one_only(crowd: Class) -> None:
    box, ids = crowd.box, crowd.ids[:40]
    browsers = {login: box.browser(login) for login in ("durand", "petit")}
    lessons = {"durand": browsers["durand"].start_lesson(ids[:30]), "petit": browsers["petit"].start_lesson(ids[30:])}
    refused = browsers["petit"].post_form("/lessons", {"devices": ids[:5], "minutes": 45, "title": "Essai"})
    assert refused.status_code in (409, 422), refused.status_code
    assert "Durand" in refused.text
    answers: Counter[int] = Counter()

    def pull(login: str, chance: random.Random) -> None:
        """Five tablets, from wherever they are."""
        wanted = {"devices": chance.sample(ids, 5), "take_from": list(lessons.values())}
        answers[browsers[login].post(f"/lessons/{lessons[login]}/devices", wanted).status_code] += 1

    chances = random.Random(1), random.Random(2)
    with in_thread(lambda: pull("durand", chances[0])), in_thread(lambda: pull("petit", chances[1])):
        wait_for(lambda: answers.total() >= 60, 60, "sixty take-overs")
    assert set(answers) == {200}, answers
    words = {login: f"de {login} {uuid.uuid4()}" for login in browsers}
    for login, browser in browsers.items():
        sent = browser.gesture(lessons[login], "message", str(uuid.uuid4()), args={"text": words[login]})
        assert sent.status_code == 201
    crowd.settle()
    holders = rows(box, "SELECT device_id, lesson_id FROM lesson_device WHERE left_at IS NULL")
    assert Counter(device_id for device_id, _ in holders) == Counter(ids), "each tablet is held once"
    obeyed = {(device_id, words[login]) for device_id, one in holders for login in browsers if lessons[login] == one}
    assert {key: crowd.effects.done[key] for key in obeyed} == dict.fromkeys(obeyed, 1)
    assert not [key for key in crowd.effects.done if key[1] in words.values() and key not in obeyed]
    for login, browser in browsers.items():
        assert browser.post(f"/lessons/{lessons[login]}/end", {}).status_code == 200
    assert_sound(box)
