"""The only way to the city: HTTPS with mutual TLS to a pinned authority. The home of `requests` in the uplink.

Knows how to ask and how to tell what went wrong; not what is asked. OpenSSL does not judge times here, because a box
may wake up in 1970: the certificate that was shown is held against the time that we believe, once there is one.
"""

import contextlib
import json
import socket
import ssl
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError, IncompleteRead
from urllib3.util import SKIP_HEADER

from appliance.broker.credentials import write_atomically
from appliance.domain.naming import host_in_url
from protocol.uplink import MAX_BODY_BYTES
from uplink.diagnosis import ServerExpired, read_error, read_refusal
from uplink.keys import Keys, Validity, validity_of_der
from uplink.trouble import Trouble, TroubleCode

_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which Python does not name
_CONNECT_SECONDS = 10.0
_SILENCE_SECONDS = 40.0
_WHOLE_SECONDS = 60.0
_SLOWEST = 2_000  # bytes a second, below which a body is given up
_IDLE_SECONDS = 150.0  # two hellos: the city keeps a connection for longer
_IDLE_BEHIND_PROXY_SECONDS = 20.0  # proxies cut silent connections at a minute, some at half of one
_PROBES = ((socket.TCP_KEEPIDLE, 30), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 2))
_CHUNK = 65_536
_KNOWN = 4
_UNSAID = {"User-Agent": SKIP_HEADER, "Accept-Encoding": SKIP_HEADER}  # the city asks for neither, and each is paid for
_BROKEN = (requests.RequestException, HTTPError, OSError, ValueError)
_ELSEWHERE = (TroubleCode.DNS, TroubleCode.TLS)  # a resolver that is dead, or lies

# Both are meant: the one request that `trusting` is for, and a machine that woke up in 1970.
warnings.filterwarnings("ignore", message="Unverified HTTPS request|System time is way off")

Believed = Callable[[], datetime | None]


@dataclass(frozen=True, slots=True)
class Request:
    """`body` as it goes over the line. `into`: where a large answer is written instead of being kept in memory."""

    method: str
    path: str
    body: bytes | Path = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    most: int = MAX_BODY_BYTES
    into: Path | None = None
    seconds: float = _WHOLE_SECONDS

    @property
    def size(self) -> int:
        return self.body.stat().st_size if isinstance(self.body, Path) else len(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str]


class _Pinned(ssl.SSLContext):
    """Trusts one authority. Remembers whom it last spoke with: the certificate's validity, the address, the socket."""

    believed: Believed
    shown: Validity | None = None
    peer: str = ""
    open_socket: socket.socket | None = None

    def wrap_socket(self, *arguments: Any, **rest: Any) -> ssl.SSLSocket:
        wrapped = super().wrap_socket(*arguments, **rest)
        der = wrapped.getpeercert(binary_form=True)
        self.shown = None if der is None else validity_of_der(der)
        self.peer, self.open_socket = str(wrapped.getpeername()[0]), wrapped
        _keep_alive(wrapped)
        at = self.believed()
        if at is not None and self.shown is not None and not self.shown.holds(at):
            wrapped.close()
            raise ServerExpired(f"shown: valid until {self.shown.ends:%Y-%m-%d}")
        return wrapped


def _keep_alive(wrapped: ssl.SSLSocket) -> None:
    """A router that has forgotten the connection is noticed while nothing is said, not by the next hello."""
    with contextlib.suppress(OSError):
        wrapped.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, seconds in _PROBES:
            wrapped.setsockopt(socket.IPPROTO_TCP, option, seconds)


def pinned(authority: str, believed: Believed, keys: Keys | None = None) -> _Pinned:
    """`keys`: shown to the city as well."""
    context = _Pinned(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.believed = believed
    context.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME)
    try:
        context.load_verify_locations(cadata=authority)
        if keys is not None:
            context.load_cert_chain(keys.certificate_path, keys.key_path)
    except (ssl.SSLError, OSError, ValueError) as error:
        raise Trouble(TroubleCode.IDENTITY, str(error)) from error
    return context


