"""Documents that teachers hand out: taken in, checked, listed, removed when nobody uses them."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from appliance.cache.archives import read_archive
from appliance.cache.documents import DocumentFiles, Incoming, Limits
from appliance.clock import Clock
from appliance.domain.archives import archive_kind
from appliance.domain.documents import (
    HEAD_BYTES,
    SVG,
    ZIP_HEAD,
    Described,
    Kind,
    described,
    display_name,
    ending_of,
    kind_by_head,
    refuse_by_ending,
    text_kind,
)
from appliance.domain.drawings import MAX_BYTES as MAX_DRAWING_BYTES
from appliance.domain.drawings import looks_like_drawing, refuse_active_drawing
from appliance.domain.people import APPLIANCE, Actor
from appliance.domain.receipts import OPEN
from appliance.errors import Conflict, Denied, Invalid, NotFound
from appliance.services.journal import record
from appliance.store.ballast import disk_of
from appliance.store.models import Document, DocumentOwner, Favourite, Receipt, User, database

DEFAULT_LIMIT = 200_000_000


@dataclass(frozen=True, slots=True)
class Stored:
    """A document as others see it."""

    sha256: str
    name: str
    mime: str
    size: int
    uploaded_at: datetime
    uploaded_by: str = ""


class Documents:
    """`limit`: the largest file that is taken, in bytes. `room`: what the disk may take now, its reserve kept."""

    def __init__(
        self, clock: Clock, folder: Path, limit: int = DEFAULT_LIMIT, room: Callable[[], int] | None = None
    ) -> None:
        self._clock = clock
        self._files = DocumentFiles(folder, Limits(limit, room or (lambda: disk_of(folder).writable)))
        self.limit = limit

    @contextlib.contextmanager
    def receiving(self) -> Iterator[Incoming]:
        """A file to write into; gone at the end of the block unless `store` took it."""
        with self._files.incoming() as incoming:
            yield incoming

    def store(self, incoming: Incoming, declared_name: str, actor: Actor) -> Stored:
        """Raises Invalid with what is wrong with the file. The same content twice is one document, with two owners."""
        if not incoming.size:
            raise Invalid("document_empty", {"file": "missing"})
        description = _describe(incoming, declared_name)
        incoming.settle()
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            self._files.keep(incoming)
            document = Document.get_or_none(Document.sha256 == incoming.sha256)
            is_new = document is None
            if document is None:
                document = Document.create(
                    sha256=incoming.sha256,
                    name=description.name,
                    mime=description.mime,
                    size=incoming.size,
                    uploaded_at=now,
                    force_insert=True,
                )
            own, is_new_owner = _owned(document, description.name, actor, now)
            if is_new or is_new_owner:
                facts = {"mime": document.mime, "size": document.size}
                record(now, actor, "document.add", f"document:{document.sha256[:12]}", **facts)
        return _stored(document) if own is None else _stored(document, own)

    def get(self, sha256: str) -> Stored:
        return _stored(_row(sha256))

    def path_of(self, sha256: str) -> Path:
        """For serving; a file whose size is not right is as good as missing. Raises NotFound."""
        return self._files.path_of(sha256, _row(sha256).size)

    def hashes(self) -> list[str]:
        return [row.sha256 for row in Document.select(Document.sha256)]

    def scrub(self, sha256s: Sequence[str]) -> list[str]:
        """Those whose file was changed on disk: it is taken away and never served again, and the journal says so."""
        return [sha256 for sha256 in sha256s if self._is_put_away(sha256)]

    def _is_put_away(self, sha256: str) -> bool:
        """Read without holding the store; a sound copy that somebody gave meanwhile is another file, and stays."""
        seen = self._files.stamp(sha256)
        if seen is None or self._files.verify(sha256):
            return False
        with database.atomic("IMMEDIATE"):
            if self._files.stamp(sha256) != seen:
                return False
            self._files.remove(sha256)
            record(self._clock.now(), APPLIANCE, "document.damaged", f"document:{sha256[:12]}")
        return True

    def missing(self) -> int:
        """How many documents cannot be handed out any more: their file is gone or has another size."""
        return sum(not self._files.is_there(row.sha256, row.size) for row in Document.select())

    def listed(self, actor: Actor) -> list[Stored]:
        """The teacher's own, under the names he gave, the latest first; an administrator sees all."""
        own = {row.document_id: row for row in DocumentOwner.select().where(DocumentOwner.user == actor.user_id)}
        documents, owners = Document.select(), _owners_names()
        if not actor.is_administrator:
            documents, owners = (
                documents.where(Document.sha256.in_(list(own))),
                {sha256: [actor.name] for sha256 in own},
            )
        found = [_stored(row, own.get(row.sha256), owners.get(row.sha256, ())) for row in documents]
        return sorted(found, key=lambda one: one.uploaded_at, reverse=True)

    def remove(self, sha256: str, actor: Actor) -> None:
        """A teacher's own goes, and the document with its last owner; an administrator removes it for all.

        Raises Conflict while a favourite or a lesson in progress needs it.
        """
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            _row(sha256)
            owners = {row.user_id for row in DocumentOwner.select().where(DocumentOwner.document == sha256)}
            if actor.user_id not in owners and not actor.is_administrator:
                raise Denied("not_your_document")
            if owners <= {actor.user_id} or actor.is_administrator:
                if sha256 in _in_use():
                    raise Conflict("document_in_use")
                Document.delete().where(Document.sha256 == sha256).execute()
            else:
                _leave(sha256, actor)
            record(now, actor, "document.remove", f"document:{sha256[:12]}")
        with database.atomic("IMMEDIATE"):  # nobody gives it again between the look and the removal
            if Document.get_or_none(Document.sha256 == sha256) is None:
                self._files.remove(sha256)

    def sweep(self) -> int:
        """Files that belong to no document: a process died between the two halves of storing or removing."""
        swept = self._files.sweep()
        with database.atomic("IMMEDIATE"):  # nobody stores meanwhile
            orphans = self._files.present() - {row.sha256 for row in Document.select(Document.sha256)}
            for sha256 in orphans:
                self._files.remove(sha256)
        return swept + len(orphans)


