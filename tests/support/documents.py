"""Giving a document to the appliance as the pages do, without the wire."""

from typing import BinaryIO

from appliance.domain.people import Actor
from appliance.services.documents import Documents, Stored


def store_upload(documents: Documents, stream: BinaryIO, declared_name: str, actor: Actor) -> Stored:
    with documents.receiving() as incoming:
        while chunk := stream.read(256 * 1024):
            incoming.write(chunk)
        return documents.store(incoming, declared_name, actor)
