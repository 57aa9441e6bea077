"""`admin`: who may sign in to the console. There is no default password: an account opens by its one-time link."""

import argparse

from central.cli.answers import Act, Answer, Desk, Nouns
from central.domain.roles import CONSOLE, Role
from central.domain.sign_in import INVITATION_LIFE
from central.services.accounts import AccountLine, NewAccount


def add_words(nouns: "Nouns[argparse.ArgumentParser]", everywhere: argparse.ArgumentParser) -> None:
    accounts = nouns.add_parser("accounts", help="comptes de la console", parents=[everywhere])
    verbs = accounts.add_subparsers(dest="verb", required=True, metavar="ACTION")
    add = verbs.add_parser("add", help="créer un compte et son lien d’invitation", parents=[everywhere])
    add.add_argument("login", metavar="IDENTIFIANT")
    add.add_argument("--role", required=True, choices=[role.value for role in Role])
    add.add_argument("--name", default="", metavar="NOM", help="nom affiché (l’identifiant)")
    add.add_argument("--school", default="", metavar="UAI", help="pour une direction d’école")
    add.add_argument("--email", default="", metavar="ADRESSE", help="celle que l’annuaire de la ville connaît")
    _add_link_words(add)
    verbs.add_parser("list", help="les comptes", parents=[everywhere])
    invite = verbs.add_parser("invite", help="un nouveau lien d’invitation", parents=[everywhere])
    invite.add_argument("login", metavar="IDENTIFIANT")
    invite.add_argument("--reset", action="store_true", help="effacer aussi mot de passe, clés d’accès et codes")
    _add_link_words(invite)
    for verb, text in (("off", "désactiver un compte"), ("on", "réactiver un compte")):
        verbs.add_parser(verb, help=text, parents=[everywhere]).add_argument("login", metavar="IDENTIFIANT")


def _add_link_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--public-url", metavar="URL", help="adresse de la console (celle du dernier démarrage)")


def _add(desk: Desk, options: argparse.Namespace) -> Answer:
    new = NewAccount(options.login, options.name or options.login, options.role, options.school, options.email)
    account = desk.services.accounts.add(CONSOLE, new)
    return _link(desk, account, reset=False)


def _invite(desk: Desk, options: argparse.Namespace) -> Answer:
    return _link(desk, desk.services.accounts.find(options.login).id, options.reset)


def _link(desk: Desk, account_id: int, reset: bool) -> Answer:
    link = f"{desk.config.console_url}/invitation/{desk.services.accounts.invite(CONSOLE, account_id, reset)}"
    account = desk.services.accounts.get(account_id)
    note = f"Lien de {account.login}, à ouvrir une fois dans les {INVITATION_LIFE.days} jours :"
    return Answer({"login": account.login, "link": link}, [link], [note])


def _list(desk: Desk, _options: argparse.Namespace) -> Answer:
    accounts = desk.services.accounts.all()
    return Answer({"accounts": [_account(one) for one in accounts]}, [_text(one) for one in accounts])


def _account(line: AccountLine) -> dict[str, object]:
    return {
        "login": line.login,
        "name": line.name,
        "role": line.role,
        "school": line.school,
        "active": line.active,
        "strong": line.is_strong,
        "seen_at": line.seen_at,
    }


def _text(line: AccountLine) -> str:
    told = [line.login, line.role, line.school or "–", line.name]
    return "  ".join(told if line.active else [*told, "désactivé"])


def _off(desk: Desk, options: argparse.Namespace) -> Answer:
    return _set(desk, options.login, active=False)


def _on(desk: Desk, options: argparse.Namespace) -> Answer:
    return _set(desk, options.login, active=True)


def _set(desk: Desk, login: str, *, active: bool) -> Answer:
    account = desk.services.accounts.find(login)
    desk.services.accounts.set_active(CONSOLE, account.id, active)
    text = f"Le compte {account.login} est {'réactivé' if active else 'désactivé'}."
    return Answer({"login": account.login, "active": active}, [text])


ACTS: dict[str, Act] = {
    "accounts add": _add,
    "accounts list": _list,
    "accounts invite": _invite,
    "accounts off": _off,
    "accounts on": _on,
}
