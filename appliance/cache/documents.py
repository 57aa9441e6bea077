"""Documents as files named by their hash. Owns the folder; knows no database and no rule about types.

A document is whole or not there: written aside, fsynced, renamed, the folder fsynced. What a cut upload left aside
is removed by the next one: a file being written is locked, so nobody removes it under the writer.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from appliance.errors import NotFound, TooLarge, Unavailable

_ROOM_EVERY = 4 * 1024 * 1024  # how often the disk is asked while a file grows
_ASIDE = ".incoming-"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Limits:
    """`room`: bytes that may be written now without touching the disk's reserve."""

    longest: int
    room: Callable[[], int]


class Incoming:
    """One file on its way in: hashes what is written, stops at the limits. It is gone unless it was kept."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self._limits = limits
        self._hash = hashlib.sha256()
        self._room = limits.room()
        self._asked_at = 0
        self.size = 0
        self._file = os.fdopen(_create_locked(path), "w+b")

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def write(self, chunk: bytes) -> int:
        """Raises TooLarge, or Unavailable when the disk is nearly full."""
        self.size += len(chunk)
        if self.size > self._limits.longest:
            raise TooLarge("document_too_large", limit_mb=self._limits.longest // 1_000_000)
        if self.size - self._asked_at > _ROOM_EVERY:
            self._room = self.size - len(chunk) + self._limits.room()
            self._asked_at = self.size
        if self.size > self._room:
            raise Unavailable("disk_nearly_full")
        try:
            self._file.write(chunk)
        except OSError as error:
            raise Unavailable("disk_nearly_full") from error
        self._hash.update(chunk)
        return len(chunk)

    def seek(self, _offset: int) -> int:
        """Form parsers go back to the start when a file has ended; nothing is read from here."""
        return 0

    def head(self, length: int) -> bytes:
        self._file.flush()
        with self.path.open("rb") as stream:
            return stream.read(length)

    def settle(self) -> None:
        """On the disk, still aside: the slow half of keeping it, done before the store is locked."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise Unavailable("disk_nearly_full") from error

    def keep(self, target: Path) -> None:
        """Under its final name, and still there after a power cut."""
        self.settle()
        try:
            self.path.replace(target)
            _sync_folder(target.parent)
        except OSError as error:
            raise Unavailable("disk_nearly_full") from error

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # a full disk fails the last flush of what is thrown away
            self._file.close()


class DocumentFiles:
    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder = folder
        self._limits = limits

    @contextlib.contextmanager
    def incoming(self) -> Iterator[Incoming]:
        self.sweep()
        try:
            incoming = Incoming(self._folder / f"{_ASIDE}{secrets.token_hex(8)}", self._limits)
        except OSError as error:
            raise Unavailable("disk_nearly_full") from error
        try:
            yield incoming
        finally:
            incoming.close()

    def keep(self, incoming: Incoming) -> None:
        """The same content twice is one file; a damaged older copy is replaced."""
        incoming.keep(self.path_for(incoming.sha256))

    def path_of(self, sha256: str, size: int) -> Path:
        """Raises NotFound when the file is missing or has not the size that it should have."""
        if not self.is_there(sha256, size):
            raise NotFound("document_missing")
        return self.path_for(sha256)

    def is_there(self, sha256: str, size: int) -> bool:
        return _size_of(self.path_for(sha256)) == size

    def path_for(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise NotFound("no_document")
        return self._folder / sha256

    def verify(self, sha256: str) -> bool:
        """Reads the whole file: is its content still what its name says?"""
        try:
            with self.path_for(sha256).open("rb") as stream:
                return hash_of(stream) == sha256
        except OSError:
            return False

    def stamp(self, sha256: str) -> tuple[int, int] | None:
        """Which file this is: another one under the same name has another stamp. None when there is none."""
        try:
            stat = self.path_for(sha256).stat()
        except OSError:
            return None
        return stat.st_ino, stat.st_mtime_ns

    def remove(self, sha256: str) -> None:
        self.path_for(sha256).unlink(missing_ok=True)
        _sync_folder(self._folder)

    def present(self) -> set[str]:
        return {path.name for path in self._folder.iterdir() if _SHA256.fullmatch(path.name)}

    def sweep(self) -> int:
        """Removes what interrupted uploads left; how many files."""
        return sum(_remove_if_abandoned(path) for path in self._folder.glob(f"{_ASIDE}*"))


def hash_of(stream: BinaryIO) -> str:
    return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]  # typeshed asks for readinto()


def _create_locked(path: Path) -> int:
    """A sweep between the two calls takes the file away: then it is made again."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)


def _remove_if_abandoned(path: Path) -> bool:
    """A writer holds the lock for as long as it lives."""
    with contextlib.suppress(OSError), path.open("rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
        return True
    return False


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
