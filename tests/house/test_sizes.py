from pathlib import Path

import pytest

from tools import sizes


def function(lines: int) -> str:
    return "def long():\n" + "    pass\n" * (lines - 1)


def test_a_function_of_forty_lines_is_accepted_and_one_of_forty_one_is_found() -> None:
    assert list(sizes.long_functions(function(40))) == []
    assert list(sizes.long_functions(function(41))) == [(1, "long", 41)]


def test_decorators_count_as_lines_of_the_function() -> None:
    assert list(sizes.long_functions("@one\n@two\n" + function(39))) == [(1, "long", 41)]


def test_a_method_and_an_asynchronous_function_are_measured_too() -> None:
    method = "class Owner:\n" + "".join(f"    {line}\n" for line in function(41).splitlines())
    assert [name for _, name, _ in sizes.long_functions(method)] == ["long"]
    assert [name for _, name, _ in sizes.long_functions("async " + function(41))] == ["long"]


@pytest.mark.parametrize(("suffix", "limit"), [(".py", 350), (".css", 400), (".js", 400)])
def test_a_module_may_reach_its_limit_and_not_pass_it(suffix: str, limit: int) -> None:
    path = Path(f"room{suffix}")
    assert list(sizes.findings(path, "\n" * limit)) == []
    assert list(sizes.findings(path, "\n" * (limit + 1))) == [f"room{suffix}: {limit + 1} lines, at most {limit}"]


def test_the_check_fails_with_the_place_of_what_is_too_long(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "room.py").write_text(function(41))
    assert sizes.main(repository) == 1
    assert capsys.readouterr().out == "room.py:1: long has 41 lines, at most 40\n"


def test_what_git_ignores_is_not_ours_to_measure(repository: Path) -> None:
    (repository / ".gitignore").write_text("/vendor/\n")
    (repository / "vendor").mkdir()
    (repository / "vendor" / "library.js").write_text("\n" * 5000)
    assert sizes.main(repository) == 0
