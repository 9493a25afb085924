"""Objects of an organization, one of each kind in a route, for tests of access."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.attached_files import KeptFile
from lms.core.email_addresses import read_address
from lms.core.runtime import Carrel
from lms.lti_facade.uploaded_lists import keep_list
from lms.mail.links import Links, MailContext
from lms.models.documents import Document
from lms.models.grants import Grant, OfferKind
from lms.models.kits import DeliveryKit
from lms.models.orders import OrderLine, OrderTakeover, Terms
from lms.models.organizations import MemberInvitation, Organization, Role
from lms.models.seat_imports import ImportState, SeatImport
from lms.models.seats import Seat
from lms.models.tax import ExemptionBasis
from lms.models.training import Trainee, Training
from lms.organizations.manager_and_owner_permissions import managed_organization
from lms.organizations.member_invitations import ask_in
from lms.organizations.memberships import NewMember
from lms.organizations.payers import Payer
from lms.organizations.tax_papers import NewExemption, add_exemption
from lms.sales import orders, quotes
from lms.sales.new_orders import NewLine, NewOrder
from lms.seats.bulk_release_and_reinvite import Act, begin
from lti.models.courses import Context, ResourceLink
from lti.models.embed_links import OutsideCompletion
from lti.models.registrations_and_keys import Deployment, Registration
from lti.registrations.invites import make_invite
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import (
    make_assignment,
    make_group,
    make_login,
    make_membership,
    make_organization,
    make_pool,
    make_pool_grant,
    make_recording,
    make_verified_domain,
    make_waiting_entry,
    make_webinar,
)
from tests.lti.course_fixtures import make_course
from tests.lti.embed_links.embed_link_fixtures import make_embed

Things = Mapping[str, str]


OFFICE = MailContext(Links("https://library.example.org"), ZoneInfo("America/New_York"))


@dataclass(frozen=True, slots=True)
class Both:
    """The public ids of two organizations' objects, by route variable."""

    mine: Things
    theirs: Things


def things_of(session: Session, organization: Organization, owner_id: int, mark: str) -> Things:
    """Make one object of each kind for an organization, and return their ids by route variable."""
    webinar, links = make_webinar(session), Links("https://library.example.org")
    recording = make_recording(session, webinar)
    pool = make_pool(session, organization, webinar)
    make_pool_grant(session, pool)
    child = make_organization(session)
    child.parent_id = organization.id
    part = make_pool(session, child, webinar)
    part.allotted_from_id, part.allotted = pool.id, 1
    sits = make_assignment(session, pool, make_login(session, name=f"Seated {mark}"))
    entry = make_waiting_entry(session, pool, make_login(session, name=f"Waiting {mark}"))
    listed = SeatImport(pool_id=pool.id, state=ImportState.CHECKED, created_at=NOW)
    session.add(listed)
    session.flush()
    managed = managed_organization(
        session, organization.public_id, login_id=owner_id, may_look=True
    )
    new = NewMember(read_address(f"new-{mark}@example.org"), Role.MEMBER, f"New {mark}")
    ask_in(session, managed, new, links=links, actor=None, now=NOW)
    course = make_course(session, organization.id)
    deployment = session.get_one(Deployment, course.deployment_id)
    seat_id = session.get_one(Seat, sits.seat_id).public_id
    job = begin(session, Act.RELEASE, organization.public_id, [seat_id], actor="a" * 26, now=NOW)
    member = make_login(session, name=f"Grouped {mark}")
    make_membership(session, organization, member)
    reported = OutsideCompletion(
        organization_id=organization.id,
        webinar_id=webinar.id,
        email="pat@example.org",
        email_key="pat@example.org",
        source="Elsewhere",
        completed_at=NOW,
        created_at=NOW,
    )
    kit = DeliveryKit(organization_id=organization.id, recording_id=recording.id, created_at=NOW)
    training = Training(
        organization_id=organization.id,
        title=f"Training {mark}",
        due_at=NOW + timedelta(days=9),
        created_at=NOW,
    )
    session.add_all((reported, kit, training))
    group = make_group(session, organization, f"Group {mark}", member)
    session.add_all(
        Trainee(training_id=training.id, login_id=login_id, created_at=NOW)
        for login_id in (member.id, sits.login_id)
    )
    return {
        "pool_id": pool.public_id,
        "part_id": part.public_id,
        "seat_id": seat_id,
        "entry_id": entry.public_id,
        "import_id": listed.public_id,
        "member_id": member.public_id,
        "invitation_id": session.scalars(
            select(MemberInvitation.public_id).where(
                MemberInvitation.organization_id == organization.id
            )
        ).one(),
        "domain_id": make_verified_domain(session, organization, f"{mark}.example").public_id,
        "job_id": job or "",
        "invite_id": make_invite(
            session, organization.id, allows_loopback=False, actor=None, now=NOW
        ).public_id,
        "deployment_id": deployment.public_id,
        "registration_id": session.get_one(Registration, deployment.registration_id).public_id,
        "course_id": session.get_one(Context, course.context_id).public_id,
        "name": webinar.public_id,
        "slug": webinar.slug,
        "reported_id": reported.public_id,
        "kit_id": kit.public_id,
        "training_id": training.public_id,
        "group_id": group.public_id,
        "login_id": member.public_id,
        "link_id": session.get_one(ResourceLink, course.link_id).public_id,
    }


