"""The folder of secrets: each file is made once, whole or not at all, by one process of those that start together.

Owns how they are written. A file that does not read stops the start with its path; it is never replaced.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from central.errors import CannotStart

_PRIVATE = 0o600
_PUBLIC = 0o644


class KeyFolder:
    def __init__(self, path: Path) -> None:
        self._path = path

    def path_of(self, name: str) -> Path:
        return self._path / name

    def has(self, name: str) -> bool:
        return self.path_of(name).exists()

    def read(self, name: str) -> bytes:
        path = self.path_of(name)
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise CannotStart("key_unreadable", f"{path} ne peut pas être lu ({error.strerror}).") from error
        if not raw:
            raise unreadable(path)
        return raw

    def made_once(self, name: str, make: Callable[[], bytes], *, public: bool = False) -> bytes:
        """What is in the file; made by `make` when there is none. Others who come at the same time wait."""
        if not self.has(name):
            with self.locked():
                if not self.has(name):
                    self.write(name, make(), public=public)
        return self.read(name)

    def write(self, name: str, raw: bytes, *, public: bool = False) -> None:
        """Aside, fsync, rename, fsync of the folder: after a cut it is the old one or the new one."""
        aside = self.path_of(f"{name}.new")
        mode = _PUBLIC if public else _PRIVATE
        aside.unlink(missing_ok=True)  # of one who was killed; it may have other rights
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(file.fileno(), mode)
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(self.path_of(name))
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        self._sync()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One writer of this machine at a time. The lock goes with the process, however it ends."""
        self._make()
        descriptor = os.open(self.path_of("lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _make(self) -> None:
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise CannotStart(
                "keys_unwritable", f"Le dossier {self._path} ne peut pas être créé ({error.strerror})."
            ) from error

    def _sync(self) -> None:
        descriptor = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def unreadable(path: Path) -> CannotStart:
    return CannotStart(
        "key_damaged",
        f"{path} est endommagé. Rien n’a été modifié. Remettez ce fichier depuis une sauvegarde du dossier "
        f"{path.parent} : sans lui, les écoles ne reconnaîtraient plus la ville.",
    )
