"""What every test shares: how patient Hypothesis is on a small or busy machine."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("tests.support")  # what is asserted there is told in full, too

_HERE = Path(__file__).parent
# Where a file takes long. They begin first (`--no-loadscope-reorder` keeps this order among the workers): a long one
# that began last would leave the other workers idle.
_LONG_FIRST = (
    "bench/test_quick.py", "simulator/test_city_demo.py", "pupil/test_agent_clock.py", "faults/", "browser/", "pupil/",
    "agents/", "uplink/", "contract/", "broker_bridge/", "web/browser/", "central/web/browser/", "central/test_",
    "cli/", "central/cli/", "simulator/", "broker/",
)  # fmt: skip

settings.register_profile("house", deadline=None)
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--faults", action="store_true", help="many kills and power cuts instead of a few")


def pytest_configure(config: pytest.Config) -> None:
    _keep_runtime_folders_together(config)
    config.addinivalue_line("markers", "contract(*keys): holds these sentences of tests/contract_sentences.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_rank)  # stable: the tests of one file stay together and in their order


def _rank(item: pytest.Item) -> int:
    path = item.path.relative_to(_HERE).as_posix()
    return next((rank for rank, start in enumerate(_LONG_FIRST) if path.startswith(start)), len(_LONG_FIRST))


def _keep_runtime_folders_together(config: pytest.Config) -> None:
    """Sockets and live state of every appliance that a test starts: in one short place that goes at the end."""
    if "RUNTIME_DIRECTORY" in os.environ:  # a worker of the process that made it
        return
    folder = tempfile.mkdtemp(prefix="preau-")
    os.environ["RUNTIME_DIRECTORY"] = folder
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
