"""docs/faults.md points at tests that exist."""

import re

from tests.support.appliance import ROOT

NAMED = re.compile(r"`(tests/[\w/]+\.py)`")


def test_every_test_that_the_table_of_faults_names_exists() -> None:
    named = set(NAMED.findall((ROOT / "docs" / "faults.md").read_text(encoding="utf-8")))
    assert len(named) > 20
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_every_module_of_faults_is_in_the_table() -> None:
    text = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    ours = {path.name for path in (ROOT / "tests" / "faults").glob("test_*.py")} - {"test_table.py"}
    assert [name for name in sorted(ours) if f"tests/faults/{name}" not in text] == []
