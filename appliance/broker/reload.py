"""How a change of credentials reaches the running broker: at once, without dropping anybody else.

Owns the password file, the hub's own password, and the reload. The file is written, the broker told (SIGHUP), and the
call returns when a *canary*, a user whose password is new with each file, is let in: the broker then runs with this
file or a newer one. Callers come from several processes and threads; one reload serves all that wait for it.
"""

import contextlib
import fcntl
import os
import secrets
import signal
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from appliance.broker.configuration import CANARY_USERNAME, HUB_USERNAME, BrokerSettings
from appliance.broker.credentials import (
    hash_password,
    new_password,
    parse_password_file,
    render_password_file,
    verify_password,
    write_atomically,
)
from appliance.broker.probe import Answer, Deadline, Login, ask
from appliance.errors import Invalid, Unavailable

TIMEOUT_SECONDS = 5.0
CANARY_MARK = "# canary "


class Outcome(StrEnum):
    RELOADED = "reloaded"  # the broker took over what this call wrote
    UNCHANGED = "unchanged"  # it ran with exactly this already
    COVERED = "covered"  # another call's reload, begun after this call was made, brought it
    BROKER_DOWN = "broker_down"  # written; the broker reads it when it starts


def hub_password(settings: BrokerSettings) -> str:
    """The password of our own user. Made at the first call, the same for every process and every start after that."""
    path = settings.hub_password_path
    with contextlib.suppress(FileNotFoundError):
        return path.read_text(encoding="ascii").strip()
    aside = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    write_atomically(aside, new_password() + "\n")
    try:
        with contextlib.suppress(FileExistsError):  # another process was first: its password counts
            os.link(aside, path)
    finally:
        aside.unlink()
    return path.read_text(encoding="ascii").strip()


def hub_login(settings: BrokerSettings) -> Login:
    return Login(HUB_USERNAME, hub_password(settings))


def apply_credentials(
    settings: BrokerSettings, load: Callable[[], Mapping[str, str]], timeout_seconds: float = TIMEOUT_SECONDS
) -> Outcome:
    """Makes the broker know exactly the devices that `load` gives (user name -> hash), and our own user.

    Commit first, then call: `load` is read after the call began, by this call or by the one that covers it. Removed
    devices and those with a new password have lost their connections when this returns. Raises `Unavailable` if the
    broker does not answer in time; the file is written then, and the next call tries again.
    """
    deadline = Deadline(timeout_seconds)
    with _Turnstile(settings.lock_path) as turnstile:
        seen = turnstile.begun()
        with turnstile.alone(deadline):
            if turnstile.is_covered(seen):
                return Outcome.COVERED
            turn = turnstile.begin()
            outcome = _take_over(settings, load(), deadline)
            if outcome is not Outcome.BROKER_DOWN:
                turnstile.finish(turn)
            return outcome


class _Turnstile:
    """One reload at a time among all processes, and two counters: reloads begun, and the last that was finished.

    A reload reads the credentials after it has counted itself as begun. So whoever commits, then reads `begun`, then
    sees a *later* one finished, knows that his commit was read.
    """

    _COUNTERS = struct.Struct("=QQ")

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> "_Turnstile":
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def begun(self) -> int:
        return self._read()[0]

    def is_covered(self, seen: int) -> bool:
        return self._read()[1] > seen

    def begin(self) -> int:
        begun, finished = self._read()
        self._write(begun + 1, finished)
        return begun + 1

    def finish(self, turn: int) -> None:
        self._write(turn, turn)

    @contextlib.contextmanager
    def alone(self, deadline: Deadline) -> Iterator[None]:
        while not self._locked():
            if deadline.is_over:
                raise Unavailable("broker_busy")
            deadline.pause()
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _locked(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _read(self) -> tuple[int, int]:
        raw = os.pread(self._file, self._COUNTERS.size, 0)
        begun, finished = self._COUNTERS.unpack(raw) if len(raw) == self._COUNTERS.size else (0, 0)
        return begun, finished

    def _write(self, begun: int, finished: int) -> None:
        os.pwrite(self._file, self._COUNTERS.pack(begun, finished), 0)


@dataclass(frozen=True, slots=True)
class _PasswordFile:
    """The file's content; the canary's password stands in a comment, so that one rename changes both."""

    credentials: Mapping[str, str]
    canary: Login

    def render(self) -> str:
        everyone = {**self.credentials, CANARY_USERNAME: hash_password(self.canary.password)}
        return f"{CANARY_MARK}{self.canary.password}\n{render_password_file(everyone)}"


def _take_over(settings: BrokerSettings, devices: Mapping[str, str], deadline: Deadline) -> Outcome:
    current = _read_password_file(settings.credentials_path)
    wanted = {**devices, HUB_USERNAME: _hub_hash(settings, current)}
    if len(wanted) == len(devices) or CANARY_USERNAME in devices:
        raise Invalid("username_reserved")
    if current is None or dict(current.credentials) != wanted:
        current = _PasswordFile(wanted, Login(CANARY_USERNAME, new_password()))
        write_atomically(settings.credentials_path, current.render())
    else:
        answer = ask(settings.socket_path, current.canary, deadline)
        if answer in _AT_ONCE:
            return _AT_ONCE[answer]
    return _reload(settings, current.canary, deadline)


_AT_ONCE = {Answer.ACCEPTED: Outcome.UNCHANGED, Answer.ABSENT: Outcome.BROKER_DOWN}


def _reload(settings: BrokerSettings, canary: Login, deadline: Deadline) -> Outcome:
    pid = _listener_pid(settings.socket_path)
    if pid is None:
        return Outcome.BROKER_DOWN
    with contextlib.suppress(ProcessLookupError):  # it just ended: the next answer says so
        os.kill(pid, signal.SIGHUP)
    while True:
        answer = ask(settings.socket_path, canary, deadline)
        if answer is Answer.ACCEPTED:
            return Outcome.RELOADED
        if answer is Answer.ABSENT:
            return Outcome.BROKER_DOWN
        if deadline.is_over:
            raise Unavailable("broker_unavailable")
        deadline.pause()


def _listener_pid(socket_path: Path) -> int | None:
    """Who listens there, from the kernel. A pid file outlives its process, and SIGHUP to a stranger kills him."""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(socket_path))
            raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        except OSError:
            return None
    pid: int = struct.unpack("3i", raw)[0]
    return pid


def _hub_hash(settings: BrokerSettings, current: _PasswordFile | None) -> str:
    password = hub_password(settings)
    known = current.credentials.get(HUB_USERNAME, "") if current else ""
    return known if verify_password(known, password) else hash_password(password)


def _read_password_file(path: Path) -> _PasswordFile | None:
    """None: there is none yet, or not one of ours. It holds nothing that `load` does not give again."""
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    first, _, _ = text.partition("\n")
    if not first.startswith(CANARY_MARK):
        return None
    credentials = parse_password_file(text)
    credentials.pop(CANARY_USERNAME, None)
    return _PasswordFile(credentials, Login(CANARY_USERNAME, first.removeprefix(CANARY_MARK)))
