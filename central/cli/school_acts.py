"""`admin`: schools, claim codes, appliances."""

import argparse
from pathlib import Path

from central.cli.answers import Act, Answer, Desk, Nouns
from central.errors import CannotStart
from central.services.appliances import ApplianceLine
from central.services.claims import NewTicket
from central.services.contestants import Contestant
from central.services.journal import CONSOLE
from central.services.schools import Place, SchoolLine, read_uai
from protocol.uplink_door import encode_claim_file


def add_words(nouns: "Nouns[argparse.ArgumentParser]", everywhere: argparse.ArgumentParser) -> None:
    schools = nouns.add_parser("schools", help="écoles", parents=[everywhere])
    verbs = schools.add_subparsers(dest="verb", required=True, metavar="ACTION")
    add = verbs.add_parser("add", help="ajouter une école", parents=[everywhere])
    add.add_argument("uai", metavar="UAI", help="code de l’école : sept chiffres et une lettre")
    add.add_argument("name", metavar="NOM")
    add.add_argument("--group", default="", metavar="GROUPE", help="groupe d’écoles (créé s’il n’existe pas)")
    add.add_argument("--place", type=float, nargs=2, metavar=("LATITUDE", "LONGITUDE"), help="où elle est, en degrés")
    verbs.add_parser("list", help="les écoles", parents=[everywhere])
    code = nouns.add_parser("claim-code", help="code pour rattacher un boîtier à une école", parents=[everywhere])
    code.add_argument("uai", metavar="UAI")
    code.add_argument("--replaces", metavar="BOÎTIER", help="boîtier en panne dont le nouveau prend la place")
    code.add_argument("--file", type=Path, metavar="FICHIER", help="écrire aussi le fichier à donner au boîtier")
    code.add_argument("--uplink-name", metavar="NOM", help="adresse des écoles (celle du dernier démarrage)")
    appliances = nouns.add_parser("appliances", help="boîtiers", parents=[everywhere])
    appliances.add_subparsers(dest="verb", required=True, metavar="ACTION").add_parser(
        "list", help="les boîtiers", parents=[everywhere]
    )
    appliance = nouns.add_parser("appliance", help="un boîtier", parents=[everywhere])
    acts = appliance.add_subparsers(dest="verb", required=True, metavar="ACTION")
    revoke = acts.add_parser("revoke", help="ne plus rien accepter d’un boîtier perdu ou volé", parents=[everywhere])
    revoke.add_argument("id", metavar="BOÎTIER")
    doubles = acts.add_parser("doubles", help="qui se présente comme ce boîtier", parents=[everywhere])
    doubles.add_argument("id", metavar="BOÎTIER")
    choose = acts.add_parser("choose", help="dire lequel de deux boîtiers est le bon", parents=[everywhere])
    choose.add_argument("id", metavar="BOÎTIER")
    choose.add_argument("mark", metavar="MOT", help="le mot que montre sa page « Ville », comme merle-24")


def _schools_add(desk: Desk, options: argparse.Namespace) -> Answer:
    place = None if options.place is None else Place(*options.place)
    uai = desk.services.schools.add(CONSOLE, options.uai, options.name, options.group, place)
    desk.services.configurations.refresh(f"school:{uai}")  # what the city wishes for all
    return Answer({"school": uai}, [f"École {uai} ajoutée. Pour son boîtier : claim-code {uai}"])


def _schools_list(desk: Desk, _options: argparse.Namespace) -> Answer:
    schools = desk.services.schools.all()
    return Answer({"schools": [_school(one) for one in schools]}, [_school_text(one) for one in schools])


def _school(school: SchoolLine) -> dict[str, object]:
    return {
        "uai": school.uai,
        "name": school.name,
        "group": school.group,
        "appliances": list(school.appliances),
        "archived_at": school.archived_at,
    }


def _school_text(school: SchoolLine) -> str:
    told = [school.uai, school.name, school.group or "–", " ".join(school.appliances) or "sans boîtier"]
    return "  ".join([*told, "archivée"] if school.archived_at else told)


