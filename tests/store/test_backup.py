import hashlib
import json
import signal
import subprocess
import sys
import threading
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import apsw
import pytest

from appliance.config import Config
from appliance.errors import Invalid, Unavailable
from appliance.store.backup import sweep, write_backup
from appliance.store.backup_file import STORE, Manifest, Part, encode_manifest, extract, parse_manifest, read_manifest
from appliance.store.database import SCHEMA_VERSION
from appliance.store.models import (
    AgentLink,
    Browser,
    Cart,
    Classroom,
    Device,
    Document,
    Dropped,
    EnrollmentToken,
    Gesture,
    Handover,
    Inventory,
    Invitation,
    JoinCode,
    Lesson,
    LessonDevice,
    Pupil,
    Session,
    Setting,
    UsageMark,
    UsageRecord,
    User,
    database,
)

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
CONTENT = b"%PDF-1.7 a document"


def make_backup(config: Config, name: str = "x.preau") -> Path:
    target = config.backups_path / name
    write_backup(config, target, "École", AT)
    return target


def fill(config: Config) -> str:
    """One of everything that must not leave; the document's hash."""
    user = User.create(login="durand", name="Mme Durand", role="teacher", password_hash="$argon2id$x", created_at=AT)
    Session.create(id_hash="SESSION-CANARY", user=user, created_at=AT, seen_at=AT, force_insert=True)
    Browser.create(
        id_hash="BROWSER-CANARY", user=user, pin_hash="PIN-CANARY", created_at=AT, seen_at=AT, force_insert=True
    )
    Invitation.create(token_hash="INVITATION-CANARY", user=user, expires_at=AT, force_insert=True)
    Pupil.create(classroom=Classroom.create(name="CP", created_at=AT), first_name="Xanthippe", initial="Q")
    Gesture.create(id="g", kind="message", args={"text": "Viens, Xanthippe"}, at=AT, force_insert=True)
    lesson = Lesson.create(id="l", teacher=user, title="CP", started_at=AT, ends_at=AT, force_insert=True)
    device = Device.create(
        id="d-1", serial="R1", number=1, name="T", kind="tablet", capabilities=[], enrolled_at=AT, version_at=AT,
        force_insert=True,
    )  # fmt: skip
    LessonDevice.create(
        lesson=lesson,
        device=device,
        base={"lock": {"message": "Xanthippe, pose-la"}},
        eyes_up="Xanthippe",
        joined_at=AT,
    )
    AgentLink.create(
        device=device, agent="webview-kiosk", profile="owner", username="wk-1", credential="$7$salted",
        exit_code="246810", capabilities=[], created_at=AT, force_insert=True,
    )  # fmt: skip
    Setting.create(key="setup_code", value="CODE-CANARY", force_insert=True)
    (config.secrets_path / "key").write_text("SECRET-CANARY")
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    (config.documents_path / sha256).write_bytes(CONTENT)
    Document.create(
        sha256=sha256, name="a.pdf", mime="application/pdf", size=len(CONTENT), uploaded_at=AT, force_insert=True
    )
    return sha256


def test_a_backup_holds_the_store_and_the_documents(store: Path, config: Config, tmp_path: Path) -> None:
    sha256 = fill(config)

    manifest = read_manifest(make_backup(config))

    assert (manifest.schema, manifest.school, manifest.created_at, manifest.missing) == (
        SCHEMA_VERSION,
        "École",
        AT,
        (),
    )
    assert set(manifest.parts) == {STORE, f"documents/{sha256}"}
    (tmp_path / "out").mkdir()
    extract(config.backups_path / "x.preau", tmp_path / "out")
    copy = apsw.Connection(str(tmp_path / "out" / STORE))
    assert list(copy.execute("SELECT login, password_hash FROM user")) == [("durand", "$argon2id$x")]
    assert copy.pragma("quick_check") == "ok"
    assert copy.pragma("application_id") == 0x50524541
    assert (tmp_path / "out" / "documents" / sha256).read_bytes() == CONTENT


def test_nothing_of_a_pupil_a_session_or_a_secret_is_in_a_backup(store: Path, config: Config) -> None:
    fill(config)

    content = make_backup(config).read_bytes()

    assert b"Mme Durand" in content  # nothing is compressed: what were there would be seen
    for canary in ("Xanthippe", "SESSION-", "BROWSER-", "PIN-", "INVITATION-", "CODE-", "SECRET-"):
        assert canary.encode() not in content
    assert Pupil.select().count() == 1  # the store itself keeps them


