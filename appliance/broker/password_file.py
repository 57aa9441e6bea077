"""The password file: everyone whom the broker lets in, and in its comments what a reload has to know.

Owns the file's content and the hub's own password. Talks to no broker.
"""

import contextlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from appliance.broker.configuration import CANARY_USERNAME, HUB_USERNAME, BrokerSettings
from appliance.broker.credentials import (
    hash_password,
    new_password,
    parse_password_file,
    render_password_file,
    verify_password,
    write_atomically,
)
from appliance.broker.probe import Login
from appliance.errors import Invalid

_CANARY_MARK = "# canary "
_LEAVING_MARK = "# leaving "


@dataclass(frozen=True, slots=True)
class PasswordFile:
    """`canary`: its password is new with each change: if the broker lets it in, it has read this file.

    `leaving`: users who were removed or got a new password, and whose old sessions the broker may still hold. In one
    file with the passwords, so that one rename changes all three.
    """

    credentials: Mapping[str, str] = field(default_factory=dict)
    canary: Login = field(default_factory=lambda: Login(CANARY_USERNAME, new_password()))
    leaving: frozenset[str] = frozenset()

    def changed_to(self, credentials: Mapping[str, str]) -> Self:
        """This file itself if nothing changes; else one with a new canary, that says who is leaving."""
        if dict(credentials) == dict(self.credentials):
            return self
        gone = {name for name, known in self.credentials.items() if credentials.get(name) != known}
        return type(self)(credentials, leaving=self.leaving | gone)

    def with_nobody_leaving(self) -> Self:
        return replace(self, leaving=frozenset())

    def render(self) -> str:
        everyone = {**self.credentials, CANARY_USERNAME: hash_password(self.canary.password)}
        marks = f"{_CANARY_MARK}{self.canary.password}\n{_LEAVING_MARK}{' '.join(sorted(self.leaving))}\n"
        return marks + render_password_file(everyone)


def parse(text: str) -> PasswordFile:
    """What cannot be read as ours is as good as none: the caller gives everything again, and writes a new file."""
    canary, leaving = (_marked(text, mark) for mark in (_CANARY_MARK, _LEAVING_MARK))
    if not canary:
        return PasswordFile()
    credentials = parse_password_file(text)
    credentials.pop(CANARY_USERNAME, None)
    return PasswordFile(credentials, Login(CANARY_USERNAME, canary), frozenset(leaving.split()))


def read(path: Path) -> PasswordFile:
    try:
        return parse(path.read_text(encoding="ascii"))
    except (FileNotFoundError, UnicodeDecodeError):
        return PasswordFile()


def everyone(settings: BrokerSettings, devices: Mapping[str, str], current: PasswordFile) -> dict[str, str]:
    """The devices and our own user, whose hash stays as it is as long as it fits."""
    reserved = devices.keys() & {HUB_USERNAME, CANARY_USERNAME}
    if reserved:
        raise Invalid("username_reserved", name=min(reserved))
    password = hub_password(settings)
    known = current.credentials.get(HUB_USERNAME, "")
    fits = verify_password(known, password)
    return {**devices, HUB_USERNAME: known if fits else hash_password(password)}


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


def _marked(text: str, mark: str) -> str:
    return next((line.removeprefix(mark) for line in text.splitlines() if line.startswith(mark)), "")
