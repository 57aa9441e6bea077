"""The only wiring: which service is given what. Holds no logic and starts no process."""

from collections.abc import Sequence
from dataclasses import dataclass

from central.clock import Clock, ServerClock
from central.config import Config
from central.store.database import open_database
from central.worker import Step


@dataclass(frozen=True, slots=True)
class Services:
    """Every use case of the city, ready to be called."""

    clock: Clock
    config: Config


def open_databases(config: Config) -> None:
    """Binds the models of this process; connections are opened by whoever works."""
    open_database(config.database_url, config.sqlite_path)


def build_services(config: Config, clock: Clock | None = None) -> Services:
    """For a worker process that has called `open_databases`."""
    clock = clock or ServerClock()
    return Services(clock=clock, config=config)


def desk_steps(services: Services) -> Sequence[Step]:
    """What the desk does by itself, again and again: each step does one unit and returns whether it did any.

    Several desks may run (one a machine): a step claims its work by compare-and-set, or under `writing(name)`.
    """
    return ()
