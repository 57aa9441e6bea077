"""The only wiring: which service is given what. Holds no logic and starts no process."""

from collections.abc import Sequence
from dataclasses import dataclass

from central.clock import Clock, ServerClock
from central.config import Config
from central.domain.passkeys import Party
from central.keys.city_keys import CityKeys, load_keys, require_keys, require_same
from central.keys.folder import KeyFolder
from central.keys.sealing import Sealer
from central.services.accounts import Accounts
from central.services.alert_step import AlertStep
from central.services.alerts import Alerts
from central.services.appliances import Appliances
from central.services.attempts import Attempts
from central.services.certificates import Certificates
from central.services.claims import Claims, Offer
from central.services.configurations import Configurations
from central.services.desk_settings import Channel, DeskSettings
from central.services.device_search import DeviceSearch
from central.services.device_view import DeviceViews
from central.services.directory import Directory
from central.services.exports import Exports
from central.services.fleet import Fleet
from central.services.inventory import Inventory
from central.services.journal_reader import JournalReader
from central.services.live_views import LiveViews
from central.services.log_requests import LogRequests
from central.services.mail import Mail
from central.services.mail_settings import MailSettings
from central.services.notifications import Notifications
from central.services.online_key import OnlineKeys
from central.services.order_delivery import OrderDelivery
from central.services.order_reader import OrderReader
from central.services.order_signatures import OrderSignatures
from central.services.orders import Orders
from central.services.passkeys import Passkeys
from central.services.passwords import Passwords
from central.services.receiving import Needs, Receiving, build_receiving
from central.services.rings import Rings
from central.services.school_users import SchoolUsers
from central.services.school_view import SchoolViews
from central.services.schools import Schools
from central.services.second_factor import SecondFactor
from central.services.sessions import Sessions
from central.services.settings import AUTHORITY, read_setting, write_setting
from central.services.sign_in import SignIn
from central.services.signing import Signing
from central.services.statistics import Statistics
from central.services.upkeep import Upkeep
from central.services.webhooks import Webhook
from central.store.database import connected, open_database, writing
from central.store.search_index import ensure_search_index
from central.worker import Step


@dataclass(frozen=True, slots=True)
class Desk:
    """What the console's pages read and do about schools, devices and alerts."""

    settings: DeskSettings
    mail: MailSettings
    fleet: Fleet
    schools: SchoolViews
    devices: DeviceViews
    search: DeviceSearch
    inventory: Inventory
    alerts: Alerts
    alert_step: AlertStep
    notifications: Notifications
    statistics: Statistics
    exports: Exports
    logs: LogRequests
    live: LiveViews


@dataclass(frozen=True, slots=True)
class Services:
    """Every use case of the city, ready to be called."""

    clock: Clock
    config: Config
    desk: Desk
    accounts: Accounts
    attempts: Attempts
    journal: JournalReader
    directory: Directory
    passkeys: Passkeys
    second_factor: SecondFactor
    sessions: Sessions
    sign_in: SignIn
    keys: CityKeys
    appliances: Appliances
    certificates: Certificates
    claims: Claims
    rings: Rings
    online_keys: OnlineKeys
    schools: Schools
    signing: Signing
    orders: Orders
    order_signatures: OrderSignatures
    order_delivery: OrderDelivery
    order_reader: OrderReader
    configurations: Configurations
    school_users: SchoolUsers
    upkeep: Upkeep
    receiving: Receiving


def open_databases(config: Config) -> None:
    """Binds the models of this process; connections are opened by whoever works."""
    open_database(config.database_url, config.sqlite_path)
    with connected():
        ensure_search_index()


def open_keys(config: Config, clock: Clock) -> CityKeys:
    """Made by the first process of all; after that the database knows them, and no others are taken for them."""
    folder = KeyFolder(config.secrets_path)
    with connected():
        mark = read_setting(AUTHORITY)
        if mark is not None:
            require_keys(folder)
        keys = load_keys(folder, config.city, clock.now())
        require_same(keys, mark or _first_mark(keys.mark))
    return keys


