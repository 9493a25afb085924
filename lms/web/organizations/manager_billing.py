"""Manager pages for an organization's billing details and tax exemptions."""

from flask import Blueprint, Response, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core import clock
from lms.core.errors import Invalid, NotFound
from lms.organizations import billing_details, tax_papers
from lms.organizations.manager_and_owner_permissions import Managed
from lms.organizations.payers import Payer
from lms.web.core.current_user import acting
from lms.web.core.form_errors import shown_in
from lms.web.core.form_uploads import has_file
from lms.web.core.manager_area import render_in, zone_of
from lms.web.core.request_context import read_session, see_other, transaction
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lms.web.core.stored_file_responses import send_stored
from lms.web.organizations.billing_forms import BillingContactForm, OwnTaxPaperForm, contact_data
from lms.web.organizations.billing_texts import agreed_facts
from lms.web.organizations.tax_paper_upload import added_paper
from lms.web.people.tax_paper_rows import tax_paper_rows
from media.storage.object_keys import content_type_of

blueprint = Blueprint(
    "organization_billing", __name__, url_prefix="/organization/<organization_id>/billing"
)


@blueprint.get("")
@open_to(Audience.MANAGERS, Audience.BILLING)
def billing(organization_id: str) -> ResponseReturnValue:
    """Show how the organization is invoiced, and its tax exemptions."""
    return _page(managed_organization(organization_id), None, OwnTaxPaperForm())


@blueprint.post("")
@open_to(Audience.MANAGERS, Audience.BILLING)
def save(organization_id: str) -> ResponseReturnValue:
    """Change the billing address, the delivery, the accounts-payable addresses and the PO rule."""
    managed, form = managed_organization(organization_id), BillingContactForm(request.form)
    form.offer_choices(is_own=True)
    if not form.validate():
        return _page(managed, form, OwnTaxPaperForm()), 400
    with shown_in(form, Invalid):
        with transaction() as session:
            billing_details.edit_billing(session, managed.facts.id, form.contact(), **acting())
        flash(_("Your billing details were saved."), "done")
        return see_other(".billing", organization_id=managed.facts.public_id)
    return _page(managed, form, OwnTaxPaperForm()), 400


@blueprint.post("/tax-papers")
@open_to(Audience.MANAGERS, Audience.BILLING)
def add_paper(organization_id: str) -> ResponseReturnValue:
    """Add a tax exemption that a manager uploads."""
    managed, form = managed_organization(organization_id), OwnTaxPaperForm(request.form)
    form.offer_choices()
    if not has_file():
        form.validate()
        form.file.errors = [_("Choose the file with your certificate or letter.")]
    elif added_paper(Payer(organization_id=managed.facts.id), form):
        flash(_("We received your tax exemption and will use it for your next invoice."), "done")
        return see_other(".billing", organization_id=managed.facts.public_id)
    return _page(managed, None, form), 400


@blueprint.get("/tax-papers/<paper_id>")
@open_to(Audience.MANAGERS, Audience.BILLING)
def file(organization_id: str, paper_id: str) -> Response:
    """Send the file of one of the organization's tax exemptions."""
    managed = managed_organization(organization_id)
    with read_session() as session:
        payer = Payer(organization_id=managed.facts.id)
        facts = tax_papers.find_exemption(session, paper_id, payer)
    if facts.file is None:
        raise NotFound
    return send_stored(
        facts.file.key, content_type_of(facts.file.key), download_name=facts.file.name
    )


def _page(managed: Managed, form: BillingContactForm | None, paper: OwnTaxPaperForm) -> str:
    """Render the page with a form as it was sent, or with the current details."""
    paper.offer_choices()
    zone, now = zone_of(managed), clock.now()
    with read_session() as session:
        payer = Payer(organization_id=managed.facts.id)
        papers = tax_papers.list_exemptions(session, payer)
        details = billing_details.read_billing(session, managed.facts.id)
    form = form or BillingContactForm(data=contact_data(details))
    form.offer_choices(is_own=True)
    return render_in(
        managed,
        "organizations/manager_billing.html",
        form=form,
        paper_form=paper,
        agreed=agreed_facts(details),
        papers=tax_paper_rows(papers, zone=zone, today=now.astimezone(zone).date()),
    )
