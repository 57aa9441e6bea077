"""What a stranger puts in a passkey's place is no signature, and brings nobody down."""

import base64

import pytest

from signatures.ed25519 import is_signed
from signatures.passkeys import is_asserted, is_origin_of


@pytest.mark.parametrize(
    "client_data",
    [b"[" * 6000, b'{"origin":' * 3000, b"\xff", b"null", b"{}", b'{"origin": 1}', b'{"origin": "https://["}'],
)
def test_hostile_client_data_is_no_signature(client_data: bytes) -> None:
    parts = {"client_data": base64.b64encode(client_data).decode(), "authenticator_data": "AA==", "signature": "AA=="}
    assert not is_asserted("AA==", "console.ville.example", b"{}", parts)


@pytest.mark.parametrize(("public", "signature"), [("", ""), ("é", "é"), ("AA==", "AA=="), ("A" * 44, "B" * 88)])
def test_what_is_no_key_or_no_signature_signs_nothing(public: str, signature: str) -> None:
    assert not is_signed(public, b"{}", signature)


@pytest.mark.parametrize(
    ("origin", "is_ours"),
    [("https://ville.example", True), ("https://console.ville.example:8443", True), ("http://ville.example", False),
     ("https://ville.example.evil", False), ("https://malville.example", False), ("ville.example", False)],
)  # fmt: skip
def test_a_passkey_counts_on_the_citys_own_pages(origin: str, is_ours: bool) -> None:
    assert is_origin_of(origin, "ville.example") is is_ours
    assert is_origin_of("http://localhost:5000", "localhost") and not is_origin_of("http://localhost", "ville.example")
