"""What dies in a power cut: a process that stores gestures and usage by the real services, and tells what counts.

python -m tests.faults.victim prepare FOLDER          a school with a lesson
python -m tests.faults.victim work FOLDER FULL        until it is killed; FULL, NORMAL or OFF: SQLite's synchronous
"""

import sys
import uuid
from pathlib import Path

from appliance.domain.gestures import GestureKind
from appliance.domain.people import Actor, Role
from appliance.nudge import NudgeSender
from appliance.services.gestures import Gestures, Request
from appliance.services.intake import Batch, Intake
from appliance.store.models import Lesson, UsageRecord, User, database
from protocol.device import UsageBatch
from protocol.device import UsageRecord as Used
from tests.support.classroom import School, device_id
from tests.support.store import HandClock, opened_store

DEVICES = 4
BOOT = "boot"


def prepare(folder: Path) -> None:
    School(HandClock(), folder, DEVICES).start()


def work(folder: Path) -> None:
    clock, intake = HandClock(), Intake()
    gestures = Gestures(clock, NudgeSender(folder, "nobody"), lambda _url: False)
    lesson, teacher = Lesson.get(), User.get(User.login == "durand")
    actor = Actor(teacher.id, teacher.name, Role.TEACHER)
    seq = UsageRecord.select().count()
    while True:
        gesture_id = str(uuid.uuid4())
        gestures.perform(actor, lesson.id, Request(gesture_id, GestureKind.EYES_UP, {"message": "Les yeux vers moi"}))
        tell("gesture", gesture_id)
        seq += 1
        usage = UsageBatch(BOOT, (Used(seq, "org.kde.gcompris", clock.now(), 60),))
        ((_, ack),) = intake.record(Batch(usage=[(device_id(1), usage)]), clock.now()).usage_acks
        tell("usage", str(ack.up_to))


def tell(*words: str) -> None:
    """The outside learns of it here, and not before the commit."""
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with opened_store(Path(sys.argv[2])):
        if sys.argv[1] == "prepare":
            prepare(Path(sys.argv[2]))
        else:
            database.execute_sql(f"PRAGMA synchronous={sys.argv[3]}")
            work(Path(sys.argv[2]))
