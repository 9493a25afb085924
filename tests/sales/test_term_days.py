"""Term dates use the paying organization's time zone, in documents and in emails."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from lms.core.database import Database
from lms.core.dates_and_time_zones import end_of_day
from lms.documents.snapshots import unpack
from lms.models.documents import Document
from lms.models.organizations import Organization
from tests.cast import Cast
from tests.mailbox import letters
from tests.sales.order_fixtures import placed, with_line
from tests.sales.test_payer_and_holder import ELM

WEST = ZoneInfo("America/Los_Angeles")


def test_term_ends_on_the_last_day_in_the_organizations_time_zone(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        session.get_one(Organization, cast.organization_id).zone = WEST.key
    starts_at = datetime(2027, 7, 1, tzinfo=WEST)
    ends_at = end_of_day(date(2028, 6, 30), WEST)
    order = placed(database, with_line(ELM, starts_at=starts_at, ends_at=ends_at))
    with database.read_session() as session:
        invoice = session.scalars(select(Document).where(Document.order_id == order.id)).one()
    line = unpack(invoice.snapshot).lines[0]
    assert (line.service_from, line.service_to) == (date(2027, 7, 1), date(2028, 6, 30))
    [text] = {email.text for email in letters(database, "mia@example.org") if "Ends" in email.text}
    assert "Ends Jun 30, 2028" in text
