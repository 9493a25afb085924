"""An upcoming webinar with a presenter and a series, its mailings, and the job that sends them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.catalog.feeds import WHOLE, Part
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.runtime import Carrel
from lms.jobs.queue import JobRun
from lms.mailings import jobs, mailings, subscriptions
from lms.mailings.mails import MailingDetails
from lms.mailings.subscriptions import confirm_links
from lms.models.catalog import Presenter, Series, WebinarPresenter, WebinarSeries
from lms.models.jobs import Job
from lms.models.mail import Mail, MailingPart, Subscription
from tests.cast import Cast
from tests.clock import NOW
from tests.live.upcoming_webinar import Quiet

DETAILS = MailingDetails(
    MailingPart.REGISTERED,
    "Before you join",
    "Bring **two** questions.\n\n<script>alert(1)</script>",
    "Read it first",
    "http://localhost/webinars/reading-rooms",
)
PRESENTER = Part(presenter="pat-doe")
SERIES = Part(series="calm-desks")


def add_topics(session: Session, cast: Cast) -> None:
    """Give the webinar a presenter and a series; a second presenter and series have none."""
    for slug, name in (("pat-doe", "Pat Doe"), ("sam-roe", "Sam Roe")):
        session.add(Presenter(slug=slug, name=name, created_at=NOW))
    for slug, title in (("calm-desks", "Calm desks"), ("other", "Other")):
        session.add(Series(slug=slug, title=title, created_at=NOW))
    session.flush()
    presenter = session.query(Presenter).filter_by(slug="pat-doe").one()
    series = session.query(Series).filter_by(slug="calm-desks").one()
    session.add(WebinarPresenter(webinar_id=cast.webinar_id, presenter_id=presenter.id, position=1))
    session.add(WebinarSeries(webinar_id=cast.webinar_id, series_id=series.id))
    session.flush()


def subscribe(carrel: Carrel, email: str, part: Part = WHOLE, *, is_confirmed: bool = True) -> str:
    """Subscribe an address; returns the public ID of its newest subscription."""
    with carrel.database.transaction() as session:
        subscriptions.ask(
            session,
            read_address(email),
            part,
            confirming=confirm_links(carrel.settings),
            now=NOW,
        )
        found = session.scalars(
            select(Subscription.public_id)
            .where(Subscription.email_key == email.lower())
            .order_by(Subscription.id.desc())
        ).first()
        assert found is not None
        if is_confirmed:
            subscriptions.confirm(session, found, now=NOW)
        return found


def add(database: Database, cast: Cast, details: MailingDetails = DETAILS) -> str:
    """Write a draft; returns its public ID."""
    with database.transaction() as session:
        return mailings.add_mailing(
            session, cast.slug, details, actor=cast.ada.public_id, now=NOW
        ).public_id


def start(database: Database, mailing_id: str, **when: object) -> None:
    """Send a mailing and wait until it can't be undone, or schedule it."""
    values = {"send_at": None, "actor": None, "now": NOW, **when}
    with database.transaction() as session:
        mailings.start_mailing(session, mailing_id, **values)  # type: ignore[arg-type]  # a test's values
        if values["send_at"] is None:
            mailings.find_mailing(session, mailing_id).send_at = NOW


def work(carrel: Carrel, mailing_id: str, watch: Quiet | None = None) -> None:
    """Run the job that sends a mailing."""
    with carrel.database.read_session() as session:
        of_it = select(Job.payload).where(Job.kind == mailings.SEND, Job.subject == mailing_id)
        queued = session.scalars(of_it.order_by(Job.id.desc())).first()
    jobs.send(carrel, JobRun(0, "", mailing_id, queued or {"notice": 0}, 1, 3, watch or Quiet()))


def written(database: Database, kind: str) -> Sequence[str]:
    """Return who has emails of a kind, one entry per email."""
    with database.read_session() as session:
        return session.scalars(
            select(Mail.recipient).where(Mail.kind == kind).order_by(Mail.recipient)
        ).all()
