"""A real PostgreSQL of the tests' own: in a temporary folder, on a Unix socket, without fsync, gone at the end."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.appliance import wait_for
from tests.support.processes import family, kill, wait_gone

_OPTIONS = "-c listen_addresses= -c shared_buffers=64MB -c max_connections=200"
_HASTY = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


class Postgres:
    """One server. `url` names one of its databases; `stop` and `start` are for tests of its absence.

    `careful`: as it is installed, a commit being on the disk before it is told.
    """

    def __init__(self, folder: Path, *, careful: bool = False) -> None:
        self.folder = folder
        self._data = folder / "data"
        self._options = f"{_OPTIONS} -k {folder}" + ("" if careful else f" {_HASTY}")

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def create(self) -> None:
        self._run("initdb", "--pgdata", str(self._data), "--username=postgres", "--auth=trust", "--no-sync",
                  "--encoding=UTF8", "--locale=C.UTF-8")  # fmt: skip
        self.start()

    def start(self) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-w", "-l", str(self.folder / "log"), "-o", self._options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", "fast", "stop")

    def kill(self) -> int:
        """All its processes, with -9; what they leave behind is for the next start. Their parent's pid."""
        first = self._pid()
        os.kill(first, signal.SIGSTOP)  # nobody is born meanwhile
        everybody = family(first)
        kill(*everybody)
        wait_gone(everybody)
        for left in (self._data / "postmaster.pid", self.folder / ".s.PGSQL.5432.lock"):
            left.unlink(missing_ok=True)  # they name a process that nobody may have buried yet

        return first

    def kill_one(self) -> int:
        """A backend that serves somebody, with -9: the server ends all the others, too, and begins anew by itself."""
        return wait_for(self._kill_first_backend, 10, "a backend that serves somebody")

    def _kill_first_backend(self) -> int | None:
        for pid in family(self._pid()):
            if b"[local]" in _words_of(pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    return pid
        return None

    def _pid(self) -> int:
        return int((self._data / "postmaster.pid").read_text().splitlines()[0])

    def new_database(self, name: str) -> str:
        self.drop_database(name)
        self._run("createdb", "--host", str(self.folder), "--username=postgres", name)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        self._run("dropdb", "--host", str(self.folder), "--username=postgres", "--if-exists", "--force", name)

    def _run(self, program: str, *arguments: str) -> None:
        """PostgreSQL refuses to be root's."""
        command = [str(_programs() / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        done = subprocess.run(
            command, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    assert found, "PostgreSQL is missing: ./run test installs it"
    return found[-1]


def _words_of(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


@contextmanager
def running_postgres(*, careful: bool = False, within: Path | None = None) -> Iterator[Postgres]:
    folder = Path(tempfile.mkdtemp(prefix="preau-pg-", dir=within))  # short: a socket's path holds 108 bytes
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    server = Postgres(folder, careful=careful)
    try:
        server.create()
        yield server
    finally:
        if (folder / "data/postmaster.pid").exists():
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
