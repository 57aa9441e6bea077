"""What a stranger puts in a passkey's place is no signature, and brings nobody down: the same on both ends."""

import base64
from collections.abc import Callable

import pytest

from central.keys.signatures import is_asserted as in_the_city
from uplink.verify import is_asserted as on_the_box

Check = Callable[[str, str, bytes, dict[str, str]], bool]


@pytest.mark.parametrize("check", [in_the_city, on_the_box])
@pytest.mark.parametrize(
    "client_data",
    [b"[" * 6000, b'{"origin":' * 3000, b"\xff", b"null", b"{}", b'{"origin": 1}', b'{"origin": "https://["}'],
)
def test_hostile_client_data_is_no_signature(check: Check, client_data: bytes) -> None:
    parts = {"client_data": base64.b64encode(client_data).decode(), "authenticator_data": "AA==", "signature": "AA=="}
    assert not check("AA==", "console.ville.example", b"{}", parts)
