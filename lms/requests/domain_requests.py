"""Requests to verify an email domain: verifying it answers every one of them (PRODUCT.md, S7)."""

from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from lms.access.merged_organizations import family_of
from lms.core.errors import N_
from lms.mail.links import Links
from lms.models.requests import DeskRequest, RequestKind
from lms.organizations import email_domains
from lms.requests import requests
from lms.requests.read_models import OPEN

VERIFIED = N_("%(domain)s is verified. People with an email address there can claim seats.")


def verify_domain(  # noqa: PLR0913  (the domain, the request for it, and the actor)
    session: Session,
    organization_id: int,
    text: str,
    *,
    request_id: str = "",
    links: Links,
    actor: str | None,
    now: datetime,
) -> str:
    """Verify a domain for an organization, answer the requests for it, and return the domain.

    `request_id` is a request that this answers even if it names another domain. Raises as
    `email_domains.verify` does.
    """
    domain = email_domains.verify(session, organization_id, text, actor=actor, now=now)
    asked = session.scalars(
        select(DeskRequest.public_id)
        .where(
            DeskRequest.kind == RequestKind.DOMAIN,
            DeskRequest.state.in_(OPEN),
            DeskRequest.organization_id.in_(family_of(organization_id)),
            or_(
                DeskRequest.public_id == request_id,
                func.lower(DeskRequest.reference) == domain,
                DeskRequest.email.iendswith(f"@{domain}", autoescape=True)
                & (DeskRequest.reference == ""),
            ),
        )
        .order_by(DeskRequest.id)
    ).all()
    answer = VERIFIED % {"domain": domain}
    for one in asked:
        requests.finish(session, one, answer=answer, links=links, actor=actor, now=now)
    return domain