def kept_besides(carrel: Carrel, cast: Cast, organization: Organization, list_: Path) -> Things:
    """Make objects that need more than rows: an embed link, a certificate, orders, and a list."""
    file = KeptFile(f"exemptions/{organization.public_id}/paper.pdf", "paper.pdf")
    carrel.storage.put_bytes(file.key, b"%PDF-1.7", "application/pdf")
    with carrel.database.transaction() as session:
        embed = make_embed(session, cast, carrel.settings, organization_id=organization.id)
        paper = add_exemption(
            session,
            Payer(organization_id=organization.id),
            NewExemption(ExemptionBasis.OTHER, file=file),
            actor=None,
            now=NOW,
        )
        order, grant, quote = _orders(session, organization.slug, cast.slug)
        asked = _asked_takeover(session, organization, cast.slug)
    return {
        "paper_id": paper,
        "order_id": order,
        "takeover_id": asked.public_id,
        "grant_id": grant,
        "document_id": quote,
        "embed_id": embed.public_id,
        "list_id": keep_list(carrel, organization.public_id, list_, now=NOW),
    }


def _asked_takeover(session: Session, organization: Organization, slug: str) -> OrderTakeover:
    """Ask managers to take over an order that one of their people placed for a new organization."""
    new = NewOrder(
        lines=(NewLine(OfferKind.SINGLE, f"webinar:{slug}", 0),),
        email=f"taken@{organization.slug}.example",
        name="Tara Taken",
        terms=Terms.COMPLIMENTARY,
        currency="USD",
        organization_name=f"{organization.name} again",
    )
    placed = orders.place(session, new, mail_context=OFFICE, actor=None, now=NOW)
    session.get_one(Organization, placed.organization_id).unverified_since = NOW
    asked = OrderTakeover(order_id=placed.id, organization_id=organization.id, asked_at=NOW)
    session.add(asked)
    session.flush()
    return asked


def _orders(session: Session, organization: str, slug: str) -> tuple[str, str, str]:
    """Order a group viewing and quote another; return the ids of the order, grant, and quote."""
    viewing = NewOrder(
        lines=(NewLine(OfferKind.GROUP_SHOWING, f"webinar:{slug}", 0),),
        email=f"contact@{organization}.example",
        name="Connie Contact",
        terms=Terms.COMPLIMENTARY,
        currency="USD",
        organization=organization,
    )
    placed = orders.place(session, viewing, mail_context=OFFICE, actor=None, now=NOW)
    grant = select(Grant.public_id).join(OrderLine).where(OrderLine.order_id == placed.id)
    draft = orders.draft(session, replace(viewing, terms=Terms.INVOICE), actor=None, now=NOW)
    quote = quotes.issue_quote(session, draft, mail_context=OFFICE, actor=None, now=NOW)
    document = session.get_one(Document, quote.document_id)
    return placed.public_id, session.scalars(grant).one(), document.public_id
