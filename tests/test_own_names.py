"""Which addresses lead to the appliance itself, in every form in which a browser takes them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.addresses import interface_addresses
from appliance.config import Config
from appliance.own_names import OwnNames, outward_address, page_address

NAMES = OwnNames(
    Config(Path("data"), names=("boitier.ecole.fr",)), lambda: {"192.168.1.2", "fd00::2", "127.0.0.1", "::1"}
)


@pytest.mark.parametrize(
    "url",
    [
        "http://preau.local/admin", "http://PREAU.local:8080/", "http://preau.local./", "https://boitier.ecole.fr/",
        "http://192.168.1.2:8080/lessons", "http://[fd00::2]/", "http://[fd00:0:0::2]:8080/", "http://localhost:9001/",
        "http://school.localhost/", "http://127.0.0.1/", "http://127.8.9.10/", "http://[::1]/", "http://0.0.0.0/",
        "http://[::]/", "http://127.1/", "http://0x7f000001/", "http://2130706433/", "http://0177.0.0.1/",
        "http://192.168.1.2:1883/", "http://192.168.1.2:1884/", "http://preau.local:9001/", "https://192.168.1.2/",
        "http://127.0.0.1:8194/", "http://localhost:8194/", "http://192.168.1.2:8０８０/",  # noqa: RUF001 - the look-alikes are the point
        "http://192.168.258/", "http://0xc0a80102/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:192.168.1.2]/",
        "http://%6c%6fcalhost/", "http://preau%2elocal/", "http://ｌｏｃａｌｈｏｓｔ/", "http://preau。local/",  # noqa: RUF001 - the look-alikes are the point
    ],
)  # fmt: skip
def test_an_address_that_leads_here_is_seen_through_its_disguise(url: str) -> None:
    assert NAMES.leads_here(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.lumni.fr/", "http://192.168.1.3/", "http://192.168.1.20/", "http://[fd00::3]/", "http://10.0.0.1/",
        "https://preau.local.example.org/", "https://example.org/preau.local", "https://example.org/?u=http://127.0.0.1",
        "https://example.org/#localhost", "https://mylocalhost/", "https://3com.com/", "https://1.2.3.4.example/",
        "http://192.168.1.2:8194/", "http://preau.local:8194/", "http://[fd00::2]:8194/", "http://192.168.258:8194/",
        "", "nonsense", "http://", "http://[/", "http://[::g]/",
    ],
)  # fmt: skip
def test_an_address_of_somebody_else_is_not_ours(url: str) -> None:
    assert not NAMES.leads_here(url)


@pytest.mark.parametrize(
    ("host", "port", "known", "expected"),
    [
        ("0.0.0.0", 80, {"127.0.0.1", "fd00::2", "192.168.1.20"}, "http://192.168.1.20"),  # noqa: S104 - not bound
        ("0.0.0.0", 8080, {"169.254.3.4", "10.0.0.9"}, "http://10.0.0.9:8080"),  # noqa: S104 - not bound
        ("127.0.0.1", 9001, {"10.0.0.9"}, "http://127.0.0.1:9001"),
        ("fd00::1", 8080, {"10.0.0.9"}, "http://[fd00::1]:8080"),
        ("fd00::1", 80, {"10.0.0.9"}, "http://[fd00::1]"),
    ],
)
def test_the_page_is_told_by_an_address_that_can_be_read_over_the_telephone(
    host: str, port: int, known: set[str], expected: str
) -> None:
    config = Config(Path("data"), host=host, http_port=port)
    assert page_address(config, lambda: known, lambda: None) == expected


@pytest.mark.parametrize(
    ("outward", "expected"),
    [("192.168.1.20", "http://192.168.1.20"), (None, "http://172.17.0.1"), ("10.9.9.9", "http://172.17.0.1")],
)
def test_the_page_is_told_by_the_address_towards_the_school_s_router(outward: str | None, expected: str) -> None:
    """Not by one of a network of containers; what is gone since is not told."""
    known = {"127.0.0.1", "172.17.0.1", "192.168.1.20"}
    assert page_address(Config(Path("data"), http_port=80), lambda: known, lambda: outward) == expected


def test_the_way_out_is_one_of_our_own_addresses() -> None:
    found = outward_address()
    assert found is None or found in interface_addresses()


@pytest.mark.parametrize(("port", "expected"), [(443, "https://10.0.0.9"), (8443, "https://10.0.0.9:8443")])
def test_the_page_is_told_as_it_is_served(port: int, expected: str) -> None:
    config = Config(Path("data"), host="10.0.0.9", http_port=port, tls_certificate=Path("c"), tls_key=Path("k"))
    assert page_address(config) == expected


@given(st.text(max_size=60))
def test_no_text_is_too_odd_to_be_asked_about(text: str) -> None:
    NAMES.leads_here(text)
    NAMES.leads_here(f"http://{text}/")


def test_an_address_is_own_while_the_machine_has_it() -> None:
    own = ("192.168.1.2", "fd00::2", "127.0.0.9", "::1", "::")
    assert [NAMES.is_own_address(one) for one in own] == [True] * 5
    assert [NAMES.is_own_address(one) for one in ("192.168.1.3", "fd00::3", "93.184.215.14")] == [False] * 3
    assert NAMES.is_own_address("fe80::1%eth0") is False
