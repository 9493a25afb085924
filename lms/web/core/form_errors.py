"""Form errors: shows domain refusals beside the fields they are about."""

from flask_babel import gettext as _
from wtforms import Form

from lms.core.errors import Invalid


def show_faults(form: Form, refusal: Invalid) -> None:
    """Put each sentence to its field, and the refusal's own on top when it names no field here."""
    named = [name for name in refusal.fields if name in form]
    for name in named:
        field = form[name]
        field.errors = [*field.errors, _(refusal.fields[name])]
    if not named:
        form.form_errors.append(_(refusal.message))
