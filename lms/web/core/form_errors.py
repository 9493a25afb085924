"""Form errors: shows domain refusals beside the fields they are about."""

from flask_babel import gettext as _
from wtforms import Form

from lms.core.errors import Invalid, Refused


def show_faults(form: Form, refusal: Refused) -> None:
    """Add each message to its field, or the refusal's own to the form if none of its fields is here."""
    fields = refusal.fields if isinstance(refusal, Invalid) else {}
    named = [name for name in fields if name in form]
    for name in named:
        field = form[name]
        field.errors = [*field.errors, _(fields[name])]
    if not named:
        form.form_errors.append(_(refusal.message))
