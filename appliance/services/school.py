"""The school as it is named on pages and to devices: name, code, language, time zone."""

from dataclasses import dataclass

from appliance.clock import Clock
from appliance.domain.people import Actor, display_name, language_of
from appliance.domain.schools import DEFAULT_ZONE, checked_uai, checked_zone
from appliance.services.journal import record
from appliance.services.settings import read_setting, write_setting
from appliance.store.models import database

MAX_SCHOOL_NAME = 80


@dataclass(frozen=True, slots=True)
class SchoolFacts:
    name: str = ""
    code: str = ""
    language: str = "fr"
    zone: str = DEFAULT_ZONE


class School:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def facts(self) -> SchoolFacts:
        return SchoolFacts(
            read_setting("school_name"),
            read_setting("school_code"),
            read_setting("language", "fr"),
            read_setting("time_zone", DEFAULT_ZONE),
        )

    def change(self, given: SchoolFacts, actor: Actor) -> SchoolFacts:
        """An empty code is none. Raises Invalid with the field's name."""
        text = display_name(given.name, longest=MAX_SCHOOL_NAME)
        uai, chosen, zone = checked_uai(given.code), language_of(given.language, "language"), checked_zone(given.zone)
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            write_setting("school_name", text)
            write_setting("school_code", uai)
            write_setting("language", chosen)
            write_setting("time_zone", zone)
            record(now, actor, "school.change")
        return self.facts()
