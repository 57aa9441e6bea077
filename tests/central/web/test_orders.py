"""Orders on the console's pages: signed by a passkey or by a file, confirmed by a second person, canceled."""

import io
import json

import pytest
from webauthn.helpers import base64url_to_bytes

from central.domain.orders import Wish
from central.domain.roles import CONSOLE, Role, Viewer
from central.keys.signatures import SigningSecret
from central.services.order_signatures import sign_file
from central.services.rings import NewKey, sign_ring
from central.store.desk_models import Account
from central.store.desk_models import Passkey as PasskeyRow
from central.store.models import Appliance, Device
from central.web.security import FORM_BYTES
from protocol.uplink_orders import encode_signed
from protocol.uplink_words import InstructionKind, OrderClass, SignatureAlgorithm
from tests.central.web.conftest import ORIGIN, OWN, Browser, Site
from tests.support.passkey import Passkey


@pytest.fixture
def root(site: Site) -> SigningSecret:
    """The city is founded, and the school has a box with a device."""
    root, at = SigningSecret.new(), site.clock.now()
    site.services.rings.found(root, site.services.signing.public, CONSOLE)
    Appliance.insert(id="a-1", school=OWN, claimed_at=at).execute()
    Device.insert(
        id="d-1", school=OWN, appliance="a-1", serial="S1", name="Tablette 01", number=1, kind="tablet",
        status="active", updated_at=at,
    ).execute()  # fmt: skip
    return root


def officer(site: Site) -> Viewer:
    row = Account.get(Account.login == f"user-{Role.ADMINISTRATOR}")
    return Viewer(row.id, row.login, row.name, Role(row.role))


def with_file(browser: Browser, path: str, file: bytes) -> int:
    form = {"csrf_token": browser.token, "file": (io.BytesIO(file), "signe.json")}
    return browser.client.post(path, base_url=ORIGIN, data=form).status_code


def test_a_passkey_is_put_into_the_ring_and_signs_an_order(site: Site, root: SigningSecret) -> None:
    browser, key = site.browser_of(Role.ADMINISTRATOR), Passkey("localhost", ORIGIN)
    PasskeyRow.insert(
        id=key.id,
        account=officer(site).account_id,
        public_key=key.public_key,
        name="Portable",
        created_at=site.clock.now(),
    ).execute()
    assert "Portable" in browser.get("/orders/keys").text
    assert browser.post("/orders/keys/passkey", passkey=key.id).status_code == 303
    draft = browser.get("/orders/keys/ring").data
    assert with_file(browser, "/orders/keys/ring", encode_signed(sign_ring(root, draft))) == 303
    order = site.services.orders.create(officer(site), Wish(InstructionKind.REBOOT, devices=("d-1",)))
    page = browser.get(f"/orders/{order}").text
    assert "Signer avec ma clé" in page and "Tablette 01" in page
    asked = browser.post_json(f"/orders/{order}/sign/question", {}).json
    assert asked is not None and [one["id"] for one in asked["allowCredentials"]] == [key.id]
    credential = json.loads(key.sign(base64url_to_bytes(asked["challenge"])))
    answer = browser.post_json(f"/orders/{order}/sign", {"credential": credential})
    assert answer.json == {"next": f"/orders/{order}"}
    assert site.services.order_delivery.pending_count("a-1") == 1
    assert browser.post_json(f"/orders/{order}/sign/question", {}).status_code == 409
    assert "en route" in browser.get("/orders").text


def test_a_wipe_goes_by_a_file_and_a_second_person(site: Site, root: SigningSecret) -> None:
    vault, browser = SigningSecret.new(), site.browser_of(Role.ADMINISTRATOR)
    new = NewKey(SignatureAlgorithm.ED25519, vault.public, (OrderClass.DESTRUCTIVE,), "coffre")
    site.services.rings.add_key(new, CONSOLE)
    site.services.rings.accept(sign_ring(root, site.services.rings.draft()), CONSOLE)
    order = site.services.orders.create(officer(site), Wish(InstructionKind.WIPE, devices=("d-1",)))
    browser.get(f"/orders/{order}")
    file = browser.get(f"/orders/{order}/file").data
    assert with_file(browser, f"/orders/{order}/file", b"{}") == 422
    assert with_file(browser, f"/orders/{order}/file", sign_file(vault, file)) == 303
    assert browser.post(f"/orders/{order}/confirm").status_code == 403
    colleague = site.browser_of(Role.TECHNICIAN)
    assert "Confirmer" in colleague.get(f"/orders/{order}").text
    assert site.services.order_delivery.pending_count("a-1") == 0
    assert colleague.post(f"/orders/{order}/confirm").status_code == 303
    assert site.services.order_delivery.pending_count("a-1") == 1


def test_an_order_for_a_city_s_devices_is_signed_by_a_file_of_any_length(site: Site, root: SigningSecret) -> None:
    """Six signatures of three hundred targets: some 300 kB for the key, more than a form of ours may have."""
    vault, browser, at = SigningSecret.new(), site.browser_of(Role.ADMINISTRATOR), site.clock.now()
    site.services.rings.add_key(
        NewKey(SignatureAlgorithm.ED25519, vault.public, (OrderClass.DESTRUCTIVE,), "coffre"), CONSOLE
    )
    site.services.rings.accept(sign_ring(root, site.services.rings.draft()), CONSOLE)
    ids = [f"{number:064d}" for number in range(1800)]
    rows = [
        {"id": one, "school": OWN, "appliance": "a-1", "serial": one, "name": "Tablette", "kind": "tablet",
         "status": "active", "updated_at": at}
        for one in ids
    ]  # fmt: skip
    for start in range(0, len(rows), 600):
        Device.insert_many(rows[start : start + 600]).execute()
    order = site.services.orders.create(officer(site), Wish(InstructionKind.WIPE, devices=tuple(ids)))
    browser.get(f"/orders/{order}")
    signed = sign_file(vault, browser.get(f"/orders/{order}/file").data)
    assert len(signed) > FORM_BYTES
    assert with_file(browser, f"/orders/{order}/file", signed) == 303
    assert site.services.order_signatures.wanted(order) == []


def test_an_order_is_canceled_from_its_page(site: Site, root: SigningSecret) -> None:
    browser = site.browser_of(Role.ADMINISTRATOR)
    order = site.services.orders.create(officer(site), Wish(InstructionKind.REPORT, devices=("d-1",)))
    browser.get(f"/orders/{order}")
    assert browser.post(f"/orders/{order}/cancel").status_code == 303
    assert site.services.order_delivery.pending_count("a-1") == 0
    assert "annulé" in browser.get(f"/orders/{order}").text
