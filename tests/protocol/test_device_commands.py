from datetime import UTC, datetime

import pytest

from protocol.device import (
    MAX_MESSAGE_CHARS,
    AckStatus,
    Command,
    CommandType,
    Malformed,
    Presence,
    check_args,
    encode_command,
    encode_hub_time,
    encode_presence,
    is_web_link,
    parse_ack,
    parse_presence,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DOCUMENT: dict[str, object] = {
    "url": "https://preau.local/documents/x",
    "name": "fractions.pdf",
    "mime": "application/pdf",
    "size": 48213,
    "sha256": "0f" * 32,
}


@pytest.mark.contract("4.open_link_is_http_or_https")
@pytest.mark.parametrize(
    "url", ["http://192.0.2.1:8080", "https://fr.example.org/a?b=c#d", "HTTPS://EXAMPLE.ORG", "http://[2001:db8::1]/"]
)
def test_an_http_or_https_address_is_a_link(url: str) -> None:
    assert is_web_link(url)
    check_args(CommandType.OPEN_LINK, {"url": url})


@pytest.mark.contract("4.open_link_is_http_or_https")
@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "intent://scan/#Intent;end",
        "ftp://example.org",
        "//example.org",
        "example.org",
        "https://",
        "https:///path",
        "https:example.org",
        "https://exa mple.org",
        "https://example.org\\@example.net",
        "https://example.org/\u202etxt",
        "https://example.org/\n",
        "http://[::1",
    ],
)
def test_anything_else_is_no_link(url: str) -> None:
    assert not is_web_link(url)
    with pytest.raises(Malformed):
        check_args(CommandType.OPEN_LINK, {"url": url})


@pytest.mark.contract("4.message_is_at_most_500_characters")
def test_five_hundred_characters_pass_and_one_more_does_not() -> None:
    check_args(CommandType.MESSAGE, {"text": "é" * MAX_MESSAGE_CHARS, "from": "Mme Durand"})
    with pytest.raises(Malformed, match="out_of_range"):
        check_args(CommandType.MESSAGE, {"text": "é" * (MAX_MESSAGE_CHARS + 1), "from": "Mme Durand"})
    assert MAX_MESSAGE_CHARS == 500


@pytest.mark.contract("4.open_app_names_a_package")
def test_an_app_is_opened_by_its_package() -> None:
    check_args(CommandType.OPEN_APP, {"package": "org.kde.gcompris"})
    with pytest.raises(Malformed, match=r"args\.package"):
        check_args(CommandType.OPEN_APP, {})


@pytest.mark.contract("4.open_document_describes_the_document")
@pytest.mark.parametrize("missing", DOCUMENT)
def test_a_document_is_described_in_full(missing: str) -> None:
    check_args(CommandType.OPEN_DOCUMENT, DOCUMENT)
    with pytest.raises(Malformed, match=f"missing_field: args.{missing}"):
        check_args(CommandType.OPEN_DOCUMENT, {name: value for name, value in DOCUMENT.items() if name != missing})


@pytest.mark.contract("4.reboot_takes_no_argument")
@pytest.mark.parametrize("command_type", ["identify", "report", "reboot", "wipe"])
def test_four_commands_need_no_argument(command_type: str) -> None:
    check_args(CommandType(command_type), {})


def test_a_command_with_wrong_arguments_is_not_sent() -> None:
    with pytest.raises(Malformed, match="url"):
        encode_command(Command("1", CommandType.OPEN_LINK, NOW, NOW, {"url": "file:///x"}))


def test_every_status_but_received_is_final() -> None:
    assert [status for status in AckStatus if not status.is_final] == [AckStatus.RECEIVED]
    assert len(AckStatus) == 5


def test_a_long_explanation_does_not_cost_the_acknowledgement() -> None:
    ack = parse_ack(b'{"id":"1","status":"failed","error":"' + b"x" * 20_000 + b'"}')
    assert ack.status is AckStatus.FAILED
    assert ack.error == "x" * 500


@pytest.mark.contract("2.presence_is_bare_text")
def test_presence_is_bare_text() -> None:
    assert encode_presence(Presence.ONLINE) == b"online"
    assert parse_presence(b"offline") is Presence.OFFLINE
    for raw in (b"Online", b"online\n", b'"online"', b"\xff", b"x" * 70_000):
        with pytest.raises(Malformed):
            parse_presence(raw)


def test_the_hubs_time_is_the_contracts() -> None:
    assert encode_hub_time(NOW) == b'{"now":"2026-11-23T09:00:00Z"}'
