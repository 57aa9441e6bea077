"""The only wiring: which service is given what. Holds no logic and starts no process."""

from collections.abc import Sequence
from dataclasses import dataclass

from central.clock import Clock, ServerClock
from central.config import Config
from central.keys.city_keys import CityKeys, load_keys, require_keys, require_same
from central.keys.folder import KeyFolder
from central.services.accounts import Accounts
from central.services.attempts import Attempts
from central.services.certificates import Certificates
from central.services.claims import Claims, Offer
from central.services.journal_reader import JournalReader
from central.services.passwords import Passwords
from central.services.rings import Rings
from central.services.schools import Schools
from central.services.sessions import Sessions
from central.services.settings import AUTHORITY, read_setting, write_setting
from central.services.signing import Signing
from central.services.sign_in import SignIn
from central.store.database import connected, open_database, writing
from central.worker import Step


@dataclass(frozen=True, slots=True)
class Services:
    """Every use case of the city, ready to be called."""

    clock: Clock
    config: Config
    accounts: Accounts
    attempts: Attempts
    journal: JournalReader
    sessions: Sessions
    sign_in: SignIn
    keys: CityKeys
    certificates: Certificates
    claims: Claims
    rings: Rings
    schools: Schools
    signing: Signing


def open_databases(config: Config) -> None:
    """Binds the models of this process; connections are opened by whoever works."""
    open_database(config.database_url, config.sqlite_path)


def open_keys(config: Config, clock: Clock) -> CityKeys:
    """Made by the first process of all; after that the database knows them, and no others are taken for them."""
    folder = KeyFolder(config.secrets_path)
    with connected():
        mark = read_setting(AUTHORITY)
        if mark is not None:
            require_keys(folder)
        keys = load_keys(folder, config.city, clock.now())
        if mark is None:
            with writing("keys"):
                if read_setting(AUTHORITY) is None:
                    write_setting(AUTHORITY, keys.mark)
        require_same(keys, str(read_setting(AUTHORITY)))
    return keys


def build_services(config: Config, clock: Clock | None = None) -> Services:
    """For a process that has called `open_databases`."""
    clock = clock or ServerClock()
    keys = open_keys(config, clock)
    certificates, rings = Certificates(clock, keys.authority), Rings(clock, config)
    broker = f"{config.uplink_name}:{config.mqtt_port}" if config.mqtt_port else ""
    offer = Offer(config.city, f"{config.uplink_name}:{config.uplink_port}", broker, rings.root_public)
    accounts, attempts = Accounts(clock), Attempts(clock)
    return Services(
        clock=clock,
        config=config,
        accounts=accounts,
        attempts=attempts,
        journal=JournalReader(),
        sessions=Sessions(clock),
        sign_in=SignIn(clock, Passwords(), attempts, accounts),
        keys=keys,
        certificates=certificates,
        claims=Claims(clock, keys, certificates, offer),
        rings=rings,
        schools=Schools(clock),
        signing=Signing(keys.online),
    )


def desk_steps(services: Services) -> Sequence[Step]:
    """What the desk does by itself, again and again: each step does one unit and returns whether it did any.

    Several desks may run (one a machine): a step claims its work by compare-and-set, or under `writing(name)`.
    """
    return ()
