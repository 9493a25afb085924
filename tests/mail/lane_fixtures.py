"""Emails of each lane, posted for tests."""

from sqlalchemy import update

from lms.core.clock import now
from lms.core.database import Database
from lms.mail.lanes import LANES
from lms.mail.outbox import post
from lms.models.mail import Mail, MailLane
from tests.servers.smtp import MailSink

CODE = "code@example.org"


def post_one(database: Database, kind: str, to: str) -> None:
    """Commit an email of a kind with the text of a test email."""
    with database.transaction() as session:
        row = post(
            session,
            kind="delivery_test",
            to=to,
            login_id=None,
            subject="Hello",
            values={},
            now=now(),
        )
        row.kind, row.lane = kind, LANES[kind]


def post_invitations(database: Database, many: int) -> None:
    """Commit the given number of invitations at once."""
    with database.transaction() as session:
        for number in range(many):
            post(
                session,
                kind="delivery_test",
                to=f"listed{number}@example.org",
                login_id=None,
                subject="Hello",
                values={},
                now=now(),
            )
        session.flush()
        session.execute(update(Mail).values(kind="invitation", lane=MailLane.BULK))


def listed(sink: MailSink) -> list[str]:
    """Return the recipients on the list who have been sent an email."""
    to = [mail.recipients[0] for mail in sink.delivered]
    return [address for address in to if address.startswith("listed")]
