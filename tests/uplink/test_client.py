"""Whatever answers in the city's place, or does not: one word says what it is, and nothing of it is believed."""

import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.bad_proxy import LyingServer, answer_of, bad_proxy, lying_server
from tests.support.city_tls import Authority
from tests.support.ports import free_port
from uplink.client import Client, Request, pinned
from uplink.diagnosis import read_error
from uplink.trouble import ClaimTrouble, Trouble, TroubleCode

NOW = datetime.now(UTC)  # noqa: TID251 - certificates are made by the machine's clock
ASK = Request("POST", "/uplink/v1/hello", b'{"v":1}', {"Content-Type": "application/json"})
GOOD = answer_of(200, b'{"v":1}')


@dataclass
class City:
    """Its authority, a server that answers what a test wants, and a box's client."""

    authority: Authority
    server: LyingServer
    folder: Path
    at: datetime | None = NOW

    def client(self, host: str = "localhost", port: int | None = None, authority: Path | None = None) -> Client:
        pem = (authority or self.authority.path).read_text()
        return Client(f"https://{host}:{port or self.server.port}", pinned(pem, lambda: self.at), self.folder)

    def trouble(self, *answers: bytes, client: Client | None = None, request: Request = ASK) -> Trouble:
        self.server.answers[:] = answers
        with pytest.raises(Trouble) as caught:
            (client or self.client()).ask(request)
        return caught.value


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def city(authority: Authority, tmp_path: Path) -> Iterator[City]:
    with lying_server(*authority.give("city")) as server:
        yield City(authority, server, tmp_path)


def test_the_city_is_heard(city: City) -> None:
    city.server.answers.append(GOOD)
    answer = city.client().ask(ASK)
    assert (answer.status, answer.body) == (200, b'{"v":1}')
    assert city.server.heard[0].endswith(ASK.body if isinstance(ASK.body, bytes) else b"")
    assert f"host: localhost:{city.server.port}".encode() in city.server.heard[0].lower()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (answer_of(200, b"<html>Bienvenue", "text/html"), TroubleCode.PORTAL),
        (answer_of(302, b"", "text/plain", "Location: http://portal.example/"), TroubleCode.PORTAL),
        (answer_of(429, b"{}", "application/json", "Retry-After: 17"), TroubleCode.BUSY),
        (answer_of(503, b"{}"), TroubleCode.BUSY),
        (answer_of(503, b'{"error":"disk_full"}'), TroubleCode.CITY_FULL),
        (answer_of(500, b'{"error":"failure"}'), TroubleCode.SERVER),
        (answer_of(403, b'{"error":"appliance_replaced"}'), TroubleCode.REPLACED),
        (answer_of(403, b'{"error":"appliance_revoked"}'), TroubleCode.REVOKED),
        (answer_of(403, b'{"error":"certificate_unknown"}'), TroubleCode.REFUSED_US),
        (answer_of(403, b'{"error":"certificate_expired"}'), TroubleCode.CERTIFICATE),
        (answer_of(422, b'{"error":"malformed"}'), TroubleCode.REJECTED),
        (answer_of(409, b'{"error":"city_not_initialized"}'), ClaimTrouble.NOT_READY),
        (answer_of(409, b'{"error":["not","a","word"]}'), TroubleCode.REJECTED),
        (GOOD[:-3], TroubleCode.CUT),
        (b"", TroubleCode.CUT),
        (b"SSH-2.0-OpenSSH_9.2\r\n", TroubleCode.CUT),
    ],
)
def test_each_wrong_answer_has_its_word(city: City, answer: bytes, code: TroubleCode | ClaimTrouble) -> None:
    assert city.trouble(answer).code is code


@pytest.mark.parametrize("kind", [ssl.SSLZeroReturnError, ssl.SSLEOFError, ssl.SSLSyscallError])
def test_a_line_that_was_cut_while_it_was_silent_is_a_cut_and_no_spy(kind: type[ssl.SSLError]) -> None:
    assert read_error(kind(6, "TLS/SSL connection has been closed (EOF)")).code is TroubleCode.CUT


def test_how_long_to_wait_is_read(city: City) -> None:
    assert city.trouble(answer_of(429, b"{}", "application/json", "Retry-After: 17")).retry_after == 17
    assert city.trouble(answer_of(429, b"{}", "application/json", "Retry-After: Wed, 21 Oct")).retry_after is None


def test_an_endless_answer_is_given_up(city: City) -> None:
    request = Request("GET", "/big", most=1000)
    assert city.trouble(answer_of(200, b"x" * 1001), request=request).code is TroubleCode.FOREIGN


@pytest.mark.parametrize("pause", [0.05, 1.0])
def test_a_byte_now_and_then_or_silence_is_no_answer(city: City, pause: float) -> None:
    city.server.trickle = pause
    request = Request("GET", "/slow", seconds=0.5)
    assert city.trouble(GOOD, request=request).code is TroubleCode.SLOW