def _describe(incoming: Incoming, declared_name: str) -> Described:
    name = display_name(declared_name)
    head = incoming.head(HEAD_BYTES)
    kind = kind_by_head(head)
    refuse_by_ending(ending_of(name))
    return described(name, kind or _close_look(incoming, head, ending_of(name)))


def _close_look(incoming: Incoming, head: bytes, ending: str) -> Kind:
    if head.startswith(ZIP_HEAD):
        return archive_kind(read_archive(incoming.path))
    if looks_like_drawing(head):
        refuse_active_drawing(incoming.head(MAX_DRAWING_BYTES + 1))
        return SVG
    return text_kind(head, ending)


def _in_use() -> set[str]:
    commands = Receipt.select(Receipt.command).where(Receipt.state.in_(list(OPEN)) & Receipt.command.is_null(False))
    handed_out = {str((row.command.get("args") or {}).get("sha256", "")) for row in commands}
    kept = {row.value for row in Favourite.select(Favourite.value).where(Favourite.kind == "document")}
    return handed_out | kept


def _owned(document: Document, name: str, actor: Actor, now: datetime) -> tuple[DocumentOwner | None, bool]:
    """The actor's own part in it, and whether it is new; the console owns nothing."""
    if actor.user_id is None:
        return None, False
    own = DocumentOwner.get_or_none((DocumentOwner.document == document.sha256) & (DocumentOwner.user == actor.user_id))
    if own is not None:
        return own, False
    facts = {"document": document.sha256, "user": actor.user_id, "name": name, "uploaded_at": now}
    return DocumentOwner.create(**facts, force_insert=True), True


def _leave(sha256: str, actor: Actor) -> None:
    """The document stays for its other owners."""
    own_favourite = (Favourite.user == actor.user_id) & (Favourite.kind == "document") & (Favourite.value == sha256)
    if Favourite.select().where(own_favourite).exists():
        raise Conflict("document_in_use")
    DocumentOwner.delete().where((DocumentOwner.document == sha256) & (DocumentOwner.user == actor.user_id)).execute()


def _owners_names() -> dict[str, list[str]]:
    """By document, the first owner first."""
    names = {row.id: row.name for row in User.select(User.id, User.name)}
    owners: dict[str, list[str]] = {}
    for row in DocumentOwner.select().order_by(DocumentOwner.uploaded_at):
        owners.setdefault(row.document_id, []).append(names[row.user_id])
    return owners


def _row(sha256: str) -> Document:
    document = Document.get_or_none(Document.sha256 == sha256)
    if document is None:
        raise NotFound("no_document")
    return document


def _stored(row: Document, own: DocumentOwner | None = None, owners: Sequence[str] = ()) -> Stored:
    name, uploaded_at = (row.name, row.uploaded_at) if own is None else (own.name, own.uploaded_at)
    return Stored(row.sha256, name, row.mime, row.size, uploaded_at, ", ".join(owners))
