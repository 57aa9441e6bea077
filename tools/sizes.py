"""Holds modules and functions to the house's sizes; part of ./run check.

Owns the limits. Measures lines as they stand in the file, doc-strings and blanks included; a function's
decorators count, and so does what is defined inside it.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
FUNCTION_LINES = 40
MODULE_LINES = {".py": 350, ".css": 400, ".js": 400}


def long_functions(source: str) -> Iterator[tuple[int, str, int]]:
    """Line, name and length of each function that is too long."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            length = (node.end_lineno or first) - first + 1
            if length > FUNCTION_LINES:
                yield first, node.name, length


def findings(path: Path, source: str) -> Iterator[str]:
    lines = len(source.splitlines())
    limit = MODULE_LINES[path.suffix]
    if lines > limit:
        yield f"{path}: {lines} lines, at most {limit}"
    if path.suffix == ".py":
        for line, name, length in long_functions(source):
            yield f"{path}:{line}: {name} has {length} lines, at most {FUNCTION_LINES}"


def tracked_files(root: Path) -> list[Path]:
    """Our own files, committed or not yet: what git does not ignore."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    names = [Path(name) for name in listing.split("\0") if name]
    return sorted({name for name in names if name.suffix in MODULE_LINES and (root / name).is_file()})


def main(root: Path = HERE) -> int:
    found = [
        finding for path in tracked_files(root) for finding in findings(path, (root / path).read_text(encoding="utf-8"))
    ]
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
