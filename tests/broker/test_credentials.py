"""The password hash and file, against Mosquitto's own program and against whatever may be in a file."""

import resource
import signal
import threading
from pathlib import Path

import pytest

from appliance.broker.credentials import (
    ITERATIONS,
    hash_password,
    is_username,
    new_password,
    parse_password_file,
    render_password_file,
    verify_password,
    write_atomically,
)
from appliance.errors import Invalid

# Written by mosquitto_passwd 2.0.11 for the password "tablette".
FROM_MOSQUITTO_PASSWD = (
    "$7$101$RjAJ1BKmAx/0XXZy$36Di0d+NhnZaTP+vrwkIgYp42XCqsp8jRaXGlra+Ltk5zoyBiKyZFNGS2/mrdQg7AuO5rv+laIRuK4pZGZrysA=="
)


def test_a_hash_is_verified_by_its_own_password_only() -> None:
    known = hash_password("tablette")
    assert verify_password(known, "tablette")
    assert not verify_password(known, "tablettes")
    assert not verify_password(known, "")


def test_the_same_password_never_has_the_same_hash_twice() -> None:
    assert len({hash_password("tablette") for _ in range(50)}) == 50


def test_a_hash_of_mosquittos_own_program_is_understood() -> None:
    assert verify_password(FROM_MOSQUITTO_PASSWD, "tablette")
    assert not verify_password(FROM_MOSQUITTO_PASSWD, "Tablette")


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        "$",
        "$7$",
        "plain",
        "$7$101$$",
        "$7$101$c2FsdA==$",
        "$6$101$c2FsdA==$aGFzaA==",
        "$7$x$c2FsdA==$aGFzaA==",
        "$7$0$c2FsdA==$aGFzaA==",
        "$7$-5$c2FsdA==$aGFzaA==",
        "$7$101$é$é",
        "$7$101$c2FsdA==$aGFzaA==$more",
    ],
)
def test_a_damaged_hash_lets_nobody_in(damaged: str) -> None:
    assert not verify_password(damaged, "tablette")
    assert not verify_password(damaged, "")


def test_a_hash_has_no_mark_of_the_file_in_it() -> None:
    for _ in range(50):
        known = hash_password(new_password())
        assert known.startswith(f"$7${ITERATIONS}$")
        assert not set(known) & set(": \n")


def test_passwords_hold_160_random_bits_and_need_no_quoting() -> None:
    made = {new_password() for _ in range(200)}
    assert len(made) == 200
    assert all(len(password) == 27 for password in made)
    assert all(character.isalnum() or character in "-_" for password in made for character in password)


@pytest.mark.parametrize("name", ["d-7k3m9q2x", "a", "0", "d" * 40])
def test_names_of_devices_are_user_names(name: str) -> None:
    assert is_username(name)


@pytest.mark.parametrize(
    "name", ["", "d" * 41, "D", "d_1", "d+", "d#", "d/1", "d:1", "d 1", "d\n", "é", "d\x00", "%u", "#d"]
)
def test_names_that_mean_something_elsewhere_are_none(name: str) -> None:
    assert not is_username(name)
    with pytest.raises(Invalid):
        render_password_file({name: hash_password("x")})


def test_a_password_file_is_read_as_it_was_written() -> None:
    credentials = {f"d-{number}": hash_password(str(number)) for number in range(20)}
    text = render_password_file(credentials)
    assert parse_password_file("# a comment: yes\n\n" + text) == credentials
    assert render_password_file(dict(reversed(credentials.items()))) == text


def test_a_written_file_is_for_its_owner_only_whatever_it_was_before(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o666)
    write_atomically(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_sees_the_old_text_or_the_new_and_never_a_part(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    texts = {"a" * 100_000, "b" * 200_000}
    write_atomically(path, min(texts))
    stop = threading.Event()
    seen: set[str] = set()

    def read() -> None:
        while not stop.is_set():
            seen.add(path.read_text())

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(50):
        for text in texts:
            write_atomically(path, text)
    stop.set()
    reader.join()
    assert seen <= texts
    assert seen


def test_a_write_that_fails_leaves_the_old_file_and_no_rubbish(tmp_path: Path) -> None:
    """A limit on the size of files stands for a full disk: both fail in the middle of the write."""
    path = tmp_path / "secret"
    write_atomically(path, "old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_atomically(path, "n" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
