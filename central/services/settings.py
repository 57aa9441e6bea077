"""What the server keeps about itself, by name. Owns the names."""

from typing import Any

from central.store.models import Setting

AUTHORITY = "authority"  # hex SHA-256 of the authority's certificate: another one must not take its place
SERVED_AT = "served_at"  # under which names and ports the server was last started: for the command line
ROOT_PUBLIC = "root_public"  # base64 of the city's offline key (Ed25519)


def read_setting(key: str) -> Any:
    row = Setting.get_or_none(Setting.key == key)
    return None if row is None else row.value


def write_setting(key: str, value: object) -> None:
    Setting.insert(key=key, value=value).on_conflict(conflict_target=[Setting.key], preserve=[Setting.value]).execute()
