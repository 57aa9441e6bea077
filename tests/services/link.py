"""A city that was joined, without the city."""

from datetime import datetime

from appliance.store.city_models import CityLink
from appliance.store.epochs import Reason, begin_epoch
from appliance.store.models import database

APPLIANCE = "a-1"


def join_city(at: datetime) -> None:
    with database.atomic("IMMEDIATE"):
        CityLink.create(
            id=1,
            address="ville.example:443",
            appliance=APPLIANCE,
            uai="0690001A",
            city="Ville",
            root="",
            time_key="",
            claimed_at=at,
            token="secret-token",
        )
        begin_epoch(at, Reason.CREATED, "hardware")
