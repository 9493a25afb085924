"""Staff pages for the tax exemptions of organizations and of people."""

from http import HTTPStatus

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.errors import NotFound
from lms.organizations import tax_papers
from lms.organizations.payers import Payer
from lms.people import profile_read_model
from lms.web.core.current_user import acting
from lms.web.core.request_context import carrel, read_session, render, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.stored_file_responses import send_stored
from lms.web.organizations.billing_forms import TaxPaperForm
from lms.web.organizations.staff_organization import organization_of_page
from lms.web.organizations.tax_paper_upload import added_paper
from media.storage.object_keys import content_type_of

blueprint = Blueprint("staff_tax_papers", __name__, url_prefix="/staff")


@blueprint.route("/organizations/<slug>/tax-papers/new", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def add_to_organization(slug: str) -> ResponseReturnValue:
    """Ask for a tax exemption of an organization, and add it."""
    kept = organization_of_page(slug)
    onward = url_for("staff_organizations.organization", slug=kept.slug)
    return _add(Payer(organization_id=kept.id), kept.name, onward)


@blueprint.route("/people/<login_id>/tax-papers/new", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def add_to_person(login_id: str) -> ResponseReturnValue:
    """Ask for a tax exemption of a person, and add it."""
    with read_session() as session:
        person = profile_read_model.read_person(session, login_id)
    onward = url_for("staff_people.person", login_id=login_id)
    return _add(Payer(login_id=person.id), person.name, onward)


@blueprint.get("/tax-papers/<paper_id>")
@open_to(Audience.STAFF)
def file(paper_id: str) -> Response:
    """Send the file of a tax exemption."""
    with read_session() as session:
        facts = tax_papers.find_exemption(session, paper_id)
    if facts.file is None:
        raise NotFound
    return send_stored(
        facts.file.key, content_type_of(facts.file.key), download_name=facts.file.name
    )


@blueprint.post("/organizations/<slug>/tax-papers/<paper_id>/remove")
@open_to(Audience.STAFF)
def remove_from_organization(slug: str, paper_id: str) -> ResponseReturnValue:
    """Delete a tax exemption of an organization, with its file."""
    kept = organization_of_page(slug)
    onward = url_for("staff_organizations.organization", slug=kept.slug)
    return _remove(Payer(organization_id=kept.id), paper_id, onward)


@blueprint.post("/people/<login_id>/tax-papers/<paper_id>/remove")
@open_to(Audience.STAFF)
def remove_from_person(login_id: str, paper_id: str) -> ResponseReturnValue:
    """Delete a tax exemption of a person, with its file."""
    with read_session() as session:
        person = profile_read_model.read_person(session, login_id)
    onward = url_for("staff_people.person", login_id=login_id)
    return _remove(Payer(login_id=person.id), paper_id, onward)


def _add(payer: Payer, name: str, onward: str) -> ResponseReturnValue:
    form = TaxPaperForm(request.form)
    form.offer_choices()
    if request.method == "POST":
        if added_paper(payer, form):
            flash(_("The exemption certificate was added."), "done")
            return redirect(onward, HTTPStatus.SEE_OTHER)
        return _form_page(form, name, onward), 400
    return _form_page(form, name, onward)


def _remove(payer: Payer, paper_id: str, onward: str) -> ResponseReturnValue:
    with transaction() as session:
        tax_papers.find_exemption(session, paper_id, payer)
        facts = tax_papers.remove_exemption(session, paper_id, **acting())
    if facts.file is not None:
        carrel().storage.delete(facts.file.key)
    flash(_("The exemption certificate was removed."), "done")
    return redirect(onward, HTTPStatus.SEE_OTHER)


def _form_page(form: TaxPaperForm, name: str, onward: str) -> str:
    return render("organizations/staff_tax_paper.html", form=form, name=name, back=onward)
