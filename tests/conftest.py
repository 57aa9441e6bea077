"""What every test shares: how patient Hypothesis is on a small or busy machine."""

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--faults", action="store_true", help="many kills and power cuts instead of a few")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "contract(*keys): holds these sentences of tests/contract_sentences.py")