def trusting(believed: Believed) -> _Pinned:
    """For the one request that comes before any trust: what it brings is compared with the code's mark."""
    context = _Pinned(ssl.PROTOCOL_TLS_CLIENT)
    context.believed = believed
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class _Adapter(HTTPAdapter):
    """`name`: whose certificate is wanted, where the URL holds an address."""

    def __init__(self, context: _Pinned, name: str = "") -> None:
        self._given: dict[str, Any] = {"ssl_context": context}
        if name:
            self._given["server_hostname"] = name
        super().__init__(pool_maxsize=1)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **rest: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **rest, **self._given)

    def proxy_manager_for(self, proxy: str, **rest: Any) -> Any:
        return super().proxy_manager_for(proxy, **rest, **self._given)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing to add: the library would load its own authorities beside the pinned one."""
        conn.cert_reqs = "CERT_NONE" if self._given["ssl_context"].verify_mode == ssl.CERT_NONE else "CERT_REQUIRED"


class Client:
    """One at a time; `close` from another thread, or from a signal, ends what it waits for."""

    def __init__(self, address: str, context: _Pinned, folder: Path) -> None:
        self._address = address.rstrip("/")
        self._context = context
        self._known_path = folder / "addresses.json"
        self._session = self._open()
        self._asked_at = 0.0
        self._is_closed = False

    def ask(self, request: Request) -> Answer:
        """An answer below 400. Raises Trouble for everything else."""
        reused = bool(self._asked_at) and time.monotonic() - self._asked_at < self._idle_seconds()
        if not reused:
            self._session.close()
        try:
            answer = self._try(request)
        except Trouble as trouble:
            self._session.close()
            answer = self._again(request, trouble, reused)
        self._asked_at = time.monotonic()
        refusal = read_refusal(answer.status, answer.headers, answer.body)
        if refusal is not None:
            raise refusal
        return answer

    @property
    def shown(self) -> Validity | None:
        """Of the certificate that the city showed last."""
        return self._context.shown

    def close(self) -> None:
        self._is_closed = True
        self._hang_up()
        self._session.close()

    def _again(self, request: Request, trouble: Trouble, reused: bool) -> Answer:
        """Once more where that may help at once: every request of ours may arrive twice."""
        if self._is_closed:
            raise trouble
        if reused and trouble.code is TroubleCode.CUT:  # it had been closed at the other end meanwhile
            return self._try(request)
        if trouble.code in _ELSEWHERE and not self._proxies():
            return self._elsewhere(request, trouble)
        raise trouble

    def _elsewhere(self, request: Request, trouble: Trouble) -> Answer:
        """Where the city was last found. Its certificate must still bear its name."""
        for known in self._known():
            with contextlib.suppress(Trouble):
                self._session = self._open(_name_of(self._address))
                try:
                    return self._try(request, known)
                finally:
                    self._session.close()
                    self._session = self._open()
        raise trouble

    def _try(self, request: Request, there: str = "") -> Answer:
        base = _with_host(self._address, there) if there else self._address
        headers = {**_UNSAID, "Host": urlsplit(self._address).netloc, **request.headers}
        watch = threading.Timer(request.seconds + request.size / _SLOWEST, self._hang_up)
        watch.daemon = True
        watch.start()
        began = time.monotonic()
        try:
            with _opened(request.body) as body, self._session.request(
                request.method, base + request.path, data=body, headers=headers, stream=True, allow_redirects=False,
                timeout=(_CONNECT_SECONDS, _SILENCE_SECONDS), proxies=self._proxies(),
            ) as response:  # fmt: skip
                told = {name.lower(): value for name, value in response.headers.items()}
                answer = Answer(response.status_code, _read(response, request), told)
        except _BROKEN as error:
            is_late = time.monotonic() - began >= request.seconds
            raise Trouble(TroubleCode.SLOW, str(error)) if is_late else read_error(error) from error
        finally:
            watch.cancel()
        self._remember()
        return answer

    def _open(self, name: str = "") -> requests.Session:
        session = requests.Session()
        session.trust_env = (
            False  # a .netrc or a bundle of the machine has no say here; the proxies are asked for below
        )
        session.headers.clear()
        session.mount("https://", _Adapter(self._context, name))
        return session

    def _idle_seconds(self) -> float:
        return _IDLE_BEHIND_PROXY_SECONDS if self._proxies() else _IDLE_SECONDS

    def _proxies(self) -> dict[str, str]:
        return get_environ_proxies(self._address)

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            if self._context.open_socket is not None:
                self._context.open_socket.shutdown(socket.SHUT_RDWR)

    def _known(self) -> list[str]:
        try:
            known = json.loads(self._known_path.read_text())
        except (OSError, ValueError):
            return []
        return [one for one in known if isinstance(one, str)] if isinstance(known, list) else []

    def _remember(self) -> None:
        """For a day without DNS. An address is written when it is new: not once a minute on a card."""
        known, peer = self._known(), self._context.peer
        if not peer or peer in known or self._proxies() or self._context.verify_mode == ssl.CERT_NONE:
            return
        with contextlib.suppress(OSError):
            write_atomically(self._known_path, json.dumps([peer, *known][:_KNOWN]))


def _name_of(address: str) -> str:
    return urlsplit(address).hostname or ""


def _with_host(address: str, host: str) -> str:
    parts = urlsplit(address)
    return parts._replace(netloc=f"{host_in_url(host)}:{parts.port or 443}").geturl()


@contextlib.contextmanager
def _opened(body: bytes | Path) -> Iterator[bytes | IO[bytes]]:
    if isinstance(body, bytes):
        yield body
        return
    with body.open("rb") as file:
        yield file


def _read(response: requests.Response, request: Request) -> bytes:
    """Bounded in bytes, and not at one byte a second for ever. A length that was declared must be there."""
    kept, total, began = bytearray(), 0, time.monotonic()
    with contextlib.ExitStack() as stack:
        into = None
        if request.into is not None and response.status_code < 300:
            into = stack.enter_context(request.into.open("wb"))
        while chunk := response.raw.read1(_CHUNK, decode_content=False):
            total += len(chunk)
            if total > request.most:
                raise Trouble(TroubleCode.FOREIGN, f"an answer of more than {request.most} bytes")
            lasted = time.monotonic() - began
            if lasted > _WHOLE_SECONDS and total < lasted * _SLOWEST:
                raise Trouble(TroubleCode.SLOW, f"{total} bytes in {lasted:.0f} s")
            if into is None:
                kept += chunk
            else:
                into.write(chunk)
    _must_be_whole(response.headers.get("Content-Length", ""), total)
    return bytes(kept)


def _must_be_whole(declared: str, total: int) -> None:
    if declared.isdecimal() and int(declared) != total:
        raise IncompleteRead(total, int(declared) - total)  # broken like any other: it may be us who hung up
