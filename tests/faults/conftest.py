"""How long faults are looked for: a little in every run, long with `--faults`."""

import pytest


@pytest.fixture
def is_long(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--faults"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`seed`: the random of one trial; the same seed is the same trial, as far as the machine's own timing goes."""
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(12) if metafunc.config.getoption("--faults") else [0])
