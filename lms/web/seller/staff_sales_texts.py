"""Staff page of the sales texts: home page, testimonials, and questions and answers."""

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from lms.core.errors import Invalid
from lms.core.markdown import to_html
from lms.seller.sales_texts import SalesTexts, read_sales_texts, save_sales_texts
from lms.web.core.current_user import acting
from lms.web.core.form_errors import shown_in
from lms.web.core.page_frame import forget_frame
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.seller.forms import SalesTextsForm

blueprint = Blueprint("staff_sales_texts", __name__, url_prefix="/staff/sales-texts")


@blueprint.get("")
@open_to(Audience.STAFF)
def edit() -> ResponseReturnValue:
    with read_session() as session:
        texts = read_sales_texts(session)
    return _page(SalesTextsForm(home=texts.home, testimonials=texts.testimonials, faq=texts.faq))


@blueprint.post("")
@open_to(Audience.STAFF)
def save() -> ResponseReturnValue:
    """Save the texts; with `reset`, empty that field and save nothing yet."""
    form = SalesTextsForm(request.form)
    reset = request.form.get("reset", "")
    if reset in form:
        form[reset].data = ""
        return _page(form, reset=reset)
    texts = SalesTexts(form.home.data or "", form.testimonials.data or "", form.faq.data or "")
    with shown_in(form, Invalid):
        with transaction() as session:
            save_sales_texts(session, texts, **acting())
        forget_frame()
        flash(_("Saved. Visitors see the new copy."), "done")
        return see_other(".edit")
    return _page(form), 400


def _page(form: SalesTextsForm, *, reset: str = "") -> str:
    return render(
        "seller/staff_sales_texts.html",
        form=form,
        fields=[
            (field, Markup(to_html(field.data or "")))  # noqa: S704  (nh3 sanitized it)
            for field in (form.home, form.testimonials, form.faq)
        ],
        reset=form[reset].label.text if reset else "",
    )
