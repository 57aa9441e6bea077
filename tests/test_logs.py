import io
import logging
from collections.abc import Iterator
from contextlib import redirect_stderr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.logs import Secret, fact, set_up


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def line(event: str, **values: object) -> str:
    printed = io.StringIO()
    with redirect_stderr(printed):
        set_up("bridge")
        fact(logging.getLogger("test"), event, **values)
    return printed.getvalue()


def test_a_fact_is_one_line_with_its_process_and_its_values() -> None:
    said = line("process_died", name="web", code=-9)
    assert said.endswith(" bridge INFO test process_died name=web code=-9\n")


@given(st.text())
def test_no_name_can_forge_a_line_or_drive_a_terminal(name: str) -> None:
    said = line("device_renamed", name=name)
    assert said.count("\n") == 1
    assert all(c.isprintable() for c in said[:-1])


def test_escapes_stay_readable() -> None:
    assert "name=\\u001b[31m | x\\u202e" in line("x", name="\x1b[31m\nx\u202e")


def test_a_secret_prints_as_stars_however_it_is_printed() -> None:
    secret = Secret("hunter2")
    shown = [str(secret), repr(secret), f"{secret}", f"{secret:>20}", "%s" % secret, str([secret])]  # noqa: UP031 - how logging does it
    assert all("hunter2" not in one for one in shown)
    assert "hunter2" not in line("login", password=secret)
    assert secret.reveal() == "hunter2"
    assert secret == "hunter2"


def test_an_exception_is_told_on_one_line() -> None:
    printed = io.StringIO()
    with redirect_stderr(printed):
        set_up("web")
        try:
            raise ValueError("bad\nvalue")
        except ValueError:
            logging.getLogger("test").exception("failed")
    assert printed.getvalue().count("\n") == 1
    assert "ValueError: bad | value" in printed.getvalue()
