"""Whether the city's database does its work, measured by doing some; and the sizes that people ask for."""

from dataclasses import dataclass
from datetime import datetime

from peewee import fn

from central.clock import Clock
from central.errors import Unavailable
from central.services.settings import read_setting, write_setting
from central.store.database import SCHEMA_VERSION, is_postgres, writing
from central.store.desk_models import Account, Instruction
from central.store.models import Appliance, Device, ParkedRecord, School

_KEY = "health"


@dataclass(frozen=True, slots=True)
class Facts:
    engine: str
    schema: int
    schools: int
    appliances: int
    devices: int
    accounts: int
    parked: int
    waiting_orders: int
    last_hello: datetime | None


class VitalSigns:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def exercise(self) -> None:
        """One real transaction: what was written is read again."""
        mark = self._clock.now().isoformat()
        with writing():
            write_setting(_KEY, mark)
            if read_setting(_KEY) != mark:
                raise Unavailable("database_away")

    def read(self) -> Facts:
        return Facts(
            engine="PostgreSQL" if is_postgres() else "SQLite",
            schema=SCHEMA_VERSION,
            schools=School.select().where(School.archived_at.is_null()).count(),
            appliances=Appliance.select().count(),
            devices=Device.select().count(),
            accounts=Account.select().where(Account.active).count(),
            parked=ParkedRecord.select().count(),
            waiting_orders=Instruction.select().where(Instruction.finished_at.is_null()).count(),
            last_hello=Appliance.select(fn.MAX(Appliance.hello_at)).scalar(),
        )
