"""How long a sign-in lasts. Knows neither cookies nor tables; the time given is the hub's."""

from datetime import datetime, timedelta

from appliance.domain.people import Role

LONGEST = timedelta(hours=12)
IDLE = {Role.TEACHER: timedelta(hours=8), Role.ADMINISTRATOR: timedelta(hours=2)}
INVITATION_LIFE = timedelta(days=7)
BROWSER_LIFE = timedelta(days=90)  # since it was last used
PIN_TRIES = 5


def is_over(role: Role, created_at: datetime, seen_at: datetime, now: datetime) -> bool:
    return now - created_at >= LONGEST or now - seen_at >= IDLE[role]
