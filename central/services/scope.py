"""Which rows a viewer may read, as queries: the one place where a role becomes a `where`."""

from typing import Any

from central.domain.roles import Scope, Viewer
from central.errors import NotFound
from central.store.models import Appliance, Device, School


def visible_schools(viewer: Viewer) -> Any:
    """The schools of which this viewer may read rows; none for those who see sums only."""
    query = School.select()
    if viewer.scope is Scope.ALL:
        return query
    if viewer.scope is Scope.OWN:
        return query.where(School.uai == viewer.school)
    return query.where(School.uai == None, School.uai != None)  # noqa: E711 - SQL for nothing


def counted_schools(viewer: Viewer) -> Any:
    """The schools whose sums this viewer may read: all, or a director's own."""
    query = School.select()
    return query.where(School.uai == viewer.school) if viewer.scope is Scope.OWN else query


def readable_school(viewer: Viewer, uai: str) -> School:
    """Raises NotFound alike for a school that does not exist and for one that is not this viewer's."""
    row = School.get_or_none(School.uai == uai)
    if row is None or not viewer.reads_school(uai):
        raise NotFound("unknown_school")
    return row


def readable_device(viewer: Viewer, device_id: str) -> Device:
    row = Device.get_or_none(Device.id == device_id)
    if row is None or not viewer.reads_school(row.school_id):
        raise NotFound("unknown_device")
    return row


def readable_appliance(viewer: Viewer, appliance_id: str) -> Appliance:
    row = Appliance.get_or_none(Appliance.id == appliance_id)
    if row is None or not viewer.reads_school(row.school_id):
        raise NotFound("unknown_appliance")
    return row
