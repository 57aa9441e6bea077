import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.errors import NotFound, TooLarge, Unavailable
from tests.cache.conftest import MIB, Shelf

CONTENT = b"a document" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()

# Writes half of a file, says so, and waits to be killed.
WRITER = """
import sys
from pathlib import Path
from appliance.cache.documents import DocumentFiles, Limits
with DocumentFiles(Path(sys.argv[1]), Limits(10**9, lambda: 10**9)).incoming() as incoming:
    incoming.write(b"x" * 1_000_000)
    incoming.settle()
    print("half", flush=True)
    sys.stdin.read()
"""


def keep(shelf: Shelf, content: bytes = CONTENT) -> None:
    with shelf.files.incoming() as incoming:
        incoming.write(content)
        shelf.files.keep(incoming)


def test_a_kept_document_is_found_by_its_hash(shelf: Shelf) -> None:
    keep(shelf)

    assert shelf.files.path_of(SHA256, len(CONTENT)).read_bytes() == CONTENT
    assert shelf.files.verify(SHA256)


def test_nothing_is_left_of_what_was_not_kept(shelf: Shelf) -> None:
    with shelf.files.incoming() as incoming:
        incoming.write(CONTENT)

    assert list(shelf.folder.iterdir()) == []


def test_an_upload_that_fails_half_way_leaves_nothing(shelf: Shelf) -> None:
    with pytest.raises(ConnectionResetError), shelf.files.incoming() as incoming:
        incoming.write(CONTENT)
        raise ConnectionResetError

    assert list(shelf.folder.iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next_upload(shelf: Shelf) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(shelf.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"half\n"
    keep(shelf)
    assert len(list(shelf.folder.iterdir())) == 2  # a live writer's file stays

    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    keep(shelf)

    assert [path.name for path in shelf.folder.iterdir()] == [SHA256]


def test_a_document_over_the_limit_is_refused_and_gone(shelf: Shelf) -> None:
    shelf.longest = 1 * MIB

    with pytest.raises(TooLarge), shelf.files.incoming() as incoming:
        incoming.write(b"x" * MIB)
        incoming.write(b"x")

    assert list(shelf.folder.iterdir()) == []


def test_the_disks_reserve_is_not_touched(shelf: Shelf) -> None:
    shelf.room = 1 * MIB

    with pytest.raises(Unavailable) as refused, shelf.files.incoming() as incoming:
        for _ in range(20):
            incoming.write(b"x" * MIB)

    assert refused.value.code == "disk_nearly_full"
    assert list(shelf.folder.iterdir()) == []


def test_a_disk_that_fills_up_meanwhile_is_noticed(shelf: Shelf) -> None:
    with pytest.raises(Unavailable), shelf.files.incoming() as incoming:
        for step in range(20):
            shelf.room = 0 if step > 5 else 100 * MIB
            incoming.write(b"x" * MIB)


def test_the_same_content_twice_is_one_file(shelf: Shelf) -> None:
    keep(shelf)
    keep(shelf)

    assert [path.name for path in shelf.folder.iterdir()] == [SHA256]


def test_a_file_that_was_changed_is_found_out(shelf: Shelf) -> None:
    keep(shelf)
    path = shelf.files.path_of(SHA256, len(CONTENT))
    path.write_bytes(CONTENT[:-1] + b"!")
    assert not shelf.files.verify(SHA256)

    path.write_bytes(CONTENT[:-1])
    with pytest.raises(NotFound):
        shelf.files.path_of(SHA256, len(CONTENT))

    keep(shelf)
    assert shelf.files.verify(SHA256)


@pytest.mark.parametrize("name", ["../store.db", "", "A" * 64, SHA256 + "0", "0" * 63 + "/"])
def test_only_a_hash_names_a_file(shelf: Shelf, name: str) -> None:
    with pytest.raises(NotFound):
        shelf.files.path_for(name)


def test_documents_are_private_to_the_appliance(shelf: Shelf) -> None:
    keep(shelf)

    assert (shelf.folder / SHA256).stat().st_mode & 0o077 == 0


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Path:
    """Eight megabytes of memory as a disk of their own."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(tmp_path)], capture_output=True, check=False
    )
    assert mounted.returncode == 0, f"mounting a tmpfs needs root: {mounted.stderr.decode()}"
    return tmp_path


def test_a_full_disk_refuses_the_document_and_keeps_the_others(tiny_disk: Path) -> None:
    shelf = Shelf(tiny_disk)
    try:
        keep(shelf)
        with pytest.raises(Unavailable) as refused, shelf.files.incoming() as incoming:
            for _ in range(16):
                incoming.write(os.urandom(MIB))
        assert refused.value.code == "disk_nearly_full"
        assert [path.name for path in tiny_disk.iterdir()] == [SHA256]
        assert shelf.files.verify(SHA256)
    finally:
        subprocess.run(["umount", "--lazy", str(tiny_disk)], check=True)
