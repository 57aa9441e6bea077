"""Usage records and inventory (contract, sections 5 and 6). Owns their values and their form on the wire."""

from dataclasses import dataclass
from datetime import datetime

from protocol.device_state import MAX_BOOT_CHARS, MAX_PACKAGE_NAME_CHARS, read_package_name
from protocol.fields import Fields, array, moment, remark, text, whole
from protocol.strict_json import read_object, write_object
from protocol.times import format_time

_MAX_LABEL_CHARS = 255


@dataclass(frozen=True, slots=True)
class UsageRecord:
    seq: int
    app: str  # a package's name, or web:{host}
    started_at: datetime
    seconds: int


@dataclass(frozen=True, slots=True)
class UsageBatch:
    boot: str
    records: tuple[UsageRecord, ...]


@dataclass(frozen=True, slots=True)
class UsageAck:
    boot: str
    up_to: int


@dataclass(frozen=True, slots=True)
class InstalledPackage:
    name: str
    version_code: int | None = None
    version_name: str | None = None


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is known since enrollment is needed again; the rest is what the platform can tell."""

    serial: str
    manufacturer: str
    model: str
    os: str
    agent: str
    security_patch: str | None = None
    storage_total: int | None = None
    packages: tuple[InstalledPackage, ...] = ()


def parse_usage(raw: bytes) -> UsageBatch:
    fields = Fields(read_object(raw))
    return UsageBatch(
        boot=fields.need("boot", text(MAX_BOOT_CHARS)),
        records=fields.need("records", array(_read_usage_record)),
    )


def encode_usage(batch: UsageBatch) -> bytes:
    return write_object({"boot": batch.boot, "records": [_usage_record_as_json(record) for record in batch.records]})


def parse_usage_ack(raw: bytes) -> UsageAck:
    fields = Fields(read_object(raw))
    return UsageAck(fields.need("boot", text(MAX_BOOT_CHARS)), fields.need("up_to", whole()))


def encode_usage_ack(ack: UsageAck) -> bytes:
    return write_object({"boot": ack.boot, "up_to": ack.up_to})


def parse_inventory(raw: bytes) -> Inventory:
    fields = Fields(read_object(raw))
    label = remark(_MAX_LABEL_CHARS)
    return Inventory(
        serial=fields.need("serial", label),
        manufacturer=fields.need("manufacturer", label),
        model=fields.need("model", label),
        os=fields.need("os", label),
        agent=fields.need("agent", label),
        security_patch=fields.maybe("security_patch", label),
        storage_total=fields.maybe("storage_total", whole()),
        packages=fields.maybe("packages", array(_read_installed_package)) or (),
    )


def inventory_as_json(inventory: Inventory) -> dict[str, object]:
    """For whoever keeps an inventory: without the wire's limit, which a form with more nulls could just exceed."""
    return {
        "serial": inventory.serial,
        "manufacturer": inventory.manufacturer,
        "model": inventory.model,
        "os": inventory.os,
        "security_patch": inventory.security_patch,
        "storage_total": inventory.storage_total,
        "agent": inventory.agent,
        "packages": [_installed_package_as_json(package) for package in inventory.packages],
    }


def encode_inventory(inventory: Inventory) -> bytes:
    return write_object(inventory_as_json(inventory))


def _read_usage_record(value: object, path: str) -> UsageRecord:
    fields = Fields(value, path)
    return UsageRecord(
        seq=fields.need("seq", whole()),
        app=fields.need("app", text(MAX_PACKAGE_NAME_CHARS)),
        started_at=fields.need("started_at", moment),
        seconds=fields.need("seconds", whole()),
    )


def _usage_record_as_json(record: UsageRecord) -> dict[str, object]:
    return {
        "seq": record.seq,
        "app": record.app,
        "started_at": format_time(record.started_at),
        "seconds": record.seconds,
    }


def _read_installed_package(value: object, path: str) -> InstalledPackage:
    fields = Fields(value, path)
    return InstalledPackage(
        name=fields.need("name", read_package_name),
        version_code=fields.maybe("version_code", whole()),
        version_name=fields.maybe("version_name", remark(_MAX_LABEL_CHARS)),
    )


def _installed_package_as_json(package: InstalledPackage) -> dict[str, object]:
    return {"name": package.name, "version_code": package.version_code, "version_name": package.version_name}
