"""Documents for teachers: giving one to the appliance, looking at it, removing it. Devices get theirs elsewhere."""

from typing import IO, cast

from flask import Blueprint, Response, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance.bootstrap import Services
from appliance.domain.documents import ACCEPTED_ENDINGS, SHOWN_INLINE
from appliance.errors import PreauError
from appliance.services.documents import DEFAULT_LIMIT, Stored
from appliance.web.files import StoredFile, Transfers, send
from appliance.web.security import FILE_POLICY, body_limit
from appliance.web.sessions import sign_in_required
from appliance.web.texts import filled as _
from appliance.web.texts import text_of
from appliance.web.uploads import FORM_ROOM_BYTES, read_upload

# Chrome shows no PDF in a sandbox. Its viewer is a process of its own, and nothing else may load.
_PDF_POLICY = "default-src 'none'; object-src 'self'; frame-ancestors 'none'"


def make_document_upload(services: Services) -> Blueprint:
    """Apart, because it checks the form's token by itself (see `uploads`)."""
    pages = Blueprint("document_upload", __name__)
    pages.before_request(sign_in_required())

    @pages.post("/documents")
    @body_limit(DEFAULT_LIMIT + FORM_ROOM_BYTES)
    def upload() -> ResponseReturnValue:
        if _is_form():
            return _upload_by_form(services)
        return jsonify(document=_as_json(_store(services))), 201

    return pages


def make_documents(services: Services, transfers: Transfers) -> Blueprint:
    pages = Blueprint("documents", __name__)
    pages.before_request(sign_in_required())

    @pages.get("/documents")
    def listing() -> ResponseReturnValue:
        documents = services.documents.listed(g.actor)
        endings = ",".join(f".{ending}" for ending in ACCEPTED_ENDINGS)
        limit = services.documents.limit // 1_000_000
        return render_template("documents.html", documents=documents, accept=endings, limit=limit, inline=SHOWN_INLINE)

    @pages.get("/documents/<sha256>/view")
    def view(sha256: str) -> ResponseReturnValue:
        """In the page for what browsers draw themselves, as a download for all else."""
        document = services.documents.get(sha256)
        file = StoredFile(
            services.documents.path_of(sha256), document.sha256, document.size, document.mime, document.name
        )
        return _shown(send(request, file, transfers), document)

    @pages.post("/documents/<sha256>/remove")
    def remove(sha256: str) -> ResponseReturnValue:
        services.documents.remove(sha256, g.actor)
        flash(_("Le document est supprimé."), "good")
        return redirect(url_for("documents.listing"), 303)

    return pages


def _store(services: Services) -> Stored:
    with services.documents.receiving() as incoming:
        given = read_upload(lambda: cast(IO[bytes], incoming))
        return services.documents.store(incoming, given.name, g.actor)


def _is_form() -> bool:
    """A browser without our scripts; programs that do not say what they want get JSON."""
    return request.accept_mimetypes["text/html"] > request.accept_mimetypes["application/json"]


def _upload_by_form(services: Services) -> ResponseReturnValue:
    try:
        document = _store(services)
    except PreauError as problem:
        if problem.status in (401, 403):
            raise
        flash(text_of(problem), "problem")
    else:
        flash(_("« %(name)s » est prêt à être donné.", name=document.name), "good")
    return redirect(url_for("documents.listing"), 303)


def _as_json(document: Stored) -> dict[str, object]:
    return {"sha256": document.sha256, "name": document.name, "mime": document.mime, "size": document.size}


def _shown(response: Response, document: Stored) -> Response:
    if document.mime in SHOWN_INLINE:
        disposition = response.headers["Content-Disposition"]
        response.headers["Content-Disposition"] = disposition.replace("attachment", "inline", 1)
    is_pdf = document.mime == "application/pdf"
    response.headers["Content-Security-Policy"] = _PDF_POLICY if is_pdf else FILE_POLICY
    return response