def test_another_authority_is_another_city(city: City, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = Authority(tmp_path_factory.mktemp("other"))
    assert city.trouble(GOOD, client=city.client(authority=other.path)).code is TroubleCode.TLS
    assert city.server.heard == []


def test_another_name_is_another_server(city: City) -> None:
    assert city.trouble(GOOD, client=city.client("127.0.0.1")).code is TroubleCode.TLS


def test_a_machine_without_the_city_s_server_refuses(city: City) -> None:
    assert city.trouble(client=city.client(port=free_port())).code is TroubleCode.REFUSED


@pytest.mark.parametrize("days", [-20_000, -200, 200])
def test_a_certificate_is_held_against_the_time_that_is_believed(city: City, days: int) -> None:
    city.at = NOW + timedelta(days=days)
    assert city.trouble(GOOD).code is TroubleCode.EXPIRED


@pytest.mark.parametrize("days", [(-40, -10), (10, 40)])
def test_before_the_city_told_the_time_no_date_is_judged(
    authority: Authority, tmp_path: Path, days: tuple[int, int]
) -> None:
    """The box may have woken up in any year; what is signed is believed, and the dates are judged by it."""
    with lying_server(*authority.give("old", days)) as server:
        city = City(authority, server, tmp_path, at=None)
        server.answers.append(GOOD)
        client = city.client()
        assert client.ask(ASK).status == 200
        assert client.shown is not None and not client.shown.holds(NOW)


def test_a_dead_resolver_is_got_around_by_the_last_known_address(city: City) -> None:
    (city.folder / "addresses.json").write_text(json.dumps(["127.0.0.1"]))
    client = city.client("ville-des-tests.invalid")
    assert city.trouble(GOOD, client=client).code is TroubleCode.DNS  # there is a server, of another name


def test_the_last_known_address_must_bear_the_city_s_name(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    client = city.client()
    city.server.answers[:] = [GOOD, GOOD]
    client.ask(ASK)
    assert json.loads((city.folder / "addresses.json").read_text()) == ["127.0.0.1"]
    client.close()
    real = socket.getaddrinfo

    def dead(host: str, *rest: object, **more: object) -> object:
        if host == "localhost":
            raise socket.gaierror(-3, "Temporary failure in name resolution")
        return real(host, *rest, **more)  # type: ignore[arg-type]  # any of its fields, by name

    monkeypatch.setattr(socket, "getaddrinfo", dead)
    assert city.client().ask(ASK).status == 200
    (city.folder / "addresses.json").unlink()
    assert city.trouble(GOOD).code is TroubleCode.DNS


def test_a_filtered_network_is_passed_by_its_proxy(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    with bad_proxy("127.0.0.1", city.server.port) as proxy:
        proxy.connect_only = True
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        city.server.answers[:] = [GOOD]
        assert city.client().ask(ASK).status == 200
        assert proxy.connects == [f"localhost:{city.server.port}"]
        proxy.refuses_connect = True
        assert city.trouble().code is TroubleCode.PROXY
        monkeypatch.setenv("NO_PROXY", "localhost")
        city.server.answers[:] = [GOOD]
        assert city.client().ask(ASK).status == 200


def test_a_proxy_that_is_not_there_is_named(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_port()}")
    assert city.trouble().code is TroubleCode.PROXY


def test_a_portal_that_speaks_no_tls_is_one(city: City) -> None:
    with bad_proxy("127.0.0.1", city.server.port) as proxy:
        proxy.portal = True
        assert city.trouble(client=city.client(port=proxy.port)).code is TroubleCode.PORTAL


def test_a_portal_in_the_proxy_s_place_is_not_believed(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers CONNECT with 200 and a page, and hangs up: from here that is a cut."""
    with bad_proxy("127.0.0.1", city.server.port) as proxy:
        proxy.portal = True
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        assert city.trouble().code in (TroubleCode.CUT, TroubleCode.PORTAL)


@pytest.mark.parametrize("seen", [600, 3000])
def test_a_line_that_is_cut_is_a_cut(city: City, seen: int) -> None:
    with bad_proxy("127.0.0.1", city.server.port) as proxy:
        proxy.cut_after = seen
        request = Request("POST", "/batch", b"x" * 20_000)
        assert city.trouble(GOOD, client=city.client(port=proxy.port), request=request).code is TroubleCode.CUT


def test_a_large_answer_goes_to_a_file_as_it_comes(city: City, tmp_path: Path) -> None:
    city.server.answers[:] = [answer_of(200, b"y" * 300_000, "application/octet-stream")]
    city.client().ask(Request("GET", "/snapshot", most=400_000, into=tmp_path / "got"))
    assert (tmp_path / "got").read_bytes() == b"y" * 300_000


def test_a_file_is_sent_whole(city: City, tmp_path: Path) -> None:
    (tmp_path / "backup").write_bytes(b"z" * 200_000)
    city.server.answers[:] = [GOOD]
    city.client().ask(Request("PUT", "/snapshot", tmp_path / "backup"))
    assert city.server.heard[0].endswith(b"z" * 200_000)
