"""Accommodations for a live webinar: what a person needs, as a request that our team answers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from lms.access.merged_logins import logins_of
from lms.accounts import accounts
from lms.core.errors import N_, Conflict, Invalid
from lms.live.change_notices import last_answer
from lms.mail.links import MailContext
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.requests import DeskRequest, RequestKind
from lms.requests import requests
from lms.requests.business_days import due_after
from lms.requests.read_models import RequestFacts, find_request, find_requests
from lms.requests.requests import NewRequest

ANSWERED_WITHIN: Final = 2  # business days
LONGEST_DETAILS: Final = 2000


class Need(StrEnum):
    """What a person needs at a live webinar."""

    CAPTIONS = "captions"
    ASL = "asl"
    OTHER = "other"


NEED_WORDS: Final[Mapping[Need, str]] = {
    Need.CAPTIONS: N_("Live captions"),
    Need.ASL: N_("ASL interpreter"),
    Need.OTHER: N_("Something else"),
}


@dataclass(frozen=True, slots=True)
class Needs:
    """What a person asks for; `details` are in their own words."""

    kinds: Collection[Need]
    details: str = ""


def ask(
    session: Session,
    needs: Needs,
    *,
    login_id: int,
    webinar_id: int,
    mail_context: MailContext,
    now: datetime,
) -> RequestFacts:
    """Ask our team for an accommodation at a live webinar, with a receipt by email.

    It names no organization, because a person's needs are not their employer's to know. Raises Invalid
    (fields `needs`, `details`), and Conflict if an earlier request of theirs is open or the webinar has
    started.
    """
    webinar, account = (
        session.get_one(Webinar, webinar_id),
        accounts.read_account(session, login_id),
    )
    _check(needs, account.email)
    if now >= webinar.held_at:
        raise Conflict(N_("This webinar has started. Contact us if you need help now."))
    # two requests at a time wait for each other here
    session.execute(select(Login.id).where(Login.id == login_id).with_for_update())
    earlier = read_own(session, login_id=login_id, webinar_id=webinar_id)
    if earlier is not None and earlier.is_open:
        raise Conflict(N_("You already requested an accommodation. We'll email you our answer."))
    said = ", ".join(NEED_WORDS[each] for each in Need if each in needs.kinds)
    new = NewRequest(
        kind=RequestKind.ACCOMMODATION,
        name=account.name,
        email=account.email or "",
        login_id=login_id,
        webinar_id=webinar_id,
        message="\n\n".join(filter(None, (said, needs.details.strip()))),
        due_at=due_at(webinar.held_at, mail_context, now=now),
    )
    actor = account.public_id
    return requests.ask(session, new, mail_context=mail_context, actor=actor, now=now)


def due_at(held_at: datetime, mail_context: MailContext, *, now: datetime) -> datetime:
    """Return when our answer is due: within two business days, and while people need it."""
    within = due_after(now, mail_context.zone, days=ANSWERED_WITHIN)
    return min(within, last_answer(held_at, now=now))


def read_own(session: Session, *, login_id: int, webinar_id: int) -> RequestFacts | None:
    """Return a person's latest accommodation request for a webinar, or None."""
    found = session.scalar(
        select(DeskRequest.public_id)
        .where(
            DeskRequest.kind == RequestKind.ACCOMMODATION,
            DeskRequest.webinar_id == webinar_id,
            DeskRequest.login_id.in_(logins_of(login_id)),
        )
        .order_by(DeskRequest.id.desc())
        .limit(1)
    )
    return None if found is None else find_request(session, found)


def read_all(session: Session, webinar_id: int) -> Mapping[str, RequestFacts]:
    """Return the latest accommodation request for a webinar of each person, by the login's public ID."""
    kept = aliased(Login)
    rows = session.execute(
        select(kept.public_id, DeskRequest.public_id)
        .join_from(DeskRequest, Login, Login.id == DeskRequest.login_id)
        .join(kept, kept.id == func.coalesce(Login.merged_into, Login.id))
        .where(DeskRequest.kind == RequestKind.ACCOMMODATION, DeskRequest.webinar_id == webinar_id)
        .order_by(DeskRequest.id)
    ).all()
    latest = {row[0]: row[1] for row in rows}
    found = {each.public_id: each for each in find_requests(session, list(latest.values()))}
    return {person: found[public_id] for person, public_id in latest.items()}


def _check(needs: Needs, email: str | None) -> None:
    """Raise Invalid unless it is said what is needed and there is an address to answer to."""
    faults: dict[str, str] = {}
    if not email:
        faults["needs"] = N_("Add an email address to your account first so we can answer.")
    elif not needs.kinds:
        faults["needs"] = N_("Choose what you need.")
    if Need.OTHER in needs.kinds and not needs.details.strip():
        faults["details"] = N_("Describe what you need.")
    elif len(needs.details) > LONGEST_DETAILS:
        faults["details"] = N_("Use up to 2,000 characters.")
    if faults:
        raise Invalid(N_("Check the fields below."), fields=faults)
