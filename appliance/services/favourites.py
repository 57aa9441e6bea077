"""What a teacher keeps to use again in one touch: links, apps, documents."""

from enum import StrEnum

from appliance.clock import Clock
from appliance.domain.gestures import web_address
from appliance.domain.people import Actor, display_name
from appliance.domain.restrictions import package_name
from appliance.errors import Conflict, Invalid, NotFound
from appliance.store.models import Document, Favourite, database

MOST = 100


class FavouriteKind(StrEnum):
    LINK = "link"
    APP = "app"
    DOCUMENT = "document"


class Favourites:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def of(self, actor: Actor) -> list[dict[str, object]]:
        rows = Favourite.select().where(Favourite.user == actor.user_id).order_by(Favourite.label, Favourite.id)
        return [{"id": row.id, "kind": row.kind, "label": row.label, "value": row.value} for row in rows]

    def add(self, actor: Actor, kind: object, value: object, label: object) -> dict[str, object]:
        """The same value again is the favourite that is there. Raises Invalid, NotFound (document), Conflict (full)."""
        checked_kind, checked = _checked(kind, value)
        name = display_name(label) if label else checked
        with database.atomic("IMMEDIATE"):
            mine = Favourite.select().where(Favourite.user == actor.user_id)
            same = mine.where((Favourite.kind == checked_kind) & (Favourite.value == checked)).first()
            if same is None and mine.count() >= MOST:
                raise Conflict("too_many_favourites", most=MOST)
            row = same or Favourite.create(
                user=actor.user_id,
                kind=checked_kind,
                label=name[:80],
                value=checked,
                created_at=self._clock.now(),
            )
        return {"id": row.id, "kind": row.kind, "label": row.label, "value": row.value}

    def remove(self, actor: Actor, favourite_id: int) -> None:
        with database.atomic("IMMEDIATE"):
            gone = (
                Favourite.delete().where((Favourite.id == favourite_id) & (Favourite.user == actor.user_id)).execute()
            )
        if not gone:
            raise NotFound("no_favourite")


def _checked(kind: object, value: object) -> tuple[FavouriteKind, str]:
    try:
        checked_kind = FavouriteKind(str(kind))
    except ValueError:
        raise Invalid("bad_favourite", {"kind": "unknown_value"}) from None
    if checked_kind is FavouriteKind.LINK:
        return checked_kind, web_address(value, "value")
    if checked_kind is FavouriteKind.APP:
        return checked_kind, package_name(value, "value")
    document = Document.get_or_none(Document.sha256 == str(value))
    if document is None:
        raise NotFound("no_document")
    return checked_kind, str(document.sha256)
