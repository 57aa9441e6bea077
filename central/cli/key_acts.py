"""`admin` for keys: the offline root, operators' keys, the ring; and signing orders where there is no server at all."""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from central.cli.answers import Act, Answer, Desk, Nouns
from central.errors import CannotStart, Conflict, Invalid
from central.keys.signatures import SigningSecret, public_id
from central.services.journal import CONSOLE
from central.services.order_signatures import describe_file, sign_file
from central.services.rings import NewKey, describe_ring, read_ring, sign_ring
from protocol.strict_json import Malformed
from protocol.uplink_orders import encode_signed, parse_ring, parse_signed
from protocol.uplink_words import OrderClass, SignatureAlgorithm

_CLASSES = (OrderClass.SENSITIVE.value, OrderClass.DESTRUCTIVE.value)


def add_words(nouns: "Nouns[argparse.ArgumentParser]", everywhere: argparse.ArgumentParser) -> None:
    def word(name: str, told: str) -> argparse.ArgumentParser:
        return nouns.add_parser(name, help=told, parents=[everywhere])

    root = word("root-create", "hors ligne : une clé racine dans un fichier neuf")
    root.add_argument("--out", type=Path, required=True, metavar="FICHIER")
    operator = word("operator-key", "hors ligne : une clé de signature dans un fichier neuf")
    operator.add_argument("--out", type=Path, required=True, metavar="FICHIER")
    sign = word("sign", "hors ligne : signer le fichier d’un ordre")
    sign.add_argument("--key", type=Path, required=True, metavar="FICHIER", help="la clé de signature")
    sign.add_argument("--out", type=Path, metavar="FICHIER", help="le fichier signé (ORDRE.signe)")
    sign.add_argument("file", type=Path, metavar="ORDRE")
    ring = word("ring-sign", "hors ligne : signer un trousseau avec la clé racine")
    ring.add_argument("--root", type=Path, required=True, metavar="FICHIER")
    ring.add_argument("--out", type=Path, metavar="FICHIER", help="le trousseau signé (TROUSSEAU.signe)")
    ring.add_argument("file", type=Path, metavar="TROUSSEAU")
    ring.add_argument(
        "--before", type=Path, metavar="FICHIER", help="le trousseau signé d’avant : montre ce qui change"
    )
    for asking in (sign, ring):
        asking.add_argument("--yes", action="store_true", help="sans demander : ce qui est signé a été lu ailleurs")
    for offline in (root, operator, sign, ring):
        offline.add_argument("--passphrase-stdin", action="store_true", help="phrase secrète sur l’entrée standard")
    word("ring-export", "le prochain trousseau, à signer hors ligne").add_argument("file", type=Path, metavar="FICHIER")
    word("ring-import", "le trousseau que la clé racine a signé").add_argument("file", type=Path, metavar="FICHIER")
    word("key-list", "les clés, et si le trousseau signé les connaît")
    add = word("key-add", "une clé de signature, par sa partie publique")
    add.add_argument("--public", required=True, metavar="CLE", help="en base 64, comme operator-key l’affiche")
    add.add_argument("--holder", required=True, metavar="NOM", help="qui la garde, ou où")
    add.add_argument("--class", dest="classes", action="append", choices=_CLASSES, required=True)
    add.add_argument("--days", type=int, default=365, help="sa durée (365)")
    word("key-revoke", "ne plus croire une clé, dès le prochain trousseau").add_argument("key", metavar="CLE")


def _passphrase(options: argparse.Namespace) -> str:
    return sys.stdin.readline().rstrip("\r\n") if options.passphrase_stdin else ""


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CannotStart("file_unreadable", f"{path} ne peut pas être lu : {error.strerror}.") from error


def _new_key(options: argparse.Namespace, prefix: str, what_to_do: str) -> Answer:
    passphrase = _passphrase(options)
    secret = SigningSecret.new()
    secret.save(options.out, passphrase)
    notes = [] if passphrase else ["Attention : ce fichier n’est pas protégé par une phrase secrète."]
    return Answer(
        {"file": str(options.out), "public": secret.public, "id": public_id(prefix, secret.public)},
        [f"Clé : {options.out}", f"Partie publique : {secret.public}", what_to_do],
        notes,
    )


def _root_create(options: argparse.Namespace) -> Answer:
    return _new_key(
        options,
        "root",
        "Gardez ce fichier hors ligne, en deux endroits sûrs. Donnez-le à « city init --root » pour fonder la ville ; "
        "ensuite il ne sert qu’à « ring-sign ».",
    )


def _operator_key(options: argparse.Namespace) -> Answer:
    return _new_key(
        options,
        "key",
        "Déclarez sa partie publique (key-add --public …), puis faites signer le trousseau : ring-export, ring-sign, "
        "ring-import.",
    )


