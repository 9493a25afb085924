"""What an organization ordered: for its managers, its billing, and the seller."""

from lms.core.database import Database
from lms.models.organizations import Organization
from tests.cast import Cast, Roles
from tests.clock import Clock
from tests.sales.sale_fixtures import GROUP, SEAT, sold
from tests.visitor import Visitor


def place(database: Database, cast: Cast) -> str:
    with database.read_session() as session:
        elm = session.get_one(Organization, cast.organization_id)
        return f"/organization/{elm.public_id}/billing"


def test_whoever_does_not_do_the_billing_finds_nothing(
    client: Visitor, cast: Cast, roles: Roles, database: Database, clock: Clock
) -> None:
    for person in (cast.dan, roles.rita, roles.sue, roles.lee, roles.max):
        client.sign_in(person.id)
        assert client.get(place(database, cast)).status_code == 404


def test_an_organizations_own_orders_are_listed(
    client: Visitor, cast: Cast, roles: Roles, database: Database, clock: Clock
) -> None:
    own, other = sold(database, GROUP), sold(database, SEAT)
    for person in (cast.mia, roles.olive, roles.bill, roles.beth, cast.ada):
        client.sign_in(person.id)
        page = client.get(place(database, cast)).text
        assert own.number in page
        assert other.number not in page
        assert "Not paid yet" in page
    assert f"/staff/sales/{own.public_id}" in page


def test_a_bookkeeper_sees_sales_and_finds_no_button(
    client: Visitor, cast: Cast, roles: Roles, database: Database, clock: Clock
) -> None:
    sale = sold(database, GROUP)
    client.sign_in(roles.beth.id)
    home = client.get("/staff").text
    assert "Sales and payments" in home
    assert 'href="/staff/sales?standing=unpaid"' in home
    for path in ("/staff", "/staff/sales", f"/staff/sales/{sale.public_id}", "/staff/prices"):
        page = client.get(path).text
        main = page.partition("<main")[2].partition("</main>")[0]
        assert 'method="post"' not in main
        assert "/staff/people" not in page
        assert "/staff/reports" not in page
    assert place(database, cast) in client.get(f"/staff/sales/{sale.public_id}").text