def test_what_leaves_a_kiosk_is_the_one_secret_in_a_backup(store: Path, config: Config) -> None:
    """After a restore nothing else opens a tablet that is locked."""
    fill(config)
    assert b"246810" in make_backup(config).read_bytes()
    page = (Path(__file__).parents[2] / "docs/decisions/backups.md").read_text()
    assert "leaves a tablet's kiosk" in page


def add_guest() -> None:
    """One with a row in every table that knows devices, and codes that are open."""
    token = EnrollmentToken.create(
        token_hash="GUEST-TOKEN", uses=1, created_at=AT, created_by="code", expires_at=AT, lesson_id="l"
    )
    EnrollmentToken.create(token_hash="link", uses=1, created_at=AT, created_by="user:1", expires_at=AT)
    guest = Device.create(
        id="d-GUEST", serial="GUEST-SERIAL", number=2, name="GUEST-NAME", kind="tablet", capabilities=[],
        enrolled_at=AT, version_at=AT, guest_lesson_id="l", token=token, force_insert=True,
    )  # fmt: skip
    LessonDevice.create(lesson="l", device=guest, base={}, joined_at=AT, display={"show": "message", "text": "GUEST-A"})
    Handover.create(lesson="l", device=guest, asker=1, asked_at=AT)
    Inventory.create(device=guest, document={"serial": "GUEST-B"}, received_at=AT, force_insert=True)
    UsageRecord.create(
        device=guest, boot="GUEST-C", seq=1, app="x", started_at=AT, seconds=1, received_at=AT, force_insert=True
    )
    UsageMark.create(device=guest, boot="GUEST-D", up_to=1, updated_at=AT, force_insert=True)
    Dropped.create(device_id=guest.id, reason="GUEST-E", day="2026-11-23", count=1, last_at=AT, force_insert=True)
    JoinCode.create(code="GUEST-F", lesson_id="l", created_at=AT, expires_at=AT, force_insert=True)
    JoinCode.create(code="GUEST-G", device_id="d-1", created_at=AT, expires_at=AT, force_insert=True)


def test_guests_and_open_codes_are_in_no_backup(store: Path, config: Config, tmp_path: Path) -> None:
    fill(config)
    add_guest()
    LessonDevice.update(display={"show": "message", "text": "GUEST-H"}).execute()

    assert b"GUEST" not in make_backup(config).read_bytes()

    (tmp_path / "out").mkdir()
    extract(config.backups_path / "x.preau", tmp_path / "out")
    copy = apsw.Connection(str(tmp_path / "out" / STORE))
    assert list(copy.execute("SELECT id FROM device")) == [("d-1",)]
    assert list(copy.execute("SELECT device_id, display FROM lesson_device")) == [("d-1", None)]
    assert list(copy.execute("SELECT token_hash FROM enrollment_token")) == [("link",)]
    assert copy.execute("PRAGMA foreign_key_check").fetchall() == []
    assert Device.select().count() == 2  # the store itself keeps them, for as long as they are there


def _write_two(number: int) -> None:
    with database.atomic("IMMEDIATE"):
        for half in "ab":
            Cart.create(name=f"{number}{half}", created_at=AT)


def test_a_backup_is_of_one_moment_while_others_write(store: Path, config: Config, tmp_path: Path) -> None:
    """Each transaction adds two rows: a copy of half a transaction would have an odd number."""
    stop = threading.Event()

    def write() -> None:
        number = 0
        with database.connection_context():
            while not stop.is_set():
                _write_two(number)
                number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for turn in range(5):
            out = tmp_path / f"out{turn}"
            out.mkdir()
            extract(make_backup(config), out)
            copy = apsw.Connection(str(out / STORE))
            assert copy.execute("SELECT count(*) FROM cart").get % 2 == 0
    finally:
        stop.set()
        writer.join()


def test_a_damaged_document_is_named_and_does_not_stop_the_backup(store: Path, config: Config, tmp_path: Path) -> None:
    sha256 = fill(config)
    (config.documents_path / sha256).write_bytes(CONTENT[:-1] + b"!")

    manifest = read_manifest(make_backup(config))

    assert manifest.missing == (sha256,)
    assert set(manifest.parts) == {STORE}
    (tmp_path / "out").mkdir()
    extract(config.backups_path / "x.preau", tmp_path / "out")


