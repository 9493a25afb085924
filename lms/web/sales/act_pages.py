"""Pages of one action: a form, what it does, and the page to return to."""

from collections.abc import Callable
from dataclasses import dataclass, field

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import Form

from lms.core.errors import Conflict, Gone, Invalid
from lms.web.core.form_errors import show_faults
from lms.web.core.request_context import render


@dataclass(frozen=True, slots=True)
class ActPage:
    """An action's title, the text before its form, its button, and the target of Cancel.

    Without a button, the page only says why the action isn't possible.
    """

    title: str
    submit: str
    back_url: str
    back_label: str
    says: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    is_danger: bool = False
    has_file: bool = False
    template: str = "sales/staff_act.html"
    values: dict[str, object] = field(default_factory=dict)


def show_act(page: ActPage, form: Form) -> str:
    """Render the page of an action."""
    return render(page.template, page=page, form=form, **page.values)


def act(
    page: Callable[[], ActPage], form: Form, do: Callable[[], ResponseReturnValue]
) -> ResponseReturnValue:
    """Show a form, or do what it requests; with errors, show them and everything that was typed."""
    if request.method != "POST":
        return show_act(page(), form)
    if not form.validate():
        return show_act(page(), form), 400
    try:
        return do()
    except Invalid as refusal:
        show_faults(form, refusal)
        return show_act(page(), form), 400
    except (Conflict, Gone) as refusal:
        form.form_errors.append(_(refusal.message))
        return show_act(page(), form), 409
