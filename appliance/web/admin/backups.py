"""Backups: made, taken away, removed. Restoring is done at the console, with the appliance stopped."""

from flask import Blueprint, g, render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from appliance.bootstrap import Services
from appliance.web.admin.acts import act
from appliance.web.texts import filled as _


def add_backups(pages: Blueprint, services: Services) -> None:
    @pages.get("/backups")
    def backups() -> ResponseReturnValue:
        return render_template("admin/backups.html", backups=services.backups.listed())

    @pages.post("/backups")
    def create_backup() -> ResponseReturnValue:
        said = _("La sauvegarde est faite. Gardez-en une copie ailleurs que sur le boîtier.")
        return act(lambda: services.backups.create(g.actor), said, _here())

    @pages.get("/backups/<name>")
    def download_backup(name: str) -> ResponseReturnValue:
        path = services.backups.path_of(name)
        return send_file(path, "application/octet-stream", as_attachment=True, download_name=name, etag=False)

    @pages.post("/backups/<name>/remove")
    def remove_backup(name: str) -> ResponseReturnValue:
        return act(lambda: services.backups.remove(name, g.actor), _("La sauvegarde est supprimée."), _here())


def _here() -> str:
    return url_for("admin.backups")
