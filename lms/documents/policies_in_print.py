"""Policies as documents print them: the version that applies, and its address (MONEY.md, M26)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from lms.core.dates_and_time_zones import say_long_date
from lms.documents.snapshots import Policy
from lms.mail.links import MailContext
from lms.models.seller import PolicyKind
from lms.seller.policies import TITLES, PolicyText, current_policy, policy_version


def printed_policies(
    session: Session, *, mail_context: MailContext, now: datetime, accepted: Sequence[int] = ()
) -> tuple[Policy, ...]:
    """Return the accepted versions, or else the current policies.

    Policies that were never published are left out.
    """
    found = [policy_version(session, one) for one in accepted]
    return tuple(
        Policy(
            TITLES[one.kind],
            f"{one.number} of {say_long_date(one.published_at, mail_context.zone)}",
            mail_context.links.page(one.path),
        )
        for one in found or current_policies(session, now=now)
    )


def current_policies(session: Session, *, now: datetime) -> tuple[PolicyText, ...]:
    """Return the version of each policy that a customer agrees to now."""
    found = (current_policy(session, kind, now=now) for kind in PolicyKind)
    return tuple(one for one in found if one is not None)


def current_versions(session: Session, *, now: datetime) -> list[int]:
    """Return the IDs of the versions that a customer agrees to now, as stored in orders."""
    return [one.id for one in current_policies(session, now=now)]
