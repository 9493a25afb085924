"""Seat requests: a person in an LMS without access asks a manager, or joins the waitlist."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access.policy import Action
from lms.core.errors import N_, Conflict, NotFound
from lms.lti_facade.learner_logins import NAMELESS, names_of
from lms.lti_facade.link_content import PlayableWebinar
from lms.lti_facade.viewer_access_facts import Standing
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.models.seats import Pool
from lms.organizations.organizations import find_managers
from lms.seats import waitlist
from lms.seats.self_service import NOBODY_TO_ASK


def request_seat(
    session: Session, standing: Standing, webinar: PlayableWebinar, *, links: Links, now: datetime
) -> str:
    """Email the managers of an organization that a person in its LMS needs access to a webinar.

    Where the organization has nothing of it, the email leads to the webinar's page, where it is
    bought. Returns the name of the first manager. Raises Conflict where no one can be asked.
    """
    is_in_library = standing.is_in_the_library(now)
    managers = [
        one for one in find_managers(session, standing.organization_id) if one.email is not None
    ]
    if not managers:
        raise Conflict(NOBODY_TO_ASK)
    login_id = standing.login_id
    name = "" if login_id is None else names_of(session, [login_id]).get(login_id, "")
    for manager in managers:
        mail_outbox.post(
            session,
            kind="seat_requested",
            to=manager.email or "",
            login_id=manager.login_id,
            subject=N_("A seat is requested: %(webinar)s") % {"webinar": webinar.title},
            values={
                "name": "" if name == NAMELESS else name,
                "organization": standing.organization,
                "webinar": webinar.title,
                "is_in_library": is_in_library,
                "action_url": links.page(
                    "/organization" if is_in_library else f"/webinars/{webinar.slug}"
                ),
            },
            now=now,
        )
    return managers[0].name


def join_waitlist(session: Session, standing: Standing, *, now: datetime) -> None:
    """Put a person of an LMS on the waitlist of the full pool that turns them away (PRODUCT.md, S9).

    Who waits already keeps their place. A seat that is offered to them is theirs at their next opening.
    Raises NotFound where no pool turns them away.
    """
    grant = standing.decide(Action.RECORDING, now).grant
    if grant is None or grant.place is None or standing.login_id is None:
        raise NotFound
    pool_id = session.scalars(select(Pool.id).where(Pool.public_id == grant.place.pool)).one()
    waitlist.join(session, pool_id, standing.login_id, actor=None, now=now)
