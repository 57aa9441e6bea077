"""Settings of this appliance: single values by name."""

from appliance.store.models import Setting


def read_setting(key: str, default: str = "") -> str:
    row = Setting.get_or_none(Setting.key == key)
    return default if row is None else str(row.value)


def write_setting(key: str, value: str) -> None:
    if read_setting(key, "\0") != value:
        Setting.insert(key=key, value=value).on_conflict_replace().execute()
