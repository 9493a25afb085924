"""Bulk insert: both databases fill in the defaults of a model."""

from sqlalchemy import select

from lms.core.bulk_insert import write_rows
from lms.core.database import Database
from lms.core.model_base import new_public_id
from lms.models.organizations import InvoiceDelivery, Organization
from tests.clock import NOW


def test_omitted_column_gets_its_default(database: Database) -> None:
    row = {"public_id": new_public_id(), "slug": "elm", "name": "Elm", "created_at": NOW}
    with database.transaction() as session:
        write_rows(session, Organization, [row])
        made = session.scalars(select(Organization)).one()
        assert (made.legal_name, made.invoice_delivery) == ("", InvoiceDelivery.EMAIL)
