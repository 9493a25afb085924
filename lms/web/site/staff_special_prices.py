"""Staff page for the special prices of a webinar, series, or presenter."""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug import Response

from lms.core.errors import N_, Invalid, NotFound
from lms.models.grants import OfferKind, Scope
from lms.pricing.price_list import (
    FOR_SEVERAL,
    Price,
    currency_of,
    own_prices,
    read_prices,
    set_prices,
)
from lms.pricing.price_owners import PriceOwner, find_owner
from lms.web.accounts.step_up import asks_again
from lms.web.core.current_user import acting
from lms.web.core.request_context import read_session, render, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.pricing.price_form_lines import (
    KIND_WORDS,
    SPARE_LINES,
    Line,
    faults_by_line,
    line_of,
    read_lines,
    sent_lines,
)

blueprint = Blueprint("staff_special_prices", __name__, url_prefix="/staff/prices")

LEADS: Final = {
    Scope.WEBINAR: N_("Prices you set here apply to this webinar only."),
    Scope.SERIES: N_(
        "Prices you set here apply to the webinars in this series and to its pass, unless a "
        "webinar has its own."
    ),
    Scope.PRESENTER: N_(
        "Prices you set here apply to this presenter's webinars and to the pass for them,"
        " unless a webinar or its series has its own."
    ),
}


@blueprint.route("/<scope>/<public_id>", methods=["GET", "POST"])
@asks_again
@open_to(Audience.SELLER_OWNERS)
def edit(scope: str, public_id: str) -> ResponseReturnValue:
    """Show the prices of a webinar, series or presenter, or save them."""
    if scope not in (Scope.WEBINAR, Scope.SERIES, Scope.PRESENTER):
        raise NotFound
    with read_session() as session:
        owner = find_owner(session, Scope(scope), public_id)
        own = own_prices(session, owner.target)
        currency = currency_of(session)
    if request.method == "GET":
        return _page(owner, [line_of(price) for price in own], {})
    lines = [] if request.form.get("act") == "general" else sent_lines()
    wanted: list[Price] = []
    try:
        wanted = read_lines(lines, currency)
        with transaction() as session:
            set_prices(session, wanted, owner.target, **acting())
    except Invalid as error:
        return _page(owner, lines, faults_by_line(error, wanted)), 400
    flash(
        _("Special prices saved. Earlier orders keep their prices.")
        if wanted
        else _("The standard prices now apply."),
        "done",
    )
    return Response(status=303, headers={"Location": _back(owner)})


def _page(owner: PriceOwner, lines: Sequence[Line], faults: dict[str, str]) -> str:
    is_one = owner.target.scope is Scope.WEBINAR
    kinds = {
        kind: words for kind, words in KIND_WORDS.items() if not is_one or kind not in FOR_SEVERAL
    }
    with read_session() as session:
        applying = read_prices(session, owner.target)
        currency = currency_of(session)
        has_own = bool(own_prices(session, owner.target))
    return render(
        "site/staff_special_prices.html",
        owner=owner,
        lead=_(LEADS[owner.target.scope]),
        lines=[*lines, *_empty(lines, applying, kinds)],
        kinds=[(kind.value, _(words)) for kind, words in kinds.items()],
        faults={name: _(sentence) for name, sentence in faults.items()},
        currency=currency,
        has_own=has_own,
        back=_back(owner),
    )


def _empty(
    lines: Sequence[Line], applying: Sequence[Price], kinds: dict[OfferKind, str]
) -> list[Line]:
    """Return an empty line for each general price that applies, and a few spare ones."""
    filled = {(line.kind, line.minimum or "1") for line in lines}
    known = [line_of(price) for price in applying if price.kind in kinds]
    rest = [Line(each.kind, each.minimum, "", each.amount) for each in known]
    spare = [Line(OfferKind.GROUP_SEATS.value)] * SPARE_LINES
    return [*(each for each in rest if (each.kind, each.minimum) not in filled), *spare]


def _back(owner: PriceOwner) -> str:
    match owner.target.scope:
        case Scope.WEBINAR:
            return url_for("staff_webinars.show", slug=owner.slug)
        case Scope.SERIES:
            return url_for("staff_series.edit", series_id=owner.public_id)
        case _:
            return url_for("staff_presenters.edit", presenter_id=owner.public_id)
