"""The only wiring: which service is given what. Holds no logic and starts no process."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from appliance.broker.configuration import BrokerSettings, Limits, Serves, TlsFiles
from appliance.broker.process import is_there, port_is_free
from appliance.broker.reload import apply_credentials
from appliance.clock import HubClock, signed_now
from appliance.config import Config
from appliance.health import Health
from appliance.nudge import NudgeSender
from appliance.own_names import OwnNames
from appliance.services.agent_links import AgentLinks, DoorState, agent_credentials
from appliance.services.agent_setup import AgentSetup
from appliance.services.appliance_state import ApplianceState
from appliance.services.backups import Backups
from appliance.services.board import Board
from appliance.services.carts import Carts
from appliance.services.city import City
from appliance.services.city_configuration import CityConfiguration
from appliance.services.classrooms import Rosters
from appliance.services.device_list import DeviceList
from appliance.services.devices import Devices
from appliance.services.displays import Displays
from appliance.services.documents import Documents
from appliance.services.enrollment import Door, Enrollment, credentials
from appliance.services.exchange_log import ExchangeLog
from appliance.services.favourites import Favourites
from appliance.services.frames import Frames
from appliance.services.gestures import Gestures
from appliance.services.guests import Guests
from appliance.services.health_report import HealthReport
from appliance.services.incarnation import Incarnations
from appliance.services.instruction_acts import Acts
from appliance.services.instructions import Instructions
from appliance.services.join_codes import JoinCodes
from appliance.services.journal import JournalReader
from appliance.services.lessons import Lessons
from appliance.services.log_files import LogFiles
from appliance.services.machine import look_at_machine
from appliance.services.measures import Measures
from appliance.services.outbox import Outbox
from appliance.services.outbox_relief import OutboxRelief
from appliance.services.passwords import Passwords
from appliance.services.people import People
from appliance.services.school import School
from appliance.services.sign_in import SignIn
from appliance.services.start_page import StartPage
from appliance.services.statistics import Statistics
from appliance.services.telling import Telling, put_everything
from appliance.services.tokens import Tokens
from appliance.services.upkeep import Upkeep
from appliance.store.ballast import room_beside, storage_level
from appliance.store.database import open_store
from appliance.store.live import open_live


@dataclass(frozen=True, slots=True)
class Services:
    """Every use case of the appliance, ready to be called."""

    clock: HubClock
    people: People
    sign_in: SignIn
    enrollment: Enrollment
    agent_links: AgentLinks
    agent_setup: AgentSetup
    carts: Carts
    rosters: Rosters
    tokens: Tokens
    devices: Devices
    device_list: DeviceList
    documents: Documents
    journal: JournalReader
    lessons: Lessons
    gestures: Gestures
    frames: Frames
    displays: Displays
    guests: Guests
    join_codes: JoinCodes
    board: Board
    start_page: StartPage
    favourites: Favourites
    backups: Backups
    school: School
    health: Health
    measures: Measures
    upkeep: Upkeep
    city: City
    incarnations: Incarnations
    outbox: Outbox
    exchanges: ExchangeLog
    instructions: Instructions
    city_configuration: CityConfiguration


def broker_settings(config: Config) -> BrokerSettings:
    tls = None
    if config.tls_certificate is not None and config.tls_key is not None:
        tls = TlsFiles(config.tls_certificate, config.tls_key)
    return BrokerSettings(
        host=config.host,
        mqtt_port=config.mqtt_port,
        websocket_port=config.websocket_port,
        data_path=config.broker_path,
        runtime_path=config.runtime_path,
        tls=tls,
    )


def agents_broker_settings(config: Config) -> BrokerSettings:
    """Of the broker for foreign agents. Never TLS: they trust no private authority."""
    return BrokerSettings(
        host=config.host,
        mqtt_port=config.agents_port,
        websocket_port=None,
        data_path=config.agents_broker_path,
        runtime_path=config.agents_runtime_path,
        limits=Limits(queued_messages=10_000, queued_bytes=16_777_216, connections=600),
        serves=Serves.AGENTS,
    )


def open_databases(config: Config) -> None:
    """Binds the models of this process; connections are opened by whoever works."""
    open_store(config.store_path)
    open_live(config.live_path)


def build_services(config: Config) -> Services:
    clock, nudge = HubClock(config.runtime_path), NudgeSender(config.runtime_path, "bridge")
    settings = broker_settings(config)
    apply = _applying(settings, nudge)
    passwords, journal, own = Passwords(), JournalReader(), OwnNames(config)
    lessons, guests = Lessons(clock, nudge), Guests(clock, nudge)
    agent_links, tokens = _agent_links(config, clock, nudge), Tokens(clock)
    rosters, backups, device_list = Rosters(clock), Backups(clock, config), DeviceList(clock, journal)
    documents = Documents(clock, config.documents_path, room=lambda: room_beside(config.ballast_path))
    agent_setup = AgentSetup(clock, agent_links, tokens, lambda: is_there(agents_broker_settings(config)))
    report = HealthReport(clock, device_list, backups, rosters, documents)
    devices = Devices(clock, nudge, apply)
    acts = Acts(clock, nudge, devices, LogFiles(config.logs_path))
    city = City(clock, config.city_path, NudgeSender(config.runtime_path, "uplink"), put_everything)
    health = Health(config, settings, lambda: [*report.findings(), *agent_setup.findings(), *city.findings()])
    outbox = Outbox()
    upkeep = Upkeep(clock, config, backups, documents, guests).also(*_for_the_city(config, health))
    return Services(
        clock=clock, people=People(clock, passwords), sign_in=SignIn(clock, passwords),
        enrollment=Enrollment(clock, _door(config), apply), agent_links=agent_links, agent_setup=agent_setup,
        carts=Carts(clock), rosters=rosters, tokens=tokens, devices=devices, device_list=device_list,
        documents=documents, journal=journal, lessons=lessons, gestures=Gestures(clock, nudge, own.leads_here),
        frames=Frames(own.is_own_address), displays=Displays(clock, nudge), guests=guests,
        join_codes=JoinCodes(clock), board=Board(clock), start_page=StartPage(lessons),
        favourites=Favourites(clock), backups=backups, school=School(clock), health=health,
        measures=Measures(config, health.report, outbox), upkeep=upkeep,
        city=city, incarnations=Incarnations(clock, look_at_machine), outbox=outbox, exchanges=ExchangeLog(),
        instructions=Instructions(clock, acts, lambda: signed_now(config.runtime_path)),
        city_configuration=CityConfiguration(clock),
    )  # fmt: skip


def _for_the_city(config: Config, health: Health) -> tuple[Callable[[datetime], timedelta], ...]:
    """What upkeep does besides, once a city was joined."""
    statistics, relief = Statistics(), OutboxRelief(lambda: storage_level(config.data_path))
    own_state = ApplianceState(config, health.report)
    return relief.step, Telling().step, own_state.step, statistics.sample, statistics.step


def _applying(settings: BrokerSettings, nudge: NudgeSender) -> Callable[[], None]:
    """The broker takes the store's credentials over; the bridge is told."""

    def apply() -> None:
        apply_credentials(settings, credentials)
        nudge.send()

    return apply


def _door(config: Config) -> Door:
    ca = None if config.tls_ca is None else config.tls_ca.read_text()
    return Door(config.mqtt_port, config.websocket_port, config.tls, ca)


def _agent_links(config: Config, clock: HubClock, nudge: NudgeSender) -> AgentLinks:
    settings = agents_broker_settings(config)

    def apply() -> None:
        apply_credentials(settings, agent_credentials)

    def look() -> DoorState:
        if is_there(settings):
            return DoorState.OPEN
        return DoorState.OPENING if port_is_free(settings.host, settings.mqtt_port) else DoorState.BLOCKED

    return AgentLinks(clock, nudge, apply, settings.mqtt_port, look)
