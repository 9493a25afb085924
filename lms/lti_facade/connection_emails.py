"""Connection emails: a new LMS is told to the team, and what they decide to its managers."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms.branding import read_branding
from lms.core.errors import N_
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.organizations.organizations import find_managers


def tell_team(
    session: Session, system: str, *, is_waiting: bool, links: Links, now: datetime
) -> None:
    """Email our team, where the seller has a mailbox, that an LMS was connected or waits for them."""
    contact = read_branding(session, contact="").contact_email
    if not contact:
        return
    subject = N_("%(system)s waits for approval") if is_waiting else N_("%(system)s is connected")
    mail_outbox.post(
        session,
        kind="lms_registered",
        to=contact,
        login_id=None,
        subject=subject % {"system": system},
        values={
            "system": system,
            "is_waiting": is_waiting,
            "action_url": links.page("/staff/lti"),
        },
        now=now,
    )


def tell_managers(
    session: Session,
    organization_id: int,
    system: str,
    *,
    is_on: bool,
    links: Links,
    now: datetime,
) -> None:
    """Email an organization's managers that our team approved their LMS, or switched it off."""
    subject = N_("%(system)s is approved") if is_on else N_("%(system)s was switched off")
    for manager in find_managers(session, organization_id):
        if manager.email:
            mail_outbox.post(
                session,
                kind="lms_decided",
                to=manager.email,
                login_id=manager.login_id,
                subject=subject % {"system": system},
                values={
                    "system": system,
                    "is_on": is_on,
                    "action_url": links.page("/organization"),
                },
                now=now,
            )
