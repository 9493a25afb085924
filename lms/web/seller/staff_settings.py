"""The staff page of the seller's settings."""

from dataclasses import fields
from typing import Any, Final

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.errors import N_, Invalid
from lms.core.money_parsing_and_formatting import read_amount, write_amount
from lms.models.seller import NUMBERED, Paper
from lms.pricing.price_list import currency_of
from lms.seller.settings import (
    Method,
    SellerSettings,
    edit_seller,
    missing_fields,
    offered_methods,
    read_seller,
)
from lms.web.accounts.step_up import asks_again
from lms.web.core.current_user import acting
from lms.web.core.form_errors import shown_in
from lms.web.core.form_fields import address_data, typed_address
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.seller.forms import SellerForm

blueprint = Blueprint("staff_seller", __name__, url_prefix="/staff")

METHOD_WORDS: Final = {
    Method.INVOICE: N_("Invoice"),
    Method.PURCHASE_ORDER: N_("Purchase order"),
    Method.CHECK: N_("Check"),
    Method.TRANSFER: N_("Bank transfer"),
}
FIELD_WORDS: Final = {
    "legal_name": N_("legal name"),
    "legal_address": N_("legal address"),
    "ar_email": N_("email for accounts receivable"),
    "remit_name": N_("name that checks are payable to"),
    "remit_address": N_("address that checks are mailed to"),
    "bank_name": N_("bank"),
    "routing_number": N_("routing number"),
    "account_number": N_("account number"),
}
# fields whose values the form and the settings share
PLAIN: Final = tuple(
    one.name
    for one in fields(SellerSettings)
    if one.name
    not in ("legal_address", "remit_address", "account_number", "credit_limit_minor", "paper")
)


@blueprint.route("/seller", methods=["GET", "POST"])
@asks_again
@open_to(Audience.SELLER_OWNERS)
def edit() -> ResponseReturnValue:
    """Show the settings, or save them."""
    with read_session() as session:
        current = read_seller(session)
        currency = currency_of(session)
    if request.method == "GET":
        return _page(_filled(current, currency), current, currency)
    form = SellerForm(request.form).offer_choices()
    with shown_in(form, Invalid):
        wanted = _typed(form, current, currency)
        with transaction() as session:
            edit_seller(session, wanted, **acting())
        flash(_("Saved. New documents use these settings; earlier ones don't change."), "done")
        return see_other(".edit")
    return _page(form, current, currency), 400


def _filled(settings: SellerSettings, currency: str) -> SellerForm:
    """Return the form filled with the settings, without the account number."""
    values: dict[str, Any] = {name: getattr(settings, name) for name in PLAIN}
    values |= address_data("legal", settings.legal_address)
    values |= address_data("remit", settings.remit_address)
    values["paper"] = settings.paper.value
    values["credit_limit_minor"] = write_amount(settings.credit_limit_minor, currency)
    return SellerForm(data=values).offer_choices()


def _typed(form: SellerForm, current: SellerSettings, currency: str) -> SellerSettings:
    """Return the submitted settings; an empty account number keeps the old one unless the bank is removed."""
    values: dict[str, Any] = {name: form[name].data or _nothing(form, name) for name in PLAIN}
    limit = form.credit_limit_minor.data or ""
    has_bank = values["bank_name"] or values["routing_number"]
    return SellerSettings(
        **values,
        legal_address=typed_address(form, "legal"),
        remit_address=typed_address(form, "remit"),
        account_number=form.account_number.data or (current.account_number if has_bank else ""),
        credit_limit_minor=read_amount(limit, currency, field="credit_limit_minor"),
        paper=Paper.A4 if form.paper.data == Paper.A4 else Paper.LETTER,
    )


def _nothing(form: SellerForm, name: str) -> str | int | bool:
    """Return the value of an empty field: "", 0, or False."""
    if form[name].type == "BooleanField":
        return False
    return 0 if form[name].type in ("IntegerField", "RadioField") else ""


def _page(form: SellerForm, current: SellerSettings, currency: str) -> str:
    offered = offered_methods(current)
    return render(
        "seller/staff_settings.html",
        form=form,
        currency=currency,
        masked_account=current.masked_account,
        numbered=NUMBERED,
        methods=[
            (
                _(words),
                method in offered,
                current.takes(method),
                ", ".join(_(FIELD_WORDS[name]) for name in missing_fields(current, method)),
            )
            for method, words in METHOD_WORDS.items()
        ],
    )
