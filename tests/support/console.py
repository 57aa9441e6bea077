"""`admin` commands for tests, each in a process of its own that is forked with its modules imported already.

"Add a user, add a cart, make a link" would otherwise cost a fixture more seconds of imports than of anything else. What
a command does is the real thing: its own process, store, streams and exit code. That it also starts from nothing is
for the tests of the command lines to show, by `subprocess`.
"""

import atexit
import contextlib
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE_SECONDS = 60
_AT_START = ("PYTHON", "LD_", "FAKETIME")  # what a process reads when it starts: a fork would not


def run_admin(
    package: str, arguments: list[str], stdin: str, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """`python -m {package} admin {arguments}`."""
    server = _server(package)
    if _at_start(environment) != server.at_start:
        return subprocess.run(
            [sys.executable, "-m", package, "admin", *arguments],
            cwd=ROOT, input=stdin, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=False,
            env=dict(environment),
        )  # fmt: skip
    return server.run(arguments, stdin, environment)


def _at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_AT_START)}


@cache
def _server(package: str) -> "_Server":
    return _Server(package)


class _Server:
    """The process that has imported `package` and forks. It ends with its standard input, whoever closes that."""

    def __init__(self, package: str) -> None:
        self.at_start = _at_start(os.environ)
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.console", package],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        atexit.register(self._end)

    def run(self, arguments: list[str], stdin: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory() as name, self._lock:
            folder = Path(name)
            (folder / "0").write_text(stdin, encoding="utf-8")
            code = self._ask({"folder": name, "arguments": arguments, "environment": dict(environment)})
            said, complained = ((folder / number).read_text(encoding="utf-8") for number in "12")
            return subprocess.CompletedProcess(arguments, code, said, complained)

    def _ask(self, order: Mapping[str, object]) -> int:
        taken, told = self._process.stdin, self._process.stdout
        assert taken is not None and told is not None
        with contextlib.suppress(BrokenPipeError):  # it has ended: it answers nothing
            taken.write(json.dumps(order).encode() + b"\n")
            taken.flush()
        if not select.select([told], [], [], _PATIENCE_SECONDS)[0]:
            os.killpg(self._process.pid, signal.SIGKILL)
            _server.cache_clear()  # the next command gets a new one
            raise subprocess.TimeoutExpired(str(order["arguments"]), _PATIENCE_SECONDS)
        code = told.readline()
        if not code:
            _server.cache_clear()  # as above
            raise AssertionError(f"the process that forks has ended: {order['arguments']}")
        return int(code)

    def _end(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it was killed before
            self._process.stdin.close()
        self._process.wait(10)


def _serve(package: str, orders: IO[bytes], answers: IO[bytes]) -> dict[str, object] | None:
    """None when there is nothing more to do. In a forked process: what it is there for."""
    importlib.import_module(f"{package}.cli.admin")
    for line in orders:
        child = os.fork()
        if child == 0:
            found: dict[str, object] = json.loads(line)
            return found
        _, status = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n".encode())
        answers.flush()
    return None


def _become(folder: str, environment: Mapping[str, str]) -> None:
    """A process with streams and an environment of its own."""
    for number, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY | os.O_CREAT), (2, os.O_WRONLY | os.O_CREAT)):
        opened = os.open(Path(folder) / str(number), flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - a descriptor, for the process's life
    os.environ.clear()
    os.environ.update(environment)


def main(package: str) -> int:
    if package == "appliance":
        sys.modules["psycopg"] = None  # type: ignore[assignment]  # as its own `__main__` does
    door = importlib.import_module(f"{package}.__main__")
    order = _serve(package, sys.stdin.buffer, sys.stdout.buffer)
    if order is None:
        return 0
    _become(str(order["folder"]), order["environment"])  # type: ignore[arg-type]  # what `_ask` wrote
    code: int = door.main(["admin", *order["arguments"]])  # type: ignore[misc]  # as above
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
