"""Documents that teachers hand out: taken in, checked, listed, removed when nobody uses them."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from appliance.cache.archives import read_archive
from appliance.cache.documents import DocumentFiles, Incoming, Limits, copy_into
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
from appliance.store.models import Document, Favourite, Receipt, User, database

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
    """`limit`: the largest file that is taken, in bytes."""

    def __init__(self, clock: Clock, folder: Path, limit: int = DEFAULT_LIMIT) -> None:
        self._clock = clock
        self._files = DocumentFiles(folder, Limits(limit, lambda: disk_of(folder).writable))
        self.limit = limit

    def store_upload(self, stream: BinaryIO, declared_name: str, actor: Actor) -> Stored:
        with self.receiving() as incoming:
            copy_into(incoming, stream)
            return self.store(incoming, declared_name, actor)

    @contextlib.contextmanager
    def receiving(self) -> Iterator[Incoming]:
        """A file to write into; gone at the end of the block unless `store` took it."""
        with self._files.incoming() as incoming:
            yield incoming

    def store(self, incoming: Incoming, declared_name: str, actor: Actor) -> Stored:
        """Raises Invalid with what is wrong with the file. The same content twice is one document."""
        if not incoming.size:
            raise Invalid("document_empty", {"file": "missing"})
        description = _describe(incoming, declared_name)
        incoming.settle()
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            self._files.keep(incoming)
            known = Document.get_or_none(Document.sha256 == incoming.sha256)
            if known is not None:
                return _stored(known)
            document = Document.create(
                sha256=incoming.sha256,
                name=description.name,
                mime=description.mime,
                size=incoming.size,
                uploaded_by=actor.user_id,
                uploaded_at=now,
                force_insert=True,
            )
            record(
                now, actor, "document.add", f"document:{document.sha256[:12]}", mime=document.mime, size=document.size
            )
        return _stored(document)

    def get(self, sha256: str) -> Stored:
        return _stored(_row(sha256))

    def path_of(self, sha256: str) -> Path:
        """For serving; a file whose size is not right is as good as missing. Raises NotFound."""
        return self._files.path_of(sha256, _row(sha256).size)

    def verify(self, sha256: str) -> bool:
        """Does the file on disk still hold what its name says? Reads all of it."""
        return self._files.verify(sha256)

    def hashes(self) -> list[str]:
        return [row.sha256 for row in Document.select(Document.sha256)]

    def scrub(self, sha256s: Sequence[str]) -> list[str]:
        """Those whose file was changed on disk: it is taken away and never served again, and the journal says so."""
        present = self._files.present()
        damaged = [sha256 for sha256 in sha256s if sha256 in present and not self._files.verify(sha256)]
        for sha256 in damaged:
            self._files.remove(sha256)
            with database.atomic("IMMEDIATE"):
                record(self._clock.now(), APPLIANCE, "document.damaged", f"document:{sha256[:12]}")
        return damaged

    def missing(self) -> int:
        """How many documents cannot be handed out any more: their file is gone or has another size."""
        return sum(not self._files.is_there(row.sha256, row.size) for row in Document.select())

    def listed(self, actor: Actor) -> list[Stored]:
        """The teacher's own, the latest first; an administrator sees all."""
        query = Document.select().order_by(Document.uploaded_at.desc())
        if not actor.is_administrator:
            query = query.where(Document.uploaded_by == actor.user_id)
        names = {row.id: row.name for row in User.select(User.id, User.name)}
        return [_stored(row, names.get(row.uploaded_by_id or 0, "")) for row in query]

    def remove(self, sha256: str, actor: Actor) -> None:
        """Raises Conflict while a favourite or a lesson in progress needs it."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            document = _row(sha256)
            if document.uploaded_by_id != actor.user_id and not actor.is_administrator:
                raise Denied("not_your_document")
            if sha256 in _in_use():
                raise Conflict("document_in_use")
            document.delete_instance()
            record(now, actor, "document.remove", f"document:{sha256[:12]}")
        self._files.remove(sha256)

    def remove_unused(self, actor: Actor, older_than: datetime) -> int:
        """Those that no favourite and no lesson needs, uploaded before `older_than`; how many."""
        old = Document.select(Document.sha256).where(Document.uploaded_at < older_than)
        unused = {row.sha256 for row in old} - _in_use()
        for sha256 in unused:
            with contextlib.suppress(Conflict, NotFound):  # somebody took it up, or removed it, meanwhile
                self.remove(sha256, actor)
        return len(unused)

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


def _row(sha256: str) -> Document:
    document = Document.get_or_none(Document.sha256 == sha256)
    if document is None:
        raise NotFound("no_document")
    return document


def _stored(row: Document, uploaded_by: str = "") -> Stored:
    return Stored(row.sha256, row.name, row.mime, row.size, row.uploaded_at, uploaded_by)
