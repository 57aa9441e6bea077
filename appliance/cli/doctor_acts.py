"""`admin doctor`: what is wrong with this box, and what to do; `admin metrics-token`: who may watch it."""

import argparse
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from appliance.broker.credentials import write_atomically
from appliance.cli.admin_acts import Answer, Desk
from appliance.cli.city_acts import standing_text
from appliance.domain.findings import Finding, Severity
from appliance.web.city_troubles import CITY_TROUBLES
from protocol.uplink_words import Standing

_MARKS = {Severity.PROBLEM: "✗", Severity.NOTICE: "!", Severity.GOOD: "✓"}


def _doctor(desk: Desk, _options: argparse.Namespace) -> Answer:
    """All that the health page tells, and the line to the city; the worst first."""
    findings = desk.use.health.report()
    lines = [line for finding in findings for line in _lines(finding)]
    city = _city(desk)
    if not desk.running:
        lines.insert(0, "✗ Le boîtier est arrêté : ./run appliance --data " + str(desk.config.data_path))
    problems = [one.code for one in findings if one.severity is Severity.PROBLEM]
    document = {"running": desk.running, "problems": problems, "city": [text for _, text in city]}
    told_city = [f"{mark} {text}" for mark, text in city]
    is_well = desk.running and not problems and all(mark == "✓" for mark, _ in city)
    return Answer(document, [*lines, *told_city, "", "Tout va bien." if is_well else "À regarder : voir ci-dessus."])


def _lines(finding: Finding) -> list[str]:
    # Here, because the pages' words bring Flask along, and the other commands do without.
    from appliance.web.admin.words import told

    words = told(replace(finding, params={name: _plain(value) for name, value in finding.params.items()}))
    first = f"{_MARKS[finding.severity]} {words.title}"
    return [first, f"    {words.text}"] if words.text else [first]


def _plain(value: object) -> object:
    """A page's moments are written in its reader's language; there is none here."""
    return f"{value.astimezone():%d/%m/%Y à %H:%M}" if isinstance(value, datetime) else value


def _city(desk: Desk) -> list[tuple[str, str]]:
    status = desk.use.city.status()
    if status is None:
        return []
    found = []
    if status.standing is not Standing.ACTIVE:
        found.append(("✗", f"{standing_text(status)} {status.city}."))
    if status.trouble and status.trouble != status.standing:
        found.append(("✗", CITY_TROUBLES.get(status.trouble, status.trouble)))
    waiting = sum(one.records for one in desk.use.outbox.backlog().values())
    if waiting and status.trouble:
        comfort = " Rien n’est perdu." if status.standing is Standing.ACTIVE else ""
        found.append(("!", f"En attente d’envoi à la ville : {waiting}.{comfort}"))
    parked = desk.use.outbox.parked()
    if parked:
        found.append(("!", f"Refusés par la ville, gardés ici : {parked}. Une mise à jour de la ville les reprendra."))
    return found or [("✓", f"La ville répond ({status.city}).")]


def _metrics_token(desk: Desk, _options: argparse.Namespace) -> Answer:
    """A new one at each call: the one before opens nothing any more."""
    from appliance.web.metrics import token_path  # here for the same reason as above

    token = secrets.token_urlsafe(32)
    write_atomically(token_path(desk.config.secrets_path), token + "\n")
    return Answer({"token": token}, [token], ["Pour Prometheus : « Authorization: Bearer … » sur /metrics."])


DOCTOR_ACTS: dict[str, Callable[[Desk, Any], Answer]] = {"doctor": _doctor, "metrics-token": _metrics_token}
