"""Descriptions of an order's lines on documents."""

import pytest

from lms.models.grants import OfferKind, Scope
from lms.models.orders import OrderLine
from lms.sales.billing import title_of


@pytest.mark.parametrize(
    ("scope", "description", "title"),
    [
        (Scope.EVERYTHING, "", "every webinar"),
        (Scope.SERIES, "Plain Machines", "every webinar in Plain Machines"),
        (Scope.PRESENTER, "Hester Lindqvale", "every webinar by Hester Lindqvale"),
        (Scope.WEBINAR, "Reading rooms", "Reading rooms"),
    ],
)
def test_line_title_says_what_it_covers(scope: Scope, description: str, title: str) -> None:
    line = OrderLine(
        order_id=1,
        position=1,
        kind=OfferKind.CONTRACT,
        scope=scope,
        description=description,
        quantity=1,
        unit_minor=1,
        net_minor=1,
    )
    assert title_of(line) == f"All-access contract: {title}"
