"""The page for reporting an accessibility barrier, which our team answers in two business days."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import Form, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from lms.core.clock import now
from lms.core.dates_and_time_zones import say_datetime
from lms.core.errors import Invalid
from lms.models.requests import RequestKind
from lms.requests import requests
from lms.requests.business_days import due_at
from lms.requests.requests import NewRequest
from lms.web.accounts.forms import address_field, name_field
from lms.web.core.constant_time_responses import evenly
from lms.web.core.current_user import viewer
from lms.web.core.form_errors import shown_in
from lms.web.core.lazy_form_translations import _l
from lms.web.core.private_page_headers_and_mail_links import mail_context
from lms.web.core.request_context import render, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.requests.customer_request import spend_request, status_of

blueprint = Blueprint("accessibility_barrier", __name__, url_prefix="/accessibility/barrier")

LONGEST_REPORT = 4000  # with the page and the tools, a request's message still fits
LONGEST_PAGE, LONGEST_TOOLS = 300, 200


class BarrierForm(Form):
    """What stopped a person, on which page and with which tools, and where to answer."""

    message = TextAreaField(
        _l("What did you want to do, and what stopped you?"),
        [DataRequired(_l("Tell us what stopped you.")), Length(max=LONGEST_REPORT)],
        description=_l("Also tell us if you need something in another format until we fix it."),
        render_kw={"rows": 6, "maxlength": LONGEST_REPORT},
    )
    page = StringField(
        _l("Address or name of the page"),
        [Optional(), Length(max=LONGEST_PAGE)],
        render_kw={"maxlength": LONGEST_PAGE, "autocomplete": "off"},
    )
    tools = StringField(
        _l("Browser and assistive technology"),
        [Optional(), Length(max=LONGEST_TOOLS)],
        description=_l("For example, Firefox with NVDA, or an iPhone with VoiceOver."),
        render_kw={"maxlength": LONGEST_TOOLS, "autocomplete": "off"},
    )
    name = name_field()
    email = address_field(_l("Your email address"), autocomplete="email")

    @property
    def report(self) -> str:
        """Return everything that was entered about the barrier, as one text."""
        told = ((_("Page"), self.page.data), (_("Tools"), self.tools.data))
        about = [f"{label}: {text.strip()}" for label, text in told if text and text.strip()]
        return "\n\n".join([(self.message.data or "").strip(), *about])


@blueprint.get("")
@open_to(Audience.EVERYONE)
def ask() -> ResponseReturnValue:
    """Show the form."""
    person = viewer()
    known = {"name": person.name, "email": person.email or ""} if person else {}
    return _page(BarrierForm(data=known))


@blueprint.post("")
@open_to(Audience.EVERYONE)
@evenly
def send() -> ResponseReturnValue:
    """Send the report to our team."""
    form = BarrierForm(request.form)
    if not form.validate():
        return _page(form), 400
    spend_request(form.email.address)
    person = viewer()
    new = NewRequest(
        kind=RequestKind.BARRIER,
        name=form.name.data or "",
        email=form.email.address.shown,
        login_id=person.login_id if person else None,
        message=form.report,
    )
    with shown_in(form, Invalid):
        with transaction() as writing:
            facts = requests.ask(
                writing,
                new,
                mail_context=mail_context(),
                actor=person.public_id if person else None,
                now=now(),
            )
        return status_of(facts)
    return _page(form), 400


def _page(form: BarrierForm) -> str:
    zone = mail_context().zone
    due = due_at(RequestKind.BARRIER, zone, now())
    return render("requests/accessibility_barrier.html", form=form, due=say_datetime(due, zone))
