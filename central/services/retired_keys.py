"""An officer's signing keys end with the passkey, the account or its reset: in the transaction of that act."""

from datetime import datetime

from central.services.journal import record
from central.store.desk_models import Account, SigningKey


def retire_keys(now: datetime, account: Account, by: str, key_id: str = "") -> None:
    """All of this account's, or one. Boxes go on believing it until the next ring is signed."""
    here = (SigningKey.account == account.id) & SigningKey.revoked_at.is_null()
    if key_id:
        here &= SigningKey.id == key_id
    if SigningKey.update(revoked_at=now).where(here).execute():
        record(now, by, "key.revoke", f"account:{account.login}")
