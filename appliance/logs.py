"""Log lines: one fact each, `key=value`, with control characters made harmless; secrets print as stars."""

import contextlib
import logging
import sys
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path

_FILE_BYTES = 1024 * 1024  # of each process, twice: the one before is kept


class Secret(str):
    """A string that shows itself as stars; take `.reveal()` where the bytes are needed."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"

    def reveal(self) -> str:
        return "".join(self)


class _Harmless(logging.Formatter):
    """Newlines and control characters of hostile names cannot forge a line or drive a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        return "".join(c if c.isprintable() or c == " " else f"\\u{ord(c):04x}" for c in line.replace("\n", " | "))


class _Kept(RotatingFileHandler):
    """A disk that is full must stop nobody, and not fill the console either."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        pass


def set_up(process: str, level: int = logging.INFO, folder: Path | None = None) -> None:
    """To the console; and into a bounded file of `folder`, for who asks for the last hours."""
    form = f"{process} %(levelname)s %(name)s %(message)s"
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Harmless(f"%(asctime)s {form}", "%H:%M:%S"))
    handlers: list[logging.Handler] = [handler]
    if folder is not None:
        handlers += _file_of(folder, process, form)
    logging.basicConfig(level=level, handlers=handlers, force=True)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)


def _file_of(folder: Path, process: str, form: str) -> list[logging.Handler]:
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        kept = _Kept(folder / f"{process}.log", maxBytes=_FILE_BYTES, backupCount=1, encoding="utf-8", delay=True)
        formatter = _Harmless(f"%(asctime)s {form}", "%Y-%m-%dT%H:%M:%SZ")
        formatter.converter = time.gmtime
        kept.setFormatter(formatter)
        return [kept]
    return []


def fact(logger: logging.Logger, event: str, **values: object) -> None:
    """One line: `event key=value …`."""
    logger.info("%s", " ".join([event, *(f"{key}={value}" for key, value in values.items())]))
