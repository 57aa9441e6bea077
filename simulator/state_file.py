"""The file in which a simulator keeps its devices from one start to the next. Holds passwords: its owner's only.

Owns the file's form and its safe writing. A file that cannot be read stops the start; it is never replaced.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from protocol.device import EnrollmentAnswer, Malformed, encode_enrollment_answer, parse_enrollment_answer
from simulator.memory import Memory, memory_as_json, memory_from_json

VERSION = 1


class UnreadableState(Exception):
    """The text, in French, names the file and what to do."""


@dataclass(frozen=True)
class Kept:
    """One device: who it is, its profile, and what it got from the appliance at `base`."""

    serial: str
    model: str
    profile: str
    base: str
    answer: EnrollmentAnswer
    memory: Memory


def load(path: Path) -> list[Kept]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UnreadableState(f"Fichier d’état illisible : {path} ({error.strerror}).") from None
    try:
        content = json.loads(text)
        if content["version"] != VERSION:
            raise ValueError("autre version")
        return [_kept_from_json(value) for value in content["devices"]]
    except (ValueError, KeyError, TypeError, Malformed) as error:
        raise UnreadableState(f"Fichier d’état abîmé : {path} ({error}). Déplacez-le pour repartir de zéro.") from None


def render(devices: list[Kept]) -> str:
    return json.dumps({"version": VERSION, "devices": [_kept_as_json(kept) for kept in devices]}, ensure_ascii=False)


def write(path: Path, text: str) -> None:
    """Old or new after a power cut, never half."""
    aside = path.with_name(path.name + ".new")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _kept_as_json(kept: Kept) -> dict[str, Any]:
    return {
        "serial": kept.serial,
        "model": kept.model,
        "profile": kept.profile,
        "base": kept.base,
        "answer": json.loads(encode_enrollment_answer(kept.answer)),
        "memory": memory_as_json(kept.memory),
    }


def _kept_from_json(value: dict[str, Any]) -> Kept:
    return Kept(
        serial=str(value["serial"]),
        model=str(value["model"]),
        profile=str(value["profile"]),
        base=str(value["base"]),
        answer=parse_enrollment_answer(json.dumps(value["answer"]).encode()),
        memory=memory_from_json(value["memory"]),
    )
