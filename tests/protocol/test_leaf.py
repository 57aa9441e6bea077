import ast
import sys
from pathlib import Path

import pytest

import protocol

MODULES = sorted(Path(protocol.__file__).parent.glob("*.py"))


def imported_by(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    named = {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in plain | named}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_the_wire_format_imports_the_standard_library_only(path: Path) -> None:
    assert imported_by(path) <= sys.stdlib_module_names | {"protocol"}
