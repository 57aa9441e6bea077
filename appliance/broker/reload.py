"""How a change of credentials reaches the running broker: at once, without dropping anybody else.

The password file is written, the broker told (SIGHUP), and the call returns when the *canary* of this file is let in:
the broker then runs with it. Callers come from several processes and threads; one reload serves all that wait for it.

**Why sessions are ended by hand.** At SIGHUP Mosquitto (2.0.11 to 2.0.22) checks the password of every session again,
those without a connection too. One that fails is entered a second time into the list of sessions to expire, and when it
goes, that list points to freed memory: the broker dies of it, with everybody connected. So no session whose password
is about to fail may lie there at a SIGHUP: we take it over under its client id and end it, before and after.
(docs/decisions/broker.md; it is also why the broker keeps no sessions on disk: those come back without a password.)
"""

import contextlib
import os
import signal
import socket
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

from appliance.broker import password_file
from appliance.broker.configuration import BrokerSettings
from appliance.broker.credentials import write_atomically
from appliance.broker.password_file import PasswordFile, hub_login
from appliance.broker.probe import Answer, Deadline, ask
from appliance.broker.turnstile import Turnstile
from appliance.errors import Unavailable

TIMEOUT_SECONDS = 5.0


class Outcome(StrEnum):
    RELOADED = "reloaded"  # the broker took over what this call wrote
    UNCHANGED = "unchanged"  # it ran with exactly this already
    COVERED = "covered"  # another call's reload, begun after this call was made, brought it
    BROKER_DOWN = "broker_down"  # written; the broker reads it when it starts


def apply_credentials(
    settings: BrokerSettings, load: Callable[[], Mapping[str, str]], timeout_seconds: float = TIMEOUT_SECONDS
) -> Outcome:
    """Makes the broker know exactly the devices that `load` gives (user name -> hash), and our own user.

    Commit first, then call: `load` is read after the call began, by this call or by the one that covers it. Removed
    devices and those with a new password have lost their connections when this returns. Raises `Unavailable` if the
    broker does not answer in time; the file is written then, and the next call tries again.
    """
    deadline = Deadline(timeout_seconds)
    make_folders(settings)
    with Turnstile(settings.lock_path) as turnstile:
        seen = turnstile.begun()
        with turnstile.alone(deadline):
            if turnstile.is_covered(seen):
                return Outcome.COVERED
            turn = turnstile.begin()
            outcome = _take_over(settings, load(), deadline)
            if outcome is not Outcome.BROKER_DOWN:
                turnstile.finish(turn)
            return outcome


def catch_up(settings: BrokerSettings, timeout_seconds: float = TIMEOUT_SECONDS) -> Outcome:
    """For a broker that has just started: what was written while it was reading its files is taken over now."""
    deadline = Deadline(timeout_seconds)
    with Turnstile(settings.lock_path) as turnstile, turnstile.alone(deadline):
        return _settle(settings, password_file.read(settings.credentials_path), deadline)


def make_folders(settings: BrokerSettings) -> None:
    for folder in (settings.data_path, settings.runtime_path):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _take_over(settings: BrokerSettings, devices: Mapping[str, str], deadline: Deadline) -> Outcome:
    current = password_file.read(settings.credentials_path)
    following = current.changed_to(password_file.everyone(settings, devices, current))
    if following is current:
        return _settle(settings, current, deadline)
    write_atomically(settings.credentials_path, following.render())
    return _reload(settings, following, deadline)


def _settle(settings: BrokerSettings, written: PasswordFile, deadline: Deadline) -> Outcome:
    """For a file that may have been taken over already, or not, as when its writer was killed before the reload."""
    answer = ask(settings.socket_path, written.canary, deadline)
    if answer in _AT_ONCE and not written.leaving:
        return _AT_ONCE[answer]
    return _reload(settings, written, deadline)


_AT_ONCE = {Answer.ACCEPTED: Outcome.UNCHANGED, Answer.ABSENT: Outcome.BROKER_DOWN}


def _reload(settings: BrokerSettings, written: PasswordFile, deadline: Deadline) -> Outcome:
    pid = _listener_pid(settings.socket_path)
    if pid is None:
        return Outcome.BROKER_DOWN
    _end_sessions(settings, written.leaving, deadline)
    with contextlib.suppress(ProcessLookupError):  # it just ended: the next answer says so
        os.kill(pid, signal.SIGHUP)
    if not _is_taken_over(settings, written, deadline):
        return Outcome.BROKER_DOWN
    if written.leaving and _end_sessions(settings, written.leaving, deadline):
        write_atomically(settings.credentials_path, written.with_nobody_leaving().render())
    return Outcome.RELOADED


def _is_taken_over(settings: BrokerSettings, written: PasswordFile, deadline: Deadline) -> bool:
    """False: the broker ended meanwhile."""
    while True:
        answer = ask(settings.socket_path, written.canary, deadline)
        if answer is Answer.ACCEPTED:
            return True
        if answer is Answer.ABSENT:
            return False
        if deadline.is_over:
            raise Unavailable("broker_unavailable")
        deadline.pause()


def _end_sessions(settings: BrokerSettings, client_ids: Iterable[str], deadline: Deadline) -> bool:
    """Whether all are gone. Only the internal listener lets a client choose its id, and only we reach it."""
    hub = hub_login(settings)
    answers = [ask(settings.socket_path, replace(hub, client_id=name), deadline) for name in client_ids]
    return all(answer is Answer.ACCEPTED for answer in answers)


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
