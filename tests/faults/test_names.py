"""I6: whatever happens in a lesson, a pupil's name is on the teacher's page and in the store, and nowhere else."""

import io
import zipfile
from pathlib import Path

import pytest

from tests.faults.books import rows
from tests.faults.processes import kill_child
from tests.faults.school import Class, running_class
from tests.support.appliance import Browser, wait_for

pytestmark = pytest.mark.timeout(120)
NAME = "Zephyrinette"
LIST = f"Classe;Niveau;Prénom;Initiale\nCE2 B;CE2;{NAME};Q\n".encode("latin-1")


def give_a_name(school: Class, head: Browser) -> None:
    """By the page, as a headmaster does: a list, looked at and taken, then given out."""
    page = head.session.post(
        f"{head.url}/admin/classrooms/import",
        files={"file": ("liste.csv", LIST, "text/csv")},
        headers={**head._headers(), "Accept": "text/html"},
        timeout=20,
    )
    assert NAME in page.text, page.text[:2000]
    rows(school.box, "INSERT INTO classroom (name, level, created_at) VALUES ('CE2 B', 'CE2', 0)")
    rows(
        school.box,
        "INSERT INTO pupil (classroom_id, first_name, initial, device_id) SELECT id, ?, 'Q', ? FROM classroom",
        (NAME, school.ids[0]),
    )


def texts_in(raw: bytes) -> bytes:
    """All that a file holds, archives unpacked."""
    if not zipfile.is_zipfile(io.BytesIO(raw)):
        return raw
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return raw + b"".join(texts_in(archive.read(name)) for name in archive.namelist())


def test_a_pupils_name_is_in_no_log_no_journal_and_no_backup(tmp_path: Path) -> None:
    with running_class(tmp_path, 2) as school:
        box, head, teacher = school.box, school.box.browser("martin"), school.box.browser("durand")
        give_a_name(school, head)
        ((classroom_id,),) = rows(box, "SELECT id FROM classroom")
        form = {"devices": school.ids, "minutes": 45, "title": "Essai", "classroom": classroom_id}
        lesson_id = teacher.post_form("/lessons", form).headers["Location"].rsplit("/", 1)[-1]
        wait_for(lambda: NAME in str(teacher.board(lesson_id)), 10, "the name on the board")
        school.fleet.do(lambda: school.fleet[school.ids[0]].raise_hand())
        for body in ({"text": NAME}, {"text": 3}, {"text": NAME * 200}):
            teacher.gesture(lesson_id, "message", "0b5f8f5e-7c53-4c9e-9a3c-5f8c4f1a2b3c", args=body)
        kill_child(box, "bridge")
        kill_child(box, "web")
        wait_for(lambda: len(set(box.pids())) == 4 and box._is_ready(), 30, "the box again")
        assert head.get("/admin/journal.csv").status_code == 200
        assert NAME not in head.get("/admin/journal.csv").text
        backup = tmp_path / "backup.preau"
        assert box.admin("backup", str(backup)).returncode == 0
        assert NAME not in box.log()
        assert NAME not in str(rows(box, "SELECT * FROM journal"))
        said = texts_in(backup.read_bytes())
        assert school.ids[0].encode() in said, "the archive was read"
        assert NAME.encode() not in said
