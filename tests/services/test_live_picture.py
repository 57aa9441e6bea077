"""What an officer of the city sees of a school at this moment: devices, and no pupil's name among theirs."""

from pathlib import Path

import pytest

from appliance.services.live_picture import take_picture
from appliance.store.models import Classroom, Device, Pupil
from tests.services.school import add_device, add_people
from tests.support.store import HandClock


@pytest.mark.usefixtures("live")
def test_a_device_that_bears_its_pupils_name_is_shown_under_its_number(store: Path, clock: HandClock) -> None:
    add_people()
    named, plain, guest = add_device(1, name="Tablette de LEA"), add_device(2), add_device(3)
    Device.update(guest_lesson_id="l-1").where(Device.id == guest).execute()
    room = Classroom.create(name="CE2", created_at=clock.now())
    Pupil.create(classroom=room, first_name="Léa", device=named)
    picture = take_picture(clock.now())
    assert {one.id for one in picture.devices} == {named, plain}
    assert all("LEA" not in one.name.upper() for one in picture.devices)
