"""Getting a document or a package over HTTP, as a device must: with its credentials, checked, resumed after a cut.

Runs in a thread; keeps nothing of what it reads but the hash. The only module with enrollment.py that knows requests.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

import requests

# What is read of a piece that a cut interrupts is lost: small pieces make progress on a bad line.
CHUNK_BYTES = 64 * 1024
TIMEOUT_SECONDS = (5.0, 20.0)
TRIES = 6
LONGEST_WAIT_SECONDS = 10.0


@dataclass(frozen=True)
class Wanted:
    url: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Credentials:
    username: str
    password: str = field(repr=False)
    ca_path: str | None = None


class _TryAgain(Exception):
    def __init__(self, reason: str, wait_seconds: float) -> None:
        super().__init__(reason)
        self.wait_seconds = wait_seconds


class _Hopeless(Exception):
    """Trying again cannot help."""


@dataclass
class _Progress:
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    received: int = 0

    def take(self, chunk: bytes) -> None:
        self.digest.update(chunk)
        self.received += len(chunk)

    def start_over(self) -> None:
        self.digest, self.received = hashlib.sha256(), 0


def fetch(wanted: Wanted, credentials: Credentials, wait: Callable[[float], bool]) -> str | None:
    """None when the file came whole and is the one announced, else why not.

    `wait` sleeps and returns True when the simulator is ending.
    """
    progress = _Progress()
    reason = "download failed"
    for attempt in range(TRIES):
        try:
            _continue(wanted, credentials, progress)
            return None
        except _Hopeless as error:
            return str(error)
        except _TryAgain as error:
            reason = str(error)
            if wait(min(LONGEST_WAIT_SECONDS, error.wait_seconds * (attempt + 1))):
                break
    return reason


def _continue(wanted: Wanted, credentials: Credentials, progress: _Progress) -> None:
    headers = {"Accept-Encoding": "identity"}
    if progress.received:
        headers |= {"Range": f"bytes={progress.received}-", "If-Range": f'"{wanted.sha256}"'}
    try:
        with requests.Session() as session:
            session.trust_env = False  # a tablet knows no proxy and no .netrc of this machine
            session.auth = (credentials.username, credentials.password)
            session.verify = credentials.ca_path or True
            with session.get(wanted.url, headers=headers, stream=True, timeout=TIMEOUT_SECONDS) as response:
                _check_answer(response, progress)
                _read(response, wanted, progress)
    except requests.RequestException as error:
        raise _TryAgain(f"connection lost: {type(error).__name__}", 0.2) from None
    if progress.received < wanted.size:
        raise _TryAgain("connection lost", 0.2)
    if progress.digest.hexdigest() != wanted.sha256:
        raise _Hopeless("sha256 differs")


def _check_answer(response: requests.Response, progress: _Progress) -> None:
    if response.status_code == 503:
        raise _TryAgain("not ready at the appliance", _retry_after(response))
    if response.status_code == 206:
        if not response.headers.get("Content-Range", "").startswith(f"bytes {progress.received}-"):
            raise _Hopeless("wrong range in the answer")
    elif response.status_code == 200:
        progress.start_over()
    else:
        raise _Hopeless(f"HTTP {response.status_code}")


def _read(response: requests.Response, wanted: Wanted, progress: _Progress) -> None:
    for chunk in response.iter_content(CHUNK_BYTES):
        progress.take(chunk)
        if progress.received > wanted.size:
            raise _Hopeless("larger than announced")


def _retry_after(response: requests.Response) -> float:
    try:
        return max(0.1, float(response.headers.get("Retry-After", "1")))
    except ValueError:
        return 1.0
