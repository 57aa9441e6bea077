"""How the simulator tells what happens: one line per fact, key=value. Never a secret, never a forged line."""

import json
import logging
import re

logger = logging.getLogger("simulator")
_PLAIN = re.compile(r"[\w.:/@+-]+", re.ASCII)


def log_fact(fact: str, level: int = logging.INFO, **fields: object) -> None:
    if logger.isEnabledFor(level):
        told = " ".join(f"{key}={_quoted(value)}" for key, value in fields.items() if value is not None)
        logger.log(level, "fact=%s %s", fact, told)


def _quoted(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)
