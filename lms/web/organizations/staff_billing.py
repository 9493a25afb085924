"""Staff pages for an organization's billing details and notes."""

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.errors import Invalid
from lms.organizations import billing_details
from lms.organizations.organizations import OrganizationFacts
from lms.web.core.current_user import acting
from lms.web.core.form_errors import shown_in
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.organizations.billing_forms import BillingForm, NotesForm, billing_data
from lms.web.organizations.staff_organization import organization_of_page

blueprint = Blueprint(
    "staff_organization_billing", __name__, url_prefix="/staff/organizations/<slug>"
)


@blueprint.get("/billing")
@open_to(Audience.STAFF)
def billing(slug: str) -> ResponseReturnValue:
    """Show the form of legal details, addresses, terms and invoice delivery."""
    kept = organization_of_page(slug)
    with read_session() as session:
        details = billing_details.read_billing(session, kept.id)
    return _page(kept, BillingForm(data=billing_data(details)))


@blueprint.post("/billing")
@open_to(Audience.STAFF)
def save(slug: str) -> ResponseReturnValue:
    """Change the billing details."""
    kept, form = organization_of_page(slug), BillingForm(request.form)
    form.offer_choices(is_own=False)
    if not form.validate():
        return _page(kept, form), 400
    with shown_in(form, Invalid):
        with transaction() as session:
            billing_details.edit_billing(session, kept.id, form.contact(), form.terms(), **acting())
        flash(_("The billing details were saved."), "done")
        return see_other(
            "staff_organizations.organization", slug=kept.slug, _anchor="billing-title"
        )
    return _page(kept, form), 400


@blueprint.get("/notes")
@open_to(Audience.STAFF)
def notes(slug: str) -> ResponseReturnValue:
    """Show the form of our team's notes."""
    kept = organization_of_page(slug)
    with read_session() as session:
        details = billing_details.read_billing(session, kept.id)
    form = NotesForm(data={"notes": details.notes})
    return render("organizations/staff_notes.html", kept=kept, form=form)


@blueprint.post("/notes")
@open_to(Audience.STAFF)
def save_notes(slug: str) -> ResponseReturnValue:
    """Change our team's notes."""
    kept, form = organization_of_page(slug), NotesForm(request.form)
    if not form.validate():
        return render("organizations/staff_notes.html", kept=kept, form=form), 400
    with transaction() as session:
        billing_details.edit_notes(session, kept.id, form.notes.data or "", **acting())
    flash(_("The notes were saved."), "done")
    return see_other("staff_organizations.organization", slug=kept.slug)


def _page(kept: OrganizationFacts, form: BillingForm) -> str:
    form.offer_choices(is_own=False)
    return render("organizations/staff_billing.html", kept=kept, form=form)
