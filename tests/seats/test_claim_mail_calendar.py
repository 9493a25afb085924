"""Calendar entries in the email about a claimed seat."""

from sqlalchemy import select, update

from lms.core.database import Database
from lms.core.icalendar import Method, unpacked
from lms.live import registrants
from lms.mail.passages import of_template
from lms.models.catalog import Webinar, WebinarState
from lms.models.live import Registration
from lms.models.mail import Mail
from tests.clock import NOW
from tests.seats.pool_fixtures import DAY, by_link, invite_by_mail, make_home, people
from tests.seats.test_claims import email_of


def test_email_about_a_claimed_seat_has_a_calendar_entry_unless_unregistered(
    database: Database,
) -> None:
    home = make_home(database, 2)
    pat, kim = people(database, 2)
    with database.transaction() as session:
        webinar = session.scalars(select(Webinar).where(Webinar.slug == home.pool.slug)).one()
        webinar.held_at, webinar.state = NOW + 3 * DAY, WebinarState.ANNOUNCED
        public_id = webinar.public_id
    by_link(database, invite_by_mail(database, home, email_of(database, pat)), pat)
    with database.transaction() as session:
        letter = session.scalars(select(Mail).where(Mail.kind == "seat_claimed")).one()
        assert letter.invitation is not None
        entry = unpacked(letter.invitation)
        assert entry.method is Method.REQUEST
        assert entry.happening.uid.startswith(f"{public_id}@")
        attached, _, _ = of_template("mail/messages/_calendar_links.html")
        assert attached.original in letter.text
        registrants.enroll_holders(session, now=NOW)
        registered = session.scalars(select(Registration.login_id)).all()
        assert registered == [pat]
        session.execute(update(Registration).values(left_at=NOW, login_id=kim))
    by_link(database, invite_by_mail(database, home, email_of(database, kim)), kim)
    with database.read_session() as session:
        letters = session.scalars(select(Mail).where(Mail.kind == "seat_claimed")).all()
        assert [each.invitation is not None for each in letters] == [True, False]
