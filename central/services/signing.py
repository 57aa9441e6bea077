"""What central signs by itself, with its online key: routine orders, the time, configurations."""

from datetime import datetime

from central.keys.online import OnlineKey
from central.keys.signatures import public_id
from protocol.uplink_hello import signed_time
from protocol.uplink_orders import Signature, SignedDocument
from protocol.uplink_words import SignatureAlgorithm


class Signing:
    def __init__(self, online: OnlineKey) -> None:
        self._online = online

    @property
    def public(self) -> str:
        """Base64: the `time_key` of a claim's answer."""
        return self._online.public

    @property
    def key_id(self) -> str:
        """Its name in the ring."""
        return public_id("online", self.public)

    def sign_order(self, body: bytes) -> Signature:
        return Signature(self.key_id, SignatureAlgorithm.ED25519, {"signature": self._online.sign(body)})

    def sign_time(self, appliance: str, nonce: str, at: datetime) -> str:
        return self._online.sign(signed_time(appliance, nonce, at))

    def sign_document(self, document: bytes) -> SignedDocument:
        return SignedDocument(document, self._online.sign(document))
