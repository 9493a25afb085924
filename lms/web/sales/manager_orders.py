"""The billing page of an organization: what it ordered, and what is paid."""

from typing import Final

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from lms.core import clock
from lms.sales.read_models import WantedSales, list_sales
from lms.web.core.manager_area import managed_organization, render_in
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.request_context import read_session
from lms.web.core.route_guard import Audience, open_to
from lms.web.sales.staff_sales import sale_row

blueprint = Blueprint(
    "organization_billing", __name__, url_prefix="/organization/<organization_id>/billing"
)

PAGE_SIZE: Final = 40


@blueprint.get("")
@open_to(Audience.MANAGERS, Audience.BILLING, Audience.BOOKKEEPERS)
def orders(organization_id: str) -> ResponseReturnValue:
    managed, number = managed_organization(organization_id), page_number()
    with read_session() as session:
        found = list_sales(
            session,
            WantedSales(organization_id=managed.facts.id),
            now=clock.now(),
            offset=(number - 1) * PAGE_SIZE,
            limit=PAGE_SIZE,
        )
    return render_in(
        managed,
        "sales/manager_orders.html",
        rows=[sale_row(facts) for facts in found.items],
        pager=pager_of(
            number,
            PAGE_SIZE,
            found.total,
            url=lambda page: url_for(".orders", organization_id=organization_id, page=page),
        ),
    )
