"""A school's administration: created with its UAI, its claim code and file, a box replaced, revoked, chosen of two."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.roles import Capability
from central.errors import CityError, Invalid
from central.services.claims import NewTicket
from central.services.schools import Place, find_school
from central.services.scope import readable_appliance
from central.web.access import allows, viewer
from central.web.qr import qr_drawing
from central.web.texts import field_texts, text_of
from central.web.texts import filled as _
from protocol.uplink_door import encode_claim_file


def add_administration(pages: Blueprint, services: Services) -> None:
    _add_new(pages, services)
    _add_change(pages, services)
    _add_boxes(pages, services)
    _add_standing(pages, services)


def _add_new(pages: Blueprint, services: Services) -> None:
    @pages.get("/schools/new")
    @allows(Capability.MANAGE_SCHOOLS)
    def new() -> ResponseReturnValue:
        return _new_page(services)

    @pages.post("/schools")
    @allows(Capability.MANAGE_SCHOOLS)
    def add() -> ResponseReturnValue:
        form = request.form
        try:
            uai = services.schools.add(
                viewer(), form.get("code", ""), form.get("name", ""), form.get("group", "").strip(), _place()
            )
        except CityError as error:
            return _new_page(services, error)
        services.configurations.refresh(f"school:{uai}")
        return _ticket_page(services, uai, services.claims.new_ticket(viewer(), uai))


def _new_page(services: Services, problem: CityError | None = None) -> Response:
    page = render_template(
        "desk/school_new.html",
        groups=services.schools.groups(),
        problem=text_of(problem) if problem else "",
        errors=field_texts(problem),
        typed=request.form,
    )
    return make_response(page, problem.status if problem else 200)


def _place() -> Place | None:
    """Both or neither; a comma is a French point."""
    told = [request.form.get(name, "").strip().replace(",", ".") for name in ("latitude", "longitude")]
    if not any(told):
        return None
    try:
        return Place(float(told[0]), float(told[1]))
    except ValueError:
        raise Invalid("place_wrong", {"latitude": "wrong_type"}) from None


def _add_change(pages: Blueprint, services: Services) -> None:
    @pages.get("/schools/<uai>/settings")
    @allows(Capability.MANAGE_SCHOOLS)
    def settings(uai: str) -> ResponseReturnValue:
        return _settings_page(services, uai)

    @pages.post("/schools/<uai>/settings")
    @allows(Capability.MANAGE_SCHOOLS)
    def change(uai: str) -> ResponseReturnValue:
        form = request.form
        try:
            services.schools.change(viewer(), uai, form.get("name", ""), form.get("group", "").strip(), _place())
        except CityError as error:
            return _settings_page(services, uai, error)
        services.configurations.refresh(f"school:{uai}")  # its group may be another one
        flash(_("C’est enregistré."), "good")
        return redirect(url_for("schools.one", uai=uai), 303)

    @pages.post("/schools/<uai>/archive")
    @allows(Capability.MANAGE_SCHOOLS)
    def archive(uai: str) -> ResponseReturnValue:
        services.schools.archive(viewer(), uai)
        flash(_("L’école est archivée. Son histoire est gardée."), "good")
        return redirect(url_for("fleet.overview"), 303)


def _settings_page(services: Services, uai: str, problem: CityError | None = None) -> Response:
    row = find_school(uai)
    typed = request.form or {
        "name": row.name,
        "group": "" if row.group is None else row.group.name,
        "latitude": "" if row.latitude is None else f"{row.latitude:.5f}",
        "longitude": "" if row.longitude is None else f"{row.longitude:.5f}",
    }
    page = render_template(
        "desk/school_settings.html",
        school=row,
        groups=services.schools.groups(),
        problem=text_of(problem) if problem else "",
        errors=field_texts(problem),
        typed=typed,
    )
    return make_response(page, problem.status if problem else 200)


def _add_boxes(pages: Blueprint, services: Services) -> None:
    @pages.post("/schools/<uai>/ticket")
    @allows(Capability.MANAGE_SCHOOLS)
    def ticket(uai: str) -> ResponseReturnValue:
        """A code for a first box, or with `replaces` for one that takes a dead one's place."""
        made = services.claims.new_ticket(viewer(), uai, request.form.get("replaces") or None)
        return _ticket_page(services, uai, made, request.form.get("replaces", ""))

    @pages.post("/schools/<uai>/ticket/<int:ticket_id>/revoke")
    @allows(Capability.MANAGE_SCHOOLS)
    def revoke_ticket(uai: str, ticket_id: int) -> ResponseReturnValue:
        services.claims.revoke_ticket(viewer(), ticket_id)
        flash(_("Ce code n’ouvre plus rien."), "good")
        return redirect(url_for("schools.one", uai=uai), 303)

    @pages.post("/schools/<uai>/claim-file")
    @allows(Capability.MANAGE_SCHOOLS)
    def claim_file(uai: str) -> ResponseReturnValue:
        """A new code as a file to put on the box's card: it is shown nowhere else."""
        made = services.claims.new_ticket(viewer(), uai, request.form.get("replaces") or None)
        response = Response(encode_claim_file(made.file), mimetype="application/json")
        response.headers["Content-Disposition"] = 'attachment; filename="ville.preau.json"'
        response.headers["Cache-Control"] = "no-store"
        return response


def _add_standing(pages: Blueprint, services: Services) -> None:
    @pages.post("/schools/<uai>/box/<appliance_id>/revoke")
    @allows(Capability.MANAGE_SCHOOLS)
    def revoke(uai: str, appliance_id: str) -> ResponseReturnValue:
        _of_school(uai, appliance_id)
        services.certificates.revoke_appliance(viewer(), appliance_id)
        flash(_("Ce boîtier n’entre plus. Dans l’école, il continue sans la ville."), "good")
        return redirect(url_for("schools.one", uai=uai), 303)

    @pages.post("/schools/<uai>/box/<appliance_id>/choose")
    @allows(Capability.MANAGE_SCHOOLS)
    def choose(uai: str, appliance_id: str) -> ResponseReturnValue:
        _of_school(uai, appliance_id)
        mark = request.form.get("mark", "")
        services.receiving.fences.choose(viewer(), appliance_id, mark)
        flash(
            _(
                "C’est noté : « %(mark)s » est le boîtier de l’école. Les deux l’apprennent à leur prochain appel.",
                mark=mark,
            ),
            "good",
        )
        return redirect(url_for("schools.one", uai=uai), 303)


def _of_school(uai: str, appliance_id: str) -> None:
    """A box of another school is not known here."""
    if readable_appliance(viewer(), appliance_id).school_id != uai:
        raise Invalid("unknown_appliance")


def _ticket_page(services: Services, uai: str, made: NewTicket, replaces: str = "") -> Response:
    """Shown once: only a hash is kept."""
    code = made.code.reveal()
    page = render_template(
        "desk/ticket.html",
        school=find_school(uai),
        ticket=made,
        code=code,
        address=made.file.address,
        drawing=qr_drawing(code),
        replaces=replaces,
        is_empty=bool(replaces) and services.receiving.snapshots.latest_at(uai) is None,
    )
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response
