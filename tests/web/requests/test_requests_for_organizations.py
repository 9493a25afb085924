"""Requests for an organization: only its buyers get a draft of its order."""

from sqlalchemy import select

from lms.core.database import Database
from lms.models.orders import Order
from tests.cast import Cast, Roles
from tests.visitor import Visitor
from tests.web.requests.test_customer_request import _now as _now
from tests.web.requests.test_customer_request import filled, kept
from tests.web.requests.test_customer_request import house as house

ELM = "Elm County Library"


def test_order_is_drafted_for_an_organization_only_by_its_buyers(
    client: Visitor, house: Cast, database: Database, roles: Roles
) -> None:
    buyers = (house.mia, roles.olive, roles.bill)
    others = (roles.rita, roles.sue, roles.lee, roles.max, house.dan)
    for person in (*buyers, *others):
        client.sign_in(person.id)
        sent = filled(kind="group", quantity="3", organization_name=ELM, email=person.email)
        assert client.post("/ask", data=sent).status_code == 303
        request = kept(database)[-1]
        with database.read_session() as session:
            order = session.scalars(select(Order).where(Order.id == request.order_id)).one()
        expected = (house.organization_id, "") if person in buyers else (None, ELM)
        assert (order.organization_id, order.organization_name) == expected, person.name
        assert request.organization_id == expected[0], person.name
