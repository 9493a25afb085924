"""The field for the last day on which a quote should be valid (PRODUCT.md, P8)."""

from flask_babel import gettext as _
from wtforms import DateField, Form
from wtforms.validators import Optional, ValidationError

from lms.core import clock
from lms.sales import quotes
from lms.web.core.lazy_form_translations import _l
from lms.web.core.private_page_headers_and_mail_links import mail_context


def _may_be_chosen(_form: Form, field: DateField) -> None:
    today = clock.now().astimezone(mail_context().zone).date()
    if not quotes.may_expire_on(field.data, today):
        raise ValidationError(_(quotes.TOO_LONG))


class QuoteValidity(Form):
    """The last day on which a quote is valid; None means the usual 60 days."""

    valid_until = DateField(
        _l("Valid until"),
        [Optional(), _may_be_chosen],
        description=_l(
            "Leave blank for 60 days. You can choose up to 180 days, such as the end of your "
            "fiscal year."
        ),
    )
