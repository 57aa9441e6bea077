"""Log lines: one fact each, `key=value`, with control characters made harmless; secrets print as stars."""

import logging
import sys


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


def set_up(process: str, level: int = logging.INFO) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Harmless(f"%(asctime)s {process} %(levelname)s %(name)s %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)


def fact(logger: logging.Logger, event: str, **values: object) -> None:
    """One line: `event key=value …`."""
    logger.info("%s", " ".join([event, *(f"{key}={value}" for key, value in values.items())]))
