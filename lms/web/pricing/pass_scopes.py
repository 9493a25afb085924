"""Pass scopes: what a pass or contract can cover, as a field offers it."""

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.grants.request_and_sale_form_choices import EVERYTHING, scopes
from lms.pricing.price_list import pass_prices
from lms.web.core.current_user import viewer
from lms.web.core.form_fields import Names, PickerField


def offer_scopes(session: Session, *fields: PickerField) -> None:
    """Offer every webinar, or those of one series or presenter, in fields for what is covered.

    Only staff are offered those that have neither an announced webinar nor a price of their own.
    """
    found = scopes(session)
    person = viewer()
    if person is None or not person.is_staff:
        public = {covers for covers, _name in scopes(session, only_announced=True)}
        public |= {f"{scope}:{slug}" for scope, slug in pass_prices(session)}
        found = tuple(each for each in found if each[0] in public)
    names = Names(found, url_for("suggestions.names", kind="passes"))
    for field in fields:
        field.offer(names, (EVERYTHING, _("Every webinar")))
