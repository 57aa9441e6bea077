"""`admin`: what an administrator does from a script or a console. Works beside a running appliance, and without one.

Owns the frame: which store, which answer, which exit code (0 done, 1 refused, 2 misused). The acts are in `admin_acts`.
"""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from appliance.bootstrap import Services, build_services, open_databases
from appliance.cli.admin_acts import ACTS, NEEDS_NO_STORE, STARTS_A_STORE, Answer, Desk
from appliance.cli.admin_options import DEFAULT_DATA, make_parser
from appliance.cli.city_acts import CITY_ACTS, CITY_STARTS_A_STORE
from appliance.cli.doctor_acts import DOCTOR_ACTS
from appliance.config import Config, make_folders
from appliance.errors import CannotStart, Invalid, PreauError
from appliance.nudge import NudgeSender
from appliance.services.devices import Devices
from appliance.store.database import open_store
from appliance.store.models import database
from appliance.store.restore import is_running
from appliance.store.trouble import STORE_ERRORS

_ALL_ACTS = {**ACTS, **CITY_ACTS, **DOCTOR_ACTS}
_STARTING = STARTS_A_STORE | CITY_STARTS_A_STORE
_TROUBLE: tuple[type[Exception], ...] = (*STORE_ERRORS, OSError)


def main(argv: list[str]) -> int:
    options = make_parser().parse_args(argv)
    act = f"{options.noun} {options.verb}" if hasattr(options, "verb") else options.noun
    try:
        with _desk(options, act) as desk:
            answer = _ALL_ACTS[act](desk, options)
    except PreauError as error:
        return _fail(sentence(error))
    except _TROUBLE as error:
        return _fail(f"Le boîtier n’a pas pu le faire ({type(error).__name__} : {error}). Rien n’a été changé.")
    _show(answer, as_json=getattr(options, "json", False))
    return 0


def sentence(error: PreauError) -> str:
    """In French, with the field that is wrong."""
    if isinstance(error, CannotStart):
        return str(error)
    # Here, because the pages' words bring Flask along, and most commands refuse nothing.
    from appliance.web.texts import GENERAL, REASONS, TEXTS

    try:
        text = TEXTS.get(error.code, GENERAL) % error.params
    except (KeyError, ValueError):
        text = GENERAL
    if isinstance(error, Invalid):
        reasons = {name: word for name, word in error.fields.items() if word != "out_of_range"}  # the text says it
        text = " ".join([text, *(f"{name} : {REASONS.get(word, word)}" for name, word in reasons.items())])
    return text


def _as_it_runs(config: Config) -> Config:
    """Its runtime folder depends on who started it: it says so in its lock. Another user's files would lock it out."""
    try:
        said = json.loads((config.data_path / "lock").read_text())
        runtime, owner = Path(said["runtime"]), int(said["uid"])
    except (OSError, ValueError, KeyError, TypeError):
        return config  # it has just taken the lock
    if owner != os.getuid():
        raise CannotStart(
            "other_user",
            f"Ce boîtier travaille sous l’utilisateur n° {owner} : lancez la commande sous ce nom, "
            f"avec sudo -u '#{owner}' devant.",
        )
    return replace(config, running_at=runtime)


@contextlib.contextmanager
def _desk(options: argparse.Namespace, act: str) -> Iterator[Desk]:
    """The appliance that is meant, with its store open where the act needs one."""
    config = Config(data_path=getattr(options, "data", DEFAULT_DATA).absolute())
    running = is_running(config)
    if running:
        config = _as_it_runs(config)
    if not config.store_path.exists() and act not in _STARTING:
        raise CannotStart("no_store", f"Aucun boîtier dans {config.data_path}. Donnez son dossier : --data DOSSIER.")
    if act in _STARTING:
        make_folders(config)
    try:
        if act in NEEDS_NO_STORE:
            yield Desk(config, None, running)
            return
        services = _services(config, running)
        with database.connection_context():
            yield Desk(config, services, running)
    finally:
        if not running:
            with contextlib.suppress(OSError):  # not empty: somebody else is at home
                config.runtime_path.rmdir()


def _services(config: Config, running: bool) -> Services:
    """Beside a running appliance its broker follows at once; else it reads the credentials when it starts."""
    services = build_services(config)
    if running:
        open_databases(config)
        return services
    open_store(config.store_path)
    nudge = NudgeSender(config.runtime_path, "bridge")
    return replace(services, devices=Devices(services.clock, nudge, lambda: None))


def _show(answer: Answer, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(answer.document, ensure_ascii=False, default=_as_json))
        return
    for note in answer.notes:
        print(note, file=sys.stderr)
    for line in answer.lines:
        print(line)


def _as_json(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return str(value)


def _fail(text: str) -> int:
    print(f"préau : {printable(text)}", file=sys.stderr)
    return 1


def printable(text: str) -> str:
    """A hostile name must not drive the terminal."""
    return "".join(c if c.isprintable() or c in "\u00a0\u202f" else "\ufffd" for c in text)
