"""The first page: what is wrong, what to do next, where things are. And the page that tells the whole health."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from appliance.bootstrap import Services
from appliance.domain.findings import Severity
from appliance.web.admin.words import told


def add_overview(pages: Blueprint, services: Services) -> None:
    @pages.get("")
    def overview() -> ResponseReturnValue:
        findings = services.health.report()
        devices = services.device_list.listed()
        return render_template(
            "admin/overview.html",
            findings=[told(finding) for finding in findings if finding.severity is not Severity.GOOD],
            devices=len(devices),
            online=sum(line.online for line in devices),
            carts=services.carts.listed(),
            classrooms=services.rosters.listed(),
            people=[person for person in services.people.all() if person.is_active],
            links=[token for token in services.tokens.listed() if token.is_open],
        )

    @pages.get("/health")
    def health() -> ResponseReturnValue:
        return render_template("admin/health.html", findings=[told(finding) for finding in services.health.report()])
