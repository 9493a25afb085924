"""The owner's page of tax rules: list, add, and end them."""

from typing import Final

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import DateField, Form, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # not in its stubs
from wtforms.validators import InputRequired, Optional

from lms.core.clock import now
from lms.core.dates_and_time_zones import on_wall_clock, say_calendar_date
from lms.core.errors import Conflict, Invalid
from lms.core.postal_addresses import US_STATES
from lms.models.tax import Supply
from lms.tax.rule_list import (
    LONGEST_NAME,
    NewTaxRule,
    TaxRuleFacts,
    add_rule,
    end_rule,
    list_rules,
    read_rate,
)
from lms.tax.rules import say_rate
from lms.web.accounts.step_up import asks_again
from lms.web.core.current_user import acting
from lms.web.core.form_errors import shown_in
from lms.web.core.form_fields import sent_or_stored
from lms.web.core.lazy_form_translations import _l
from lms.web.core.private_page_headers_and_mail_links import mail_context
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("staff_tax_rules", __name__, url_prefix="/staff/tax-rules")

SUPPLY_WORDS: Final = {
    Supply.BOTH: _l("Everything"),
    Supply.LIVE: _l("Live sessions only"),
    Supply.RECORDED: _l("Recordings of past webinars"),
}


class TaxRuleForm(Form):
    """A new rule."""

    state = SelectField(
        _l("State"),
        choices=[
            SelectChoice("", _l("Choose a state")),
            *(SelectChoice(code, name) for code, name in US_STATES.items()),
        ],
        default="",
    )
    name = StringField(
        _l("Name on documents"),
        description=_l("For example, Texas sales tax."),
        render_kw={"maxlength": LONGEST_NAME},
    )
    rate = StringField(
        _l("Rate in percent"),
        description=_l("For example, 8.25."),
        render_kw={"inputmode": "decimal", "maxlength": 8, "class": "input-short"},
    )
    supply = RadioField(
        _l("Charged on"),
        choices=[SelectChoice(one.value, words) for one, words in SUPPLY_WORDS.items()],
        validators=[InputRequired(_l("Choose what it\u2019s charged on."))],
        default=Supply.BOTH.value,
    )
    first_day = DateField(_l("First day"), [InputRequired(_l("Choose a date."))])
    last_day = DateField(
        _l("Last day"), [Optional()], description=_l("Leave it blank if there's no end date.")
    )


class EndForm(Form):
    """The last day of a rule."""

    last_day = DateField(_l("Last day"), [InputRequired(_l("Choose a date."))])


@blueprint.get("")
@open_to(Audience.SELLER_OWNERS)
def index() -> ResponseReturnValue:
    """List the rules, and ask for a new one."""
    return _page(TaxRuleForm())


@blueprint.post("")
@asks_again
@open_to(Audience.SELLER_OWNERS)
def add() -> ResponseReturnValue:
    """Add a rule."""
    form = sent_or_stored(TaxRuleForm)
    if not form.validate() or form.first_day.data is None:
        return _page(form), 400
    with shown_in(form, Invalid):
        new = NewTaxRule(
            form.state.data or "",
            form.name.data or "",
            Supply(form.supply.data),
            read_rate(form.rate.data or ""),
            form.first_day.data,
            form.last_day.data,
        )
        with transaction() as session:
            add_rule(session, new, **acting())
        flash(_("Rule added. Documents issued from its first day use it."), "done")
        return see_other(".index")
    return _page(form), 400


@blueprint.post("/<rule_id>/end")
@asks_again
@open_to(Audience.SELLER_OWNERS)
def end(rule_id: str) -> ResponseReturnValue:
    """End a rule after the chosen day."""
    form = EndForm(request.form)
    if not form.validate() or form.last_day.data is None:
        return _page(TaxRuleForm(), _("Choose the last day of the rule."), rule_id), 400
    try:
        with transaction() as session:
            end_rule(session, rule_id, form.last_day.data, **acting())
    except Invalid as refusal:
        return _page(TaxRuleForm(), _(refusal.message), rule_id), 400
    except Conflict as refusal:
        return _page(TaxRuleForm(), _(refusal.message)), 400
    flash(_("Saved. Earlier documents keep the tax they were issued with."), "done")
    return see_other(".index")


def _page(form: TaxRuleForm, fault: str = "", rule_id: str = "") -> str:
    today = on_wall_clock(now(), mail_context().zone).date()
    with read_session() as session:
        rules = list_rules(session)
    return render(
        "seller/staff_tax_rules.html",
        form=form,
        fault=fault,
        fault_of=rule_id,
        today=today.isoformat(),
        rows=[
            {
                "id": one.id,
                "state": US_STATES[one.state],
                "name": one.name,
                "rate": say_rate(one.rate),
                "supply": str(SUPPLY_WORDS[one.supply]),
                "days": _days(one),
                "is_over": one.is_over(today),
                "may_end": one.last_day is None,
            }
            for one in rules
        ],
    )


def _days(one: TaxRuleFacts) -> str:
    first = say_calendar_date(one.first_day)
    if one.last_day is None:
        return _("Since %(day)s", day=first)
    return _("%(first)s to %(last)s", first=first, last=say_calendar_date(one.last_day))
