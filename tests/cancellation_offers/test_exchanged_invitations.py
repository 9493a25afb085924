"""People invited to a canceled webinar's seats are invited to the webinar chosen instead."""

from datetime import timedelta

from lms.cancellation_offers import offers
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.runtime import Carrel
from lms.models.accounts import Login
from lms.models.seats import AssignmentState
from lms.seats import invitations
from lms.seats.invitations import Invitee
from lms.seats.pools import pools_of
from tests.cancellation_offers.offer_fixtures import OTHER, cancel, furnish, offer_of
from tests.cast import Cast
from tests.clock import NOW
from tests.live.conftest import to_come
from tests.mailbox import letters, newest
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, placed
from tests.seats.pool_fixtures import by_link, newest_token, people, states

__all__ = ["to_come"]
ZOE = read_address("zoe@example.org")
LATE = NOW + timedelta(days=16)  # after the invitation would have expired


def test_invitation_is_resent_for_the_other_webinar_and_its_old_link_works(
    database: Database, carrel: Carrel, to_come: Cast
) -> None:
    elm = furnish(database).elm
    placed(database, GROUP)  # in the same pool, and so exchanged together
    with database.transaction() as session:
        (pool,) = pools_of(session, elm.organization_id or 0)
        invitations.invite(
            session, pool.id, [Invitee(ZOE)], links=OFFICE.links, actor=None, now=NOW
        )
    token = newest_token(database, "invitation")
    cancel(carrel)
    with database.transaction() as session:
        offer_id = offer_of(database, elm).public_id
        offers.exchange(session, offer_id, OTHER, mail_context=OFFICE, actor=None, now=LATE)
    invited = [one for one in letters(database, ZOE.shown) if one.kind == "invitation"]
    assert len(invited) == 2
    assert "Mending spines" in newest(database, ZOE.shown, "invitation").text
    last_day = LATE + timedelta(days=13)
    with database.transaction() as session:
        assert invitations.expire_due(session, now=last_day) == 0
    [pat] = people(database, 1)
    with database.transaction() as session:
        session.get_one(Login, pat).email_key = ZOE.key
    by_link(database, token, pat, at=last_day)
    assert states(database, pool.id)[pat] is AssignmentState.CLAIMED