def _sign(options: argparse.Namespace) -> Answer:
    secret, file = SigningSecret.load(options.key, _passphrase(options)), _read(options.file)
    out = options.out or options.file.with_name(f"{options.file.name}.signe")
    lines = describe_file(file)
    _agree(options, lines, str(len(lines)), "le nombre d’ordres")
    out.write_bytes(sign_file(secret, file))
    return Answer({"file": str(out), "orders": lines}, [f"Signé : {out}. Déposez-le sur la page de l’ordre."])


def _agree(options: argparse.Namespace, lines: Sequence[str], answer: str, what: str) -> None:
    """What an offline key signs is read by a person first: the server that made the file may be in others' hands."""
    for line in lines:
        print(line, file=sys.stderr)
    if options.yes:
        return
    print(f"Pour signer cela, tapez {what} ({answer}) :", file=sys.stderr)
    if sys.stdin.readline().strip() != answer:
        raise CannotStart("not_agreed", "Rien n’a été signé.")


def _ring_sign(options: argparse.Namespace) -> Answer:
    root, file = SigningSecret.load(options.root, _passphrase(options)), _read(options.file)
    out = options.out or options.file.with_name(f"{options.file.name}.signe")
    signed = sign_ring(root, file)
    before = None if options.before is None else read_ring(_read(options.before))
    ring = parse_ring(file)
    _agree(options, describe_ring(ring, before), str(ring.version), "le numéro de version")
    out.write_bytes(encode_signed(signed))
    return Answer({"file": str(out)}, [f"Signé : {out}. Importez-le : ring-import {out}"])


def _ring_export(desk: Desk, options: argparse.Namespace) -> Answer:
    if not desk.services.rings.is_waiting():
        raise Conflict("ring_up_to_date")
    options.file.write_bytes(desk.services.rings.draft())
    return Answer(
        {"file": str(options.file), "version": desk.services.rings.version() + 1},
        [f"Trousseau à signer : {options.file}", f"Là où est la clé racine : ring-sign --root FICHIER {options.file}"],
    )


def _ring_import(desk: Desk, options: argparse.Namespace) -> Answer:
    try:
        signed = parse_signed(_read(options.file))
    except Malformed:
        raise Invalid("bad_ring", {"ring": "wrong_type"}) from None
    version = desk.services.rings.accept(signed, CONSOLE)
    return Answer(
        {"version": version}, [f"Trousseau n° {version} en vigueur : les boîtiers le prennent à leur prochain appel."]
    )


def _key_list(desk: Desk, _options: argparse.Namespace) -> Answer:
    lines = desk.services.rings.listed()
    told = [
        {
            "id": one.key.id,
            "holder": one.key.holder,
            "classes": [name.value for name in one.key.classes],
            "not_after": one.key.not_after,
            "revoked": one.key.revoked,
            "in_force": one.is_in_force,
        }
        for one in lines
    ]
    text = [
        f"{one.key.id}  {one.key.holder}  {', '.join(one.key.classes)}  jusqu’au {one.key.not_after:%d/%m/%Y}"
        f"{'  retirée' if one.key.revoked else ''}{'' if one.is_in_force else '  (attend la signature du trousseau)'}"
        for one in lines
    ]
    return Answer({"keys": told, "ring": desk.services.rings.version()}, text or ["Aucune clé."])


def _key_add(desk: Desk, options: argparse.Namespace) -> Answer:
    classes = tuple(OrderClass(name) for name in dict.fromkeys(options.classes))
    new = NewKey(SignatureAlgorithm.ED25519, options.public, classes, options.holder, life=timedelta(days=options.days))
    key_id = desk.services.rings.add_key(new, CONSOLE)
    return Answer({"id": key_id}, [f"Clé {key_id} ajoutée. Elle vaudra dès que la clé racine aura signé le trousseau."])


def _key_revoke(desk: Desk, options: argparse.Namespace) -> Answer:
    desk.services.rings.revoke_key(options.key, CONSOLE)
    return Answer(
        {"id": options.key},
        ["Retirée ici. Les boîtiers la croient encore jusqu’au prochain trousseau signé : ring-export."],
    )


# Without any server: on the machine where the keys are.
OFFLINE: dict[str, Callable[[argparse.Namespace], Answer]] = {
    "root-create": _root_create,
    "operator-key": _operator_key,
    "sign": _sign,
    "ring-sign": _ring_sign,
}
ACTS: dict[str, Act] = {
    "ring-export": _ring_export,
    "ring-import": _ring_import,
    "key-list": _key_list,
    "key-add": _key_add,
    "key-revoke": _key_revoke,
}
