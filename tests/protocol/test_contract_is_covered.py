"""Every sentence of the contract is named by a test, and every name is a sentence's."""

import ast
from pathlib import Path

from tests.contract_sentences import SENTENCES

TESTS = Path(__file__).parents[1]


def keys_named_in(source: str) -> list[str]:
    """The arguments of `@pytest.mark.contract(...)` on test functions, read without importing the module."""
    return [
        argument.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.contract"
        for argument in decorator.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]


def named_keys() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for key in keys_named_in(path.read_text(encoding="utf-8")):
            found.setdefault(key, set()).add(path.relative_to(TESTS).as_posix())
    return found


def test_every_name_is_a_sentence_of_the_contract() -> None:
    assert set(named_keys()) - set(SENTENCES) == set()


def test_a_name_is_found_where_it_is_given_and_nowhere_else() -> None:
    source = """
@pytest.mark.contract("1.a", "1.b")
def test_one(): ...
@pytest.mark.parametrize("x", ["1.c"])
@pytest.mark.contract("1.d")
async def test_two(): ...
@pytest.mark.contract("1.e")
def not_a_test(): ...
# @pytest.mark.contract("1.f")
"""
    assert keys_named_in(source) == ["1.a", "1.b", "1.d"]


def test_every_sentence_is_named_by_a_test() -> None:
    assert set(SENTENCES) - set(named_keys()) == set()
