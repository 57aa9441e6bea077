"""What every test shares: how patient Hypothesis is on a small or busy machine."""

import os
import shutil
import tempfile

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("tests.support")  # what is asserted there is told in full, too

settings.register_profile("house", deadline=None)
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--faults", action="store_true", help="many kills and power cuts instead of a few")


def pytest_configure(config: pytest.Config) -> None:
    _keep_runtime_folders_together(config)
    config.addinivalue_line("markers", "contract(*keys): holds these sentences of tests/contract_sentences.py")


def _keep_runtime_folders_together(config: pytest.Config) -> None:
    """Sockets and live state of every appliance that a test starts: in one short place that goes at the end."""
    if "RUNTIME_DIRECTORY" in os.environ:  # a worker of the process that made it
        return
    folder = tempfile.mkdtemp(prefix="preau-")
    os.environ["RUNTIME_DIRECTORY"] = folder
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
