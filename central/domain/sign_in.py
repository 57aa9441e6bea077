"""How long a sign-in lasts and how many failures are too many. The time given is the server's."""

from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST = timedelta(hours=12)
IDLE = timedelta(hours=1)
HALF_WAY = timedelta(minutes=15)  # after the password, before the second factor
INVITATION_LIFE = timedelta(days=7)
CEREMONY_LIFE = timedelta(minutes=10)  # a challenge to a passkey, a trip to the identity provider
RECOVERY_CODES = 8
CLOCK_SLACK = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `failures` in one `window`, which begins with the first of them."""

    failures: int
    window: timedelta


HERE = Limit(10, timedelta(minutes=15))  # one account from one address
ADDRESS = Limit(60, timedelta(minutes=15))
ACCOUNT = Limit(100, timedelta(hours=1))  # one account from wherever; a passkey still opens
CODE = Limit(10, timedelta(minutes=15))  # second factors of one account
LINK = Limit(30, timedelta(minutes=15))  # invitations from one address


def is_over(created_at: datetime, seen_at: datetime, now: datetime, half_way: bool = False) -> bool:
    """Also when the clock was put back: a session from tomorrow is none."""
    if created_at > now + CLOCK_SLACK:
        return True
    return now - created_at >= (HALF_WAY if half_way else LONGEST) or now - seen_at >= IDLE
