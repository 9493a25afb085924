"""Identities joined by applied ID mappings into one person, and whether one is linked."""

from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lti.models.id_mappings import MapPair, PairState
from lti.models.identities import Identity, IdentityLink


def one_person(
    session: Session, identity_id: int, *, without: int | None = None
) -> tuple[Identity, ...]:
    """Return the identities that applied mappings join with this one, including itself.

    `without` is the row id of a pair to ignore.
    """
    found, fresh = {identity_id}, {identity_id}
    while fresh:
        rows = session.execute(
            select(MapPair.old_identity_id, MapPair.new_identity_id).where(
                MapPair.state == PairState.APPLIED,
                MapPair.id != (without or 0),
                or_(MapPair.old_identity_id.in_(fresh), MapPair.new_identity_id.in_(fresh)),
            )
        )
        fresh = {one for row in rows for one in row if one is not None} - found
        found |= fresh
    return tuple(
        session.scalars(select(Identity).where(Identity.id.in_(found)).order_by(Identity.id))
    )


def links_of(session: Session, identity_ids: Collection[int], login_id: int) -> bool:
    """Return whether one of these identities (row ids) is currently linked to a login by its own request."""
    return (
        session.scalar(
            select(IdentityLink.id)
            .where(
                IdentityLink.identity_id.in_(identity_ids),
                IdentityLink.login_id == login_id,
                IdentityLink.ended_at.is_(None),
            )
            .limit(1)
        )
        is not None
    )
