"""Accounts as the city's identity provider knows them: found by subject, linked once by an invited e-mail address."""

from collections.abc import Mapping

from central.clock import Clock
from central.domain.roles import Viewer
from central.errors import NotSignedIn
from central.services.journal import record
from central.services.sessions import viewer_of
from central.store.database import writing
from central.store.desk_models import Account

# RFC 8176: ways that somebody else's password does not open
_PROOFS = frozenset({"otp", "hwk", "swk", "fpt", "face", "iris", "sc", "sms", "tel"})


class Directory:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def match(self, claims: Mapping[str, object]) -> Viewer:
        """`claims`: verified already. Raises NotSignedIn for somebody whom nobody here expects."""
        subject = f"{claims['iss']}|{claims['sub']}"
        row = Account.get_or_none(Account.oidc_subject == subject) or self._linked(subject, claims)
        if row is None or not row.active:
            record(self._clock.now(), "-", "session.oidc_refused")
            raise NotSignedIn("oidc_unknown")
        return viewer_of(row)

    def _linked(self, subject: str, claims: Mapping[str, object]) -> Account | None:
        """An address counts when the provider has verified it, and when one account alone has it."""
        email = str(claims.get("email") or "").strip().lower()
        if not email or claims.get("email_verified") is not True:
            return None
        with writing(f"oidc:{email}"):
            rows = list(Account.select().where(Account.email == email, Account.oidc_subject.is_null(), Account.active))
            if len(rows) != 1:
                return None
            Account.update(oidc_subject=subject).where(Account.id == rows[0].id).execute()
            record(self._clock.now(), rows[0].login, "account.oidc", f"account:{rows[0].login}")
        return rows[0]


def is_strong(claims: Mapping[str, object]) -> bool:
    """Whether the provider says that more than one proof was asked."""
    told = claims.get("amr")
    ways = {str(one) for one in told} if isinstance(told, list) else set()
    return "mfa" in ways or (len(ways) > 1 and bool(_PROOFS & ways))
