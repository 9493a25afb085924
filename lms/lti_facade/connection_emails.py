"""Connection emails: our team is notified of new LMSs, and managers of our team's decisions."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from lms.core.errors import N_
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.organizations.organizations import find_managers

NEEDS_APPROVAL: Final = N_("%(system)s needs your approval")
NEW_DEPLOYMENT: Final = N_("A new deployment of %(system)s needs your approval")
IS_CONNECTED: Final = N_("%(system)s is connected")
IS_APPROVED: Final = N_("%(system)s is approved")
EMBED_LINK_REVOKED: Final = N_("Embed link revoked: %(label)s")
IS_OFF: Final = N_("%(system)s was turned off")


def tell_team(
    session: Session, system: str, *, is_waiting: bool, links: Links, now: datetime
) -> None:
    """Email our team, if the seller has an email address, that an LMS was connected or needs approval."""
    subject = NEEDS_APPROVAL if is_waiting else IS_CONNECTED
    mail_outbox.post_to_team(
        session,
        kind="lms_registered",
        subject=subject % {"system": system},
        values={
            "system": system,
            "is_waiting": is_waiting,
            "action_url": links.page("/staff/lti"),
        },
        now=now,
    )


def tell_team_of_deployment(
    session: Session, system: str, deployment_id: str, *, links: Links, now: datetime
) -> None:
    """Email our team, if the seller has an email address, that a deployment needs approval."""
    mail_outbox.post_to_team(
        session,
        kind="lms_deployment",
        subject=NEW_DEPLOYMENT % {"system": system},
        values={
            "system": system,
            "deployment_id": deployment_id,
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
    """Email an organization's managers that their LMS was approved or turned off."""
    subject = IS_APPROVED if is_on else IS_OFF
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


def tell_of_revoked_link(
    session: Session,
    organization_id: int,
    label: str,
    *,
    path: str,
    links: Links,
    now: datetime,
) -> None:
    """Email an organization's managers that our team revoked an embed link, whose page is at `path`."""
    for manager in find_managers(session, organization_id):
        if manager.email:
            mail_outbox.post(
                session,
                kind="embed_link_revoked",
                to=manager.email,
                login_id=manager.login_id,
                subject=EMBED_LINK_REVOKED % {"label": label},
                values={"label": label, "action_url": links.page(path)},
                now=now,
            )
