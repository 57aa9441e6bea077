"""The command lines speak French also where argparse speaks for itself; both have the same words."""

import argparse
from collections.abc import Callable
from inspect import getsource
from types import ModuleType

import pytest

from appliance.cli import french as box
from appliance.cli.admin_options import make_parser as box_parser
from central.cli import french as city
from central.cli.admin import _parser as city_parser

_ENGLISH = ("usage:", "error:", "argument", "required", "choose from", "expected", "invalid", "positional", "show this")
MISUSES: tuple[tuple[list[str], str], ...] = (
    ([], "il manque : WHAT, --word"),
    (["x", "--word", "a", "--strange"], "on ne connaît pas : --strange"),
    (["x", "--word"], "--word : il faut une valeur"),
    (["x", "--word", "a", "--count", "many"], "--count : 'many' n’est pas un nombre"),
    (["x", "--word", "a", "--kind", "z"], "--kind : 'z' n’en est pas. Au choix : 'a', 'b'"),
    (["x", "--word", "a", "--on", "--off"], "--off ne va pas avec --on"),
    (["x", "--word", "a", "--on=1"], "--on ne prend pas de valeur ('1')"),
    (["x", "--word", "a", "--co", "1"], "« --co » peut vouloir dire : --count, --color"),
)


def _parser(module: ModuleType) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = module.FrenchParser(prog="./run essai")
    parser.add_argument("what", metavar="WHAT")
    parser.add_argument("--word", required=True)
    parser.add_argument("--count", type=int)
    parser.add_argument("--color")
    parser.add_argument("--kind", choices=("a", "b"))
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--on", action="store_true")
    either.add_argument("--off", action="store_true")
    return parser


@pytest.mark.parametrize("module", [box, city], ids=["box", "city"])
@pytest.mark.parametrize(("typed", "said"), MISUSES)
def test_a_misuse_is_said_in_french(
    module: ModuleType, typed: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        _parser(module).parse_args(typed)
    told = capsys.readouterr().err
    assert end.value.code == 2
    assert said in told
    assert not [word for word in _ENGLISH if word in told]


@pytest.mark.parametrize("parser", [box_parser, city_parser], ids=["box", "city"])
def test_the_help_of_admin_and_of_all_below_it_is_french(parser: Callable[[], argparse.ArgumentParser]) -> None:
    for one in _with_all_below(parser()):
        told = one.format_help()
        assert told.startswith("Emploi : ")
        assert "montrer cette aide" in told
        assert not [word for word in _ENGLISH if word in told], told


def _with_all_below(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    kinds = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return [parser, *(deep for kind in kinds for one in kind.choices.values() for deep in _with_all_below(one))]


def test_both_command_lines_have_the_same_words() -> None:
    assert getsource(box).partition("import argparse")[2] == getsource(city).partition("import argparse")[2]
