"""Uploads of tax exemptions: the file is checked and stored, then the exemption is added."""

from dataclasses import replace

from lms.core.errors import Invalid
from lms.organizations import tax_papers
from lms.organizations.payers import Payer
from lms.organizations.tax_papers import FOLDER
from lms.web.core.current_user import acting
from lms.web.core.form_errors import shown_in
from lms.web.core.form_uploads import sent_file
from lms.web.core.request_context import transaction
from lms.web.organizations.billing_forms import TaxPaperForm


def added_paper(payer: Payer, form: TaxPaperForm) -> bool:
    """Add the tax exemption of a form with its file; return whether it worked, else the form has errors."""
    if not form.validate():
        return False
    with shown_in(form, Invalid):
        new = form.exemption()
        with sent_file(FOLDER) as kept, transaction() as session:
            tax_papers.add_exemption(session, payer, replace(new, file=kept), **acting())
        return True
    return False