def _first_mark(mark: str) -> str:
    """Of two servers that start at once on an empty database, the first one's keys hold."""
    with writing("keys"):
        known = read_setting(AUTHORITY)
        if known is None:
            write_setting(AUTHORITY, mark)
        return str(known or mark)


def build_services(config: Config, clock: Clock | None = None) -> Services:
    """For a process that has called `open_databases`."""
    clock = clock or ServerClock()
    keys = open_keys(config, clock)
    certificates, rings = Certificates(clock, keys.authority), Rings(clock, config)
    signing, delivery = Signing(keys.online), OrderDelivery()
    door = f"{config.uplink_name}:{config.uplink_port}"
    offer = Offer(config.city, door, config.broker_addresses, rings.root_public)
    accounts, attempts = Accounts(clock), Attempts(clock)
    return Services(
        clock=clock,
        config=config,
        desk=_desk(config, clock, keys.sealer),
        accounts=accounts,
        attempts=attempts,
        journal=JournalReader(),
        directory=Directory(clock),
        passkeys=Passkeys(clock, Party(config.console_host, config.console_url, f"Préau · {config.city}")),
        second_factor=SecondFactor(clock, keys.sealer, attempts, config.city),
        sessions=Sessions(clock),
        sign_in=SignIn(clock, Passwords(), attempts, accounts),
        keys=keys,
        appliances=Appliances(),
        certificates=certificates,
        claims=Claims(clock, keys, certificates, offer),
        rings=rings,
        online_keys=OnlineKeys(clock, keys.folder, rings),
        schools=Schools(clock),
        signing=signing,
        orders=Orders(clock, signing),
        order_signatures=OrderSignatures(clock, rings),
        order_delivery=delivery,
        order_reader=OrderReader(clock),
        configurations=Configurations(clock, signing),
        school_users=SchoolUsers(clock),
        upkeep=Upkeep(clock, keys, certificates, config.uplink_name),
        receiving=_receiving(clock, keys, signing, delivery),
    )


def _receiving(clock: Clock, keys: CityKeys, signing: Signing, delivery: OrderDelivery) -> Receiving:
    needs = Needs(
        prove=keys.tokens.sign,
        sign_time=signing.sign_time,
        pending_count=delivery.pending_count,
        take_receipt=delivery.record_receipt,
        sealer=keys.sealer,
    )
    return build_receiving(clock, needs)


def _desk(config: Config, clock: Clock, sealer: Sealer) -> Desk:
    settings, search, alerts = DeskSettings(), DeviceSearch(), Alerts()
    fleet, mail_settings = Fleet(settings), MailSettings(sealer)
    mail = Mail(mail_settings, config.public_url)
    notifications = Notifications(settings, {Channel.EMAIL: mail, Channel.WEBHOOK: Webhook()}, clock)
    return Desk(
        settings=settings,
        mail=mail_settings,
        fleet=fleet,
        schools=SchoolViews(fleet, settings),
        devices=DeviceViews(settings),
        search=search,
        inventory=Inventory(),
        alerts=alerts,
        alert_step=AlertStep(settings, notifications, clock),
        notifications=notifications,
        statistics=Statistics(),
        exports=Exports(fleet, search, alerts),
        logs=LogRequests(clock),
        live=LiveViews(clock),
    )


def _expire(services: Services) -> bool:
    """Orders that ended before anybody fetched them."""
    with connected():
        return services.order_delivery.expire(services.clock.now()) > 0


def desk_steps(services: Services) -> Sequence[Step]:
    """What the desk does by itself, again and again: each step does one unit and returns whether it did any.

    Several desks may run (one a machine): a step claims its work by compare-and-set, or under `writing(name)`.
    """
    desk = services.desk
    return (
        services.upkeep.step,
        services.receiving.parked.step,
        desk.alert_step.step,
        desk.notifications.step,
        desk.logs.sweep,
        lambda: _expire(services),
    )