def test_a_backup_without_documents_lists_them_and_holds_none(store: Path, config: Config, tmp_path: Path) -> None:
    sha256 = fill(config)
    write_backup(config, config.backups_path / "x.preau", "École", AT, with_documents=False)

    manifest = read_manifest(config.backups_path / "x.preau")

    assert (set(manifest.parts), dict(manifest.on_box)) == ({STORE}, {sha256: len(CONTENT)})
    assert CONTENT not in (config.backups_path / "x.preau").read_bytes()
    (tmp_path / "out").mkdir()
    extract(config.backups_path / "x.preau", tmp_path / "out")


def test_a_backup_leaves_nothing_beside_itself(store: Path, config: Config) -> None:
    before = {path.name for path in config.data_path.iterdir()}
    make_backup(config)

    assert {path.name for path in config.data_path.iterdir()} <= before | {"store.db-wal", "store.db-shm"}
    assert [path.name for path in config.backups_path.iterdir()] == ["x.preau"]
    assert (config.backups_path / "x.preau").stat().st_mode & 0o077 == 0


def test_a_backup_to_a_place_that_is_not_there_says_so(store: Path, config: Config) -> None:
    with pytest.raises(Unavailable) as refused:
        write_backup(config, config.data_path / "nowhere" / "x.preau", "", AT)

    assert refused.value.code == "backup_failed"


KILLED = """
import sys, os, signal
from datetime import UTC, datetime
from pathlib import Path
from appliance.config import Config
from appliance.store import backup
backup.sync_file = lambda path: os.kill(os.getpid(), signal.SIGKILL)
config = Config(Path(sys.argv[1]))
backup.write_backup(config, config.backups_path / "x.preau", "", datetime.now(UTC))
"""


def test_a_backup_that_was_killed_leaves_no_names_behind_once_swept(store: Path, config: Config) -> None:
    fill(config)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(config.data_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert any(path.name.startswith(".backup-") for path in config.data_path.iterdir())

    sweep(config.data_path, config.backups_path)

    assert not any(path.name.startswith(".backup-") for path in config.data_path.iterdir())
    assert list(config.backups_path.iterdir()) == []


def rewrite(source: Path, target: Path, change: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(target, "w", compression) as after:
        parts = {name: before.read(name) for name in before.namelist()} | change
        for name, content in parts.items():
            after.writestr(name, content)
    return target


def test_a_backup_that_was_changed_is_not_believed(store: Path, config: Config, tmp_path: Path) -> None:
    sha256 = fill(config)
    good = make_backup(config)
    manifest = json.loads(zipfile.ZipFile(good).read("manifest.json"))
    other = json.dumps({**manifest, "parts": {**manifest["parts"], "../x": {"size": 1, "sha256": "0"}}}).encode()
    bad = [
        rewrite(good, tmp_path / "1", {f"documents/{sha256}": CONTENT[:-1] + b"!"}),
        rewrite(good, tmp_path / "2", {f"documents/{sha256}": CONTENT + b"!"}),
        rewrite(good, tmp_path / "3", {"store.db": b"not a database"}),
        rewrite(good, tmp_path / "4", {"../x": b"!"}),
        rewrite(good, tmp_path / "5", {"../x": b"!", "manifest.json": other}),
        rewrite(good, tmp_path / "6", {"manifest.json": b"{}"}),
        rewrite(good, tmp_path / "7", {"manifest.json": b"[" * 100_000}),
        rewrite(good, tmp_path / "8", {}, zipfile.ZIP_DEFLATED),
    ]
    for number, path in enumerate(bad):
        out = tmp_path / f"out{number}"
        out.mkdir()
        with pytest.raises(Invalid):
            extract(path, out)


def test_a_backup_cut_at_any_place_is_not_believed(store: Path, config: Config, tmp_path: Path) -> None:
    content = make_backup(config).read_bytes()
    for place in range(0, len(content), len(content) // 40):
        cut = tmp_path / "cut"
        cut.write_bytes(content[:place])
        with pytest.raises(Invalid):
            read_manifest(cut)


@pytest.mark.parametrize("path", ["missing", "."])
def test_what_is_no_file_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(Invalid):
        read_manifest(tmp_path / path)


def test_a_manifest_of_a_later_form_is_told_from_a_damaged_one() -> None:
    manifest = Manifest(1, "École", AT, {"store.db": Part(3, "0" * 64)}, ("1" * 64,), {"2" * 64: 5})
    assert parse_manifest(encode_manifest(manifest)) == manifest

    newer = json.loads(encode_manifest(manifest)) | {"format": 2}
    with pytest.raises(Invalid) as refused:
        parse_manifest(json.dumps(newer).encode())
    assert refused.value.code == "backup_newer"
