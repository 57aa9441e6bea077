"""How long faults are looked for: a little in every run, long with `--faults`."""

import pytest


@pytest.fixture
def is_long(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--faults"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`seed`: the random of one trial; the same seed is the same trial, as far as the machine's own timing goes.

    `losing`: SQLite's settings that must lose in a power cut, or the rig cuts nothing.
    """
    is_long = metafunc.config.getoption("--faults")
    if "losing" in metafunc.fixturenames:
        metafunc.parametrize("losing", ["NORMAL", "OFF"] if is_long else ["NORMAL"])
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(12) if is_long else [0])
