"""The staff page of an order whose contact is no longer emailed: who is emailed instead."""

from sqlalchemy import select

from lms.core.database import Database
from lms.models.mail import Mail
from lms.models.organizations import Role
from lms.web.sales.order_notices import BOUNCES
from lms.web.sales.order_payer_rows import NO_READER
from tests.cast import Cast
from tests.clock import NOW
from tests.mailbox import letters
from tests.page_texts import shows
from tests.sales.order_fixtures import GROUP, placed
from tests.sales.test_gone_contacts import owned_by, remove_mia
from tests.sales.test_stand_in_emails import unconfirm_mia
from tests.visitor import Visitor


def test_order_of_a_removed_contact_names_and_emails_the_managers(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    path = f"/staff/orders/{placed(database, GROUP).public_id}"
    assert not shows(staff.get(path).text, NO_READER)
    remove_mia(database, cast)
    page = staff.get(path).text
    assert shows(page, NO_READER)
    assert f"{path}/resend" not in page
    owned_by(database, cast, cast.alice, Role.MANAGER)
    page = staff.get(path).text
    assert str(cast.alice.email) in page
    assert not shows(page, NO_READER)
    before = [one.id for one in letters(database, cast.mia.email or "")]
    assert staff.post(f"{path}/resend").status_code == 303
    (email,) = letters(database, cast.alice.email or "")
    assert email.kind == "order_confirmation_organization"
    assert f"{cast.alice.name}," in email.text
    assert [one.id for one in letters(database, cast.mia.email or "")] == before


def test_confirmation_without_a_recipient_cannot_be_resent(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    owned_by(database, cast, cast.alice, Role.MANAGER)
    path = f"/staff/orders/{placed(database, GROUP).public_id}"
    unconfirm_mia(database, cast)
    assert f"{path}/resend" in staff.get(path).text
    remove_mia(database, cast)
    assert f"{path}/resend" not in staff.get(path).text


def test_bounces_of_the_managers_are_shown(staff: Visitor, cast: Cast, database: Database) -> None:
    owned_by(database, cast, cast.alice, Role.MANAGER)
    path = f"/staff/orders/{placed(database, GROUP).public_id}"
    remove_mia(database, cast)
    staff.post(f"{path}/resend")
    assert not shows(staff.get(path).text, BOUNCES)
    with database.transaction() as session:
        email = session.scalars(select(Mail).where(Mail.recipient == cast.alice.email)).one()
        email.bounced_at = NOW
    assert shows(staff.get(path).text, BOUNCES)
