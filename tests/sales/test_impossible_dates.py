"""Order dates that must be mistakes: billing years ahead, invoices due before their order."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from lms.core.database import Database
from lms.core.errors import Invalid
from lms.sales.billing import LATEST_BILLING, TOO_FAR
from lms.sales.corrections import Correction, correct
from tests.cast import Cast
from tests.clock import NOW
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, documents, locked, placed
from tests.sales.test_quotes import PO, accepted, drafted, quoted

FAR = date(9999, 12, 31)
TODAY = NOW.date()
DAY = timedelta(days=1)


def corrected(database: Database, correction: Correction) -> int:
    """Correct an invoiced order; return how many documents it has then."""
    facts = placed(database, GROUP)
    with database.transaction() as session:
        order = locked(session, facts)
        correct(session, order, correction, mail_context=OFFICE, actor=None, now=NOW + 5 * DAY)
    return len(documents(database, facts))


@pytest.mark.parametrize(
    "bill",
    [
        lambda database, day: drafted(database, replace(GROUP, bill_on=day)),
        lambda database, day: placed(database, replace(GROUP, bill_on=day)),
        lambda database, day: corrected(database, Correction(bill_on=day)),
        lambda database, day: accepted(
            database, quoted(database, drafted(database)), replace(PO, bill_on=day)
        ),
    ],
    ids=["draft", "order", "correction", "quote"],
)
def test_billing_date_must_be_within_two_years(
    database: Database, cast: Cast, bill: Callable[[Database, date], object]
) -> None:
    for day in (FAR, TODAY + LATEST_BILLING + 6 * DAY):
        with pytest.raises(Invalid) as refusal:
            bill(database, day)
        assert refusal.value.fields == {"bill_on": TOO_FAR}
    bill(database, TODAY + LATEST_BILLING)


def test_reissued_invoice_cannot_be_due_before_its_order(database: Database, cast: Cast) -> None:
    with pytest.raises(Invalid) as refusal:
        corrected(database, Correction(due_on=TODAY - DAY))
    assert list(refusal.value.fields) == ["due_on"]
    assert corrected(database, Correction(due_on=TODAY)) == 3  # both invoices and the credit note
