"""Pass scopes: what a pass or contract can cover, as a field offers it."""

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.grants.request_and_sale_form_choices import EVERYTHING, scopes
from lms.web.core.form_fields import Names, PickerField


def offer_scopes(session: Session, *fields: PickerField) -> None:
    """Offer every webinar, or those of one series or presenter, in fields for what is covered."""
    names = Names(scopes(session), url_for("suggestions.names", kind="passes"))
    for field in fields:
        field.offer(names, (EVERYTHING, _("Every webinar")))