def _claim_code(desk: Desk, options: argparse.Namespace) -> Answer:
    uai = read_uai(options.uai)
    if options.file is not None and options.file.exists():
        raise CannotStart("file_exists", f"{options.file} existe déjà : donnez un autre nom.")
    ticket = desk.services.claims.new_ticket(CONSOLE, uai, options.replaces)
    notes = [
        f"À saisir sur le boîtier, une fois, avant le {ticket.expires_at.astimezone():%d/%m/%Y}, avec l’adresse "
        f"{ticket.file.address} :"
    ]
    standing = [one for one in desk.services.appliances.all(uai) if one.is_standing]
    if standing and options.replaces is None:
        notes.insert(
            0, f"Attention : cette école a déjà un boîtier ({standing[0].id}). S’il est en panne : --replaces."
        )
    if options.replaces is not None and desk.services.receiving.snapshots.latest_at(uai) is None:
        notes.insert(0, "Attention : la ville n’a aucune sauvegarde de cette école, tout y sera à recommencer.")
    if not desk.services.rings.root_public():
        notes.insert(0, "Attention : sans clé racine (« city init »), la ville n’accepte encore aucun boîtier.")
    if options.file is not None:
        _write_file(options.file, ticket)
        notes.append(f"Aussi dans {options.file} : ce fichier vaut le code, gardez-le pour vous.")
    document = {"code": ticket.code.reveal(), "address": ticket.file.address, "expires_at": ticket.expires_at}
    return Answer(document, [ticket.code.reveal()], notes)


def _write_file(path: Path, ticket: NewTicket) -> None:
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(encode_claim_file(ticket.file))


def _appliances_list(desk: Desk, _options: argparse.Namespace) -> Answer:
    appliances = desk.services.appliances.all()
    return Answer({"appliances": [_appliance(one) for one in appliances]}, [_appliance_text(one) for one in appliances])


def _appliance(line: ApplianceLine) -> dict[str, object]:
    return {
        "id": line.id,
        "school": line.uai,
        "standing": line.standing,
        "claimed_at": line.claimed_at,
        "hello_at": line.hello_at,
        "certificate_until": line.certificate_until,
        "software": line.software,
    }


def _appliance_text(line: ApplianceLine) -> str:
    words = {"active": "actif", "fenced": "mis de côté", "revoked": "révoqué", "replaced": "remplacé"}
    seen = "jamais entendu" if line.hello_at is None else f"entendu le {line.hello_at.astimezone():%d/%m/%Y à %H:%M}"
    return "  ".join([line.id, line.uai, line.school_name, words[line.standing], seen])


def _appliance_revoke(desk: Desk, options: argparse.Namespace) -> Answer:
    desk.services.certificates.revoke_appliance(CONSOLE, options.id)
    return Answer({"revoked": options.id}, [f"Le boîtier {options.id} est révoqué : rien de lui n’est plus accepté."])


def _appliance_doubles(desk: Desk, options: argparse.Namespace) -> Answer:
    contest = desk.services.receiving.fences.contest(options.id)
    taken = [contest.chosen] if contest.chosen is not None else []
    lines = [_double_text(one, "choisi") for one in taken]
    lines += [_double_text(one, "dehors") for one in contest.outside]
    document = {
        "chosen": contest.chosen.mark if contest.chosen else None,
        "outside": [one.mark for one in contest.outside],
    }
    return Answer(document, lines or ["Ce boîtier n’existe pas en double."])


def _double_text(one: Contestant, word: str) -> str:
    heard = f"entendu le {one.last_heard.astimezone():%d/%m/%Y à %H:%M:%S}"
    told = [one.mark, word, heard, one.address or "d’une adresse inconnue", one.page or "page pas encore dite"]
    return "  ".join([*told, f"matériel {one.known_hardware or 'inconnu'}"])


def _appliance_choose(desk: Desk, options: argparse.Namespace) -> Answer:
    desk.services.receiving.fences.choose(CONSOLE, options.id, options.mark)
    return Answer({"chosen": options.mark}, [f"« {options.mark} » est le boîtier de l’école ; l’autre reste dehors."])


ACTS: dict[str, Act] = {
    "schools add": _schools_add,
    "schools list": _schools_list,
    "claim-code": _claim_code,
    "appliances list": _appliances_list,
    "appliance revoke": _appliance_revoke,
    "appliance doubles": _appliance_doubles,
    "appliance choose": _appliance_choose,
}
