"""Recent emails to some people: what was sent to a customer, and what bounced."""

from collections.abc import Collection

from sqlalchemy import Select, select, union
from sqlalchemy.orm import Session

from lms.mail.outbox import MailFacts
from lms.models.jobs import JobState
from lms.models.mail import Mail


def recent_emails(
    session: Session,
    *,
    keys: Select[str] | Collection[str],
    logins: Select[int] | Collection[int] = (),
    limit: int = 20,
) -> tuple[MailFacts, ...]:
    """Return the latest emails to these logins and to these address keys."""
    # Two index searches: one query with OR would read all emails from the newest on.
    found = union(
        select(Mail.id).where(Mail.login_id.in_(logins)),
        select(Mail.id).where(Mail.recipient_key.in_(keys)),
    ).subquery()
    rows = session.scalars(
        select(Mail).join(found, found.c.id == Mail.id).order_by(Mail.id.desc()).limit(limit)
    )
    return tuple(
        MailFacts(
            id=row.public_id,
            kind=row.kind,
            lane=row.lane,
            recipient=row.recipient,
            subject=row.subject,
            attachments=tuple(one["name"] for one in row.attachments or ()),
            state=row.state,
            tries=row.tries,
            failure=row.failure,
            created_at=row.created_at,
            run_at=row.run_at,
            sent_at=row.sent_at,
            bounced_at=row.bounced_at,
            may_be_sent_again=row.state in (JobState.DONE, JobState.FAILED) and row.text != "",
        )
        for row in rows
    )
