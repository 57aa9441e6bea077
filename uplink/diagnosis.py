"""Reads what stopped a request, or what answered it, into one word. Pure: knows neither a session nor a socket.

Errors come wrapped in each other, several deep; the innermost tells most. The library's own classes are known by their
names, so that only the client imports it.
"""

import errno
import http.client
import socket
import ssl
from collections.abc import Iterator, Mapping

from protocol.strict_json import Malformed, read_object
from protocol.uplink_door import DoorRefusal
from uplink.trouble import ClaimTrouble, Trouble, TroubleCode

_NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL)
_OURS_IS_OLD = ("CERTIFICATE_EXPIRED",)
_NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNEXPECTED_MESSAGE", "RECORD_LAYER_FAILURE")
_CUT = ("UNEXPECTED_EOF", "EOF occurred")
_ENDED = (ssl.SSLZeroReturnError, ssl.SSLEOFError, ssl.SSLSyscallError)  # a line that was cut while it was silent
_HTML = ("text/html", "application/xhtml")


class ServerExpired(ssl.SSLError):
    """The certificate that was shown is not valid at the time that we believe."""


def read_error(error: BaseException) -> Trouble:
    causes = list(_causes(error))
    detail = f"{type(causes[-1]).__name__}: {causes[-1]}"
    is_tls = any(isinstance(cause, ssl.SSLError) for cause in causes)
    if not is_tls and any(type(cause).__name__ == "ProxyError" for cause in causes):
        return Trouble(TroubleCode.PROXY, detail)  # not reached, or it refused: the line beyond it was not tried
    for cause in causes:
        code = _of_tls(cause) if isinstance(cause, ssl.SSLError) else _of_socket(cause)
        if code is not None:
            return Trouble(code, detail)
    return Trouble(TroubleCode.CUT, detail)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Outermost first, each once."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = (one.__cause__, one.__context__, getattr(one, "reason", None), *one.args)
        waiting.extend(next_one for next_one in inner if isinstance(next_one, BaseException))


def _of_tls(error: ssl.SSLError) -> TroubleCode | None:
    if isinstance(error, ServerExpired):
        return TroubleCode.EXPIRED
    if isinstance(error, ssl.SSLCertVerificationError):
        return TroubleCode.TLS
    if isinstance(error, _ENDED):
        return TroubleCode.CUT
    told = str(error).upper()
    if any(word in told for word in _OURS_IS_OLD):
        return TroubleCode.CERTIFICATE
    if "ALERT" in told:
        return TroubleCode.REFUSED_US
    if any(word in told for word in _NOT_TLS):
        return TroubleCode.PORTAL
    return TroubleCode.CUT if any(word.upper() in told for word in _CUT) else TroubleCode.TLS


_BY_TYPE: tuple[tuple[type[BaseException], TroubleCode], ...] = (
    (socket.gaierror, TroubleCode.DNS),
    (ConnectionRefusedError, TroubleCode.REFUSED),
    (TimeoutError, TroubleCode.TIMEOUT),
    (ConnectionError, TroubleCode.CUT),
    (http.client.HTTPException, TroubleCode.CUT),
)
_BY_NAME = {
    "ReadTimeoutError": TroubleCode.TIMEOUT,
    "ConnectTimeoutError": TroubleCode.TIMEOUT,
    "ReadTimeout": TroubleCode.TIMEOUT,
    "InvalidProxyURL": TroubleCode.PROXY,
}


def _of_socket(error: BaseException) -> TroubleCode | None:
    if type(error).__name__ in _BY_NAME:
        return _BY_NAME[type(error).__name__]
    if isinstance(error, OSError) and error.errno in _NO_WAY:
        return TroubleCode.UNREACHABLE
    return next(
        (code for kind, code in _BY_TYPE if type(error).__module__ != "urllib3" and isinstance(error, kind)), None
    )


def read_refusal(status: int, headers: Mapping[str, str], body: bytes) -> Trouble | None:
    """None for an answer in the city's form that is no refusal."""
    kind = headers.get("content-type", "")
    if 300 <= status < 400 or (kind.startswith(_HTML) and status != 204):
        return Trouble(TroubleCode.PORTAL, f"HTTP {status} {kind}", status=status)
    if status < 400:
        return None
    told = error_code(body)
    code = _BY_TOLD.get(told) or _BY_STATUS.get(status)
    if code is None:
        code = TroubleCode.SERVER if status >= 500 else TroubleCode.REJECTED
    asked = _seconds(headers.get("retry-after", ""))
    return Trouble(code, f"HTTP {status} {told}".strip(), retry_after=asked, status=status, answer=body)


_BY_STATUS = {
    401: TroubleCode.REFUSED_US,
    403: TroubleCode.REFUSED_US,
    407: TroubleCode.PROXY,
    426: TroubleCode.TOO_OLD,
    429: TroubleCode.BUSY,
    502: TroubleCode.BUSY,
    503: TroubleCode.BUSY,
    504: TroubleCode.BUSY,
    507: TroubleCode.CITY_FULL,
}
_BY_TOLD: dict[str, TroubleCode | ClaimTrouble] = {
    "disk_full": TroubleCode.CITY_FULL,
    DoorRefusal.CERTIFICATE_EXPIRED: TroubleCode.CERTIFICATE,
    DoorRefusal.RENEWAL_TOO_LATE: TroubleCode.CERTIFICATE,
    DoorRefusal.CERTIFICATE_REVOKED: TroubleCode.REVOKED,
    DoorRefusal.APPLIANCE_REVOKED: TroubleCode.REVOKED,
    DoorRefusal.APPLIANCE_REPLACED: TroubleCode.REPLACED,
    DoorRefusal.CODE_UNKNOWN: ClaimTrouble.UNKNOWN,
    DoorRefusal.CODE_REVOKED: ClaimTrouble.UNKNOWN,
    DoorRefusal.CODE_USED: ClaimTrouble.USED,
    DoorRefusal.CODE_EXPIRED: ClaimTrouble.LATE,
    "city_not_initialized": ClaimTrouble.NOT_READY,
}


def error_code(body: bytes) -> str:
    """The stable word in an answer of the city's server; empty when there is none."""
    try:
        document = read_object(body)
    except Malformed:
        return ""
    inner = document.get("error")
    told = inner.get("code") if isinstance(inner, dict) else document.get("code", inner)
    return told[:64] if isinstance(told, str) else ""


def _seconds(text: str) -> float | None:
    """Whole seconds only: a date would be read by a clock that may be wrong."""
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 8 else None
