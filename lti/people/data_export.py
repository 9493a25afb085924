"""The LTI tool's part of a person's data export."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lms.core.lti_hook_types import OwnLink, OwnListing, OwnScore, OwnSystem, OwnTwin
from lti.models.courses import Context, ResourceLink, RosterMember, Score
from lti.models.id_mappings import MapPair
from lti.models.identities import Identity, IdentityLink
from lti.models.registrations_and_keys import Deployment, Registration
from lti.people.identity_names_and_platforms import Origin, origins_of


def tell_of_person(session: Session, login_id: int) -> tuple[OwnSystem, ...]:
    """Return the data about a login from each LMS, for the data export."""
    identities = session.scalars(
        select(Identity).where(Identity.login_id == login_id).order_by(Identity.id)
    ).all()
    origins = origins_of(session, [one.id for one in identities])
    return tuple(_system(session, one, origins[one.id]) for one in identities)


def _system(session: Session, identity: Identity, origin: Origin) -> OwnSystem:
    links = session.execute(
        select(
            IdentityLink.created_at,
            IdentityLink.email,
            IdentityLink.confirmed_at,
            IdentityLink.ended_at,
        )
        .where(IdentityLink.identity_id == identity.id)
        .order_by(IdentityLink.id)
    )
    twins = session.execute(
        select(MapPair.old_sub, MapPair.new_sub, MapPair.applied_at)
        .where(
            or_(MapPair.old_identity_id == identity.id, MapPair.new_identity_id == identity.id),
            MapPair.new_sub != "",
        )
        .order_by(MapPair.id)
    )
    listed = session.execute(
        select(Context.title, RosterMember.name, RosterMember.email, RosterMember.created_at)
        .select_from(RosterMember)
        .join(Context, Context.id == RosterMember.context_id)
        .join(Deployment, Deployment.id == Context.deployment_id)
        .join(Registration, Registration.id == Deployment.registration_id)
        .where(
            RosterMember.sub == identity.sub,
            Registration.issuer == identity.issuer,
            Deployment.organization_id == identity.organization_id,
        )
        .order_by(RosterMember.id)
    )
    scores = session.execute(
        select(ResourceLink.title, Score.share, Score.given, Score.delivered_at)
        .join_from(Score, ResourceLink, ResourceLink.id == Score.link_id)
        .where(Score.identity_id == identity.id)
        .order_by(Score.id)
    )
    return OwnSystem(
        system=origin.system,
        organization=origin.organization,
        user_id=identity.sub,
        name=origin.name,
        email=identity.email,
        since=identity.created_at,
        seen_at=identity.seen_at,
        links=tuple(OwnLink(*row) for row in links),
        twins=tuple(OwnTwin(*row) for row in twins),
        courses=tuple(OwnListing(*row) for row in listed),
        scores=tuple(OwnScore(*row) for row in scores),
    )
