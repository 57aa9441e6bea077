"""The online key: signs what central may order by itself, the time, and the configurations. A file, never a row."""

from datetime import datetime
from pathlib import Path

from central.keys.signatures import SigningSecret, public_id, signature_of
from protocol.uplink import signed_time
from protocol.uplink_orders import Signature, SignedDocument

ONLINE_FILE = "online.key"


class Signing:
    """The file is read at the first use: what only shows pages needs no key."""

    def __init__(self, secrets_path: Path) -> None:
        self._path = secrets_path / ONLINE_FILE
        self._secret: SigningSecret | None = None

    def create(self) -> None:
        """Once, when the city is made; a key that is there stays."""
        if not self._path.exists():
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            SigningSecret.new().save(self._path)

    @property
    def public(self) -> str:
        """Base64: the `time_key` of a claim's answer."""
        return self._key().public

    @property
    def key_id(self) -> str:
        """Its name in the ring."""
        return public_id("online", self.public)

    def sign_order(self, body: bytes) -> Signature:
        return signature_of(self.key_id, self._key(), body)

    def sign_time(self, appliance: str, nonce: str, at: datetime) -> str:
        return self._key().sign(signed_time(appliance, nonce, at))

    def sign_document(self, document: bytes) -> SignedDocument:
        return SignedDocument(document, self._key().sign(document))

    def _key(self) -> SigningSecret:
        if self._secret is None:
            self._secret = SigningSecret.load(self._path)
        return self._secret
