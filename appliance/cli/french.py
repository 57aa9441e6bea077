"""A command line that speaks French: argparse's own few texts, which it takes from nowhere else.

The city's server has the same module: neither of the two imports anything of the other.
"""

import argparse
import re
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

_TEXTS = tuple(
    (re.compile(pattern), text)
    for pattern, text in (
        (r"the following arguments are required: (.*)", r"il manque : \1"),
        (r"unrecognized arguments: (.*)", r"on ne connaît pas : \1"),
        (r"one of the arguments (.*) is required", r"il faut l’un de : \1"),
        (r"ambiguous option: (.*) could match (.*)", r"« \1 » peut vouloir dire : \2"),
        (r"argument (.*): not allowed with argument (.*)", r"\1 ne va pas avec \2"),
        (r"argument (.*): invalid choice: (.*) \(choose from (.*)\)", r"\1 : \2 n’en est pas. Au choix : \3"),
        (r"argument (.*): invalid (?:int|float) value: (.*)", r"\1 : \2 n’est pas un nombre"),
        (r"argument (.*): invalid \w+ value: (.*)", r"\1 : \2 n’est pas accepté"),
        (r"argument (.*): expected one argument", r"\1 : il faut une valeur"),
        (r"argument (.*): expected at least one argument", r"\1 : il faut au moins une valeur"),
        (r"argument (.*): expected at most one argument", r"\1 : une valeur au plus"),
        (r"argument (.*): expected (\d+) arguments?", r"\1 : il faut \2 valeurs"),
        (r"argument (.*): ignored explicit argument (.*)", r"\1 ne prend pas de valeur (\2)"),
        (r"argument (.*?): (.*)", r"\1 : \2"),
    )
)


class _Help(argparse.HelpFormatter):
    def start_section(self, heading: str | None) -> None:
        super().start_section(f"{heading}\u00a0")  # argparse puts the colon

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        super().add_usage(usage, actions, groups, "Emploi : " if prefix is None else prefix)


class FrenchParser(argparse.ArgumentParser):
    """Its subparsers are of its kind by themselves."""

    def __init__(self, *, add_help: bool = True, **options: Any) -> None:
        super().__init__(add_help=False, formatter_class=_Help, **options)
        self._positionals.title, self._optionals.title = "à donner", "options"
        if add_help:
            self.add_argument("-h", "--help", action="help", help="montrer cette aide")

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog} : {french(message)}. Aide : {self.prog} --help\n")


def french(message: str) -> str:
    """What argparse has to say; what it may learn to say later stays as it is."""
    return next((found.expand(text) for shape, text in _TEXTS if (found := shape.fullmatch(message))), message)
