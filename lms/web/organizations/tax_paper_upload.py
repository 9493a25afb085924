"""Uploads of tax papers: the form's file is checked and stored, then the paper is added."""

from dataclasses import replace

from flask import request

from lms.core import clock
from lms.core.attached_files import LARGEST_BYTES, KeptFile, keep_file
from lms.core.errors import Invalid
from lms.organizations import tax_papers
from lms.organizations.tax_papers import FOLDER, Payer
from lms.web.core.current_user import required_viewer
from lms.web.core.form_errors import show_faults
from lms.web.core.request_context import carrel, transaction
from lms.web.organizations.billing_forms import TaxPaperForm


def added_paper(payer: Payer, form: TaxPaperForm) -> bool:
    """Add the tax paper of a form, with its file; where it can't be, the form says why."""
    if not form.validate():
        return False
    kept: KeptFile | None = None
    try:
        new = form.exemption()
        kept = _sent_file()
        with transaction() as session:
            tax_papers.add_exemption(
                session,
                payer,
                replace(new, file=kept),
                actor=required_viewer().public_id,
                now=clock.now(),
            )
    except Exception as refusal:
        if kept is not None:
            carrel().storage.delete(kept.key)
        if not isinstance(refusal, Invalid):
            raise
        show_faults(form, refusal)
        return False
    return True


def has_file() -> bool:
    """Tell whether a file was sent."""
    part = request.files.get("file")
    return part is not None and bool(part.filename)


def _sent_file() -> KeptFile | None:
    part = request.files.get("file")
    if part is None or not part.filename:
        return None
    with part.stream:
        data = part.stream.read(LARGEST_BYTES + 1)
    scratch = carrel().settings.scratch
    return keep_file(carrel().storage, data, part.filename, scratch, folder=FOLDER)
