"""Writes the table of docs/devices.md: what each kind of device can do, and how one knows that it did.

Nothing is said here that the code does not say: the pages' abilities come from their script, an agent's from
`domain/channels.py`, and the choice between two channels is that module's own. A test compares the page with it.
"""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from appliance.domain.channels import (
    PROFILES,
    AgentName,
    Channel,
    Evidence,
    Offer,
    Profile,
    agent_abilities,
    choose,
    own_abilities,
)
from protocol.device import Capability, CommandType, Kind

HERE = Path(__file__).resolve().parent.parent
PAGE = HERE / "docs" / "devices.md"
_ABILITIES = HERE / "appliance" / "web" / "static" / "js" / "pupil" / "agent" / "abilities.js"
_BEGIN, _END = "<!-- table: written by tools/devices.py -->", "<!-- end of table -->"

# What a teacher does, in the order of the board; then what only the city's IT may.
GESTURES: dict[str, str] = {
    Capability.LOCK: "« Les yeux vers moi », lock",
    Capability.SOUND: "sound off",
    Capability.CAMERA: "camera off",
    Capability.INTERNET: "internet off",
    Capability.APPS: "only these apps and sites",
    Capability.OPEN_LINK: "open a link",
    Capability.OPEN_APP: "open an app",
    Capability.OPEN_DOCUMENT: "hand out a document",
    Capability.MESSAGE: "send a message",
    CommandType.IDENTIFY: "make itself seen",
    CommandType.REPORT: "report now",
    Capability.USAGE: "what was used, how long",
    CommandType.REBOOT: "restart (by the city)",
    CommandType.WIPE: "factory reset (by the city)",
}
KIOSKS = {
    (AgentName.WEBVIEW_KIOSK, Profile.OWNER): "kiosk K",
    (AgentName.WEBVIEW_KIOSK, Profile.MANAGED): "kiosk M",
}
WORDS: dict[Evidence | None, str] = {
    Evidence.CONFIRMED: "confirmed",
    Evidence.OBSERVED: "seen",
    Evidence.UNCONFIRMED: "sent",
    None: "–",
}


def page_abilities(kind: Kind, script: str) -> Mapping[str, Evidence]:
    """What the page of a device of this kind declares, read from its script."""
    name = "OF_A_SCREEN" if kind is Kind.SCREEN else "OF_A_PAGE"
    found = re.search(rf"const {name} = \[(.*?)\];", script, re.DOTALL)
    if found is None:
        raise SystemExit(f"{_ABILITIES}: no {name}")
    return own_abilities(tuple(re.findall(r'"([a-z_]+)"', found[1])))


def columns(script: str) -> dict[str, tuple[Offer, ...]]:
    """By heading: the channels by which such a device is reached."""
    page = Offer(Channel.OWN, page_abilities(Kind.TABLET, script))
    screen = Offer(Channel.OWN, page_abilities(Kind.SCREEN, script))
    native = Offer(Channel.OWN, own_abilities(tuple(map(str, Capability))))
    offers: dict[str, tuple[Offer, ...]] = {
        "page: tablet, Chromebook, laptop": (page,),
        "page: screen": (screen,),
        "native agent, simulator": (native,),
    }
    for held in ((agent, profile) for agent, profiles in PROFILES.items() for profile in profiles):
        kiosk = Offer(Channel.AGENT, agent_abilities(*held))
        offers |= {f"{KIOSKS[held]}, with the page": (page, kiosk), f"{KIOSKS[held]}, page away": (kiosk,)}
    return offers


def table(script: str) -> str:
    offers = columns(script)
    rows = [["gesture", *offers]]
    for ability, title in GESTURES.items():
        carriers = [choose(ability, channels) for channels in offers.values()]
        rows.append([title, *(WORDS[None if one is None else one.evidence] for one in carriers)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def with_table(text: str, written: str) -> str:
    """The page's text with this table between its marks."""
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise SystemExit(f"{PAGE}: the marks of the table are missing")
    return f"{before}{_BEGIN}\n\n{written}\n\n{_END}{after}"


def main() -> int:
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), table(_ABILITIES.read_text(encoding="utf-8"))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
