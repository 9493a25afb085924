"""The staff page of one organization: everything about a customer, for a phone call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.component import hooks_for
from lms.core import clock
from lms.core.dates_and_time_zones import say_date
from lms.core.email_addresses import read_address
from lms.core.errors import N_
from lms.core.lti_hook_types import ConnectionState, LmsConnection
from lms.kits import delivery_kits
from lms.mail.bounces import bounced_addresses
from lms.mail.outbox import recent_mails
from lms.models.organizations import Role
from lms.organizations import (
    billing_details,
    customer_record,
    email_domains,
    memberships,
    organization_lists,
    organization_merges,
    organizations,
    tax_papers,
)
from lms.organizations.billing_details import BillingDetails
from lms.organizations.customer_record import Invited
from lms.organizations.orders import orders_of
from lms.organizations.organizations import OrganizationFacts
from lms.organizations.payers import Payer
from lms.people.role_texts import ROLES
from lms.receivables.read_models import reminders_of_organization
from lms.reports import audit_log
from lms.seats import pools
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.core.pagination import page_number, paged, pager_of
from lms.web.core.request_context import carrel, components, read_session, render
from lms.web.core.time_zone_choices import zone_name
from lms.web.mail.staff_outgoing_mail import mail_row
from lms.web.organizations.billing_texts import billing_facts
from lms.web.organizations.staff_forms import DomainForm
from lms.web.people.customer_rows import FEW, order_line, owed_lines, timeline
from lms.web.people.grant_and_seat_rows import covered
from lms.web.people.pool_rows import pool_row
from lms.web.people.staff_forms import MemberForm
from lms.web.people.tax_paper_rows import tax_credit_rows, tax_paper_rows
from lms.web.receivables.reminder_rows import reminder_rows

PAGE: Final = "staff_organizations.organization"
PAGE_SIZE: Final = 50
POOLS_SIZE: Final = 20
SHOWN_ORDERS: Final = 10
CONNECTIONS: Final = {
    ConnectionState.CONNECTED: (N_("Connected"), "open"),
    ConnectionState.WAITING: (N_("Waiting for approval"), "soon"),
    ConnectionState.OFF: (N_("Off"), "none"),
}


@dataclass(frozen=True, slots=True)
class InvitedRow:
    """A person with an open invitation, as their row shows it."""

    name: str
    email: str
    to: str
    invited: str
    expires: str
    is_bounced: bool


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """An LMS connection, as its row shows it."""

    name: str
    deployment_id: str
    state: str
    badge: str
    launched: str


def customer_page(
    kept: OrganizationFacts,
    form: MemberForm | None = None,
    domain_form: DomainForm | None = None,
) -> str:
    """Return the page of an organization; the forms are those submitted with errors."""
    zone, now = reading_zone(), clock.now()
    with read_session() as session:
        values = {
            **_top(session, kept, now=now, zone=zone),
            **_people(session, kept, zone=zone),
            **_billing(session, kept, now=now, zone=zone),
            **_activity(session, kept, zone=zone),
        }
    return render(
        "organizations/staff_organization.html",
        kept=kept,
        zone=zone_name(kept.zone or carrel().settings.time_zone),
        form=form or offer_roles(MemberForm(data={"role": Role.MANAGER.value})),
        domain_form=domain_form or DomainForm(),
        **values,
    )


def offer_roles(form: MemberForm) -> MemberForm:
    """Set the roles of a form, and return it."""
    form.role.choices = roles_chosen_here()
    return form


def roles_chosen_here() -> list[tuple[str, str]]:
    """Return the roles to choose from here; supervisors are appointed where their groups are chosen."""
    return [(role.value, _(words)) for role, words in ROLES.items() if role is not Role.SUPERVISOR]


def _top(
    session: Session, kept: OrganizationFacts, *, now: datetime, zone: ZoneInfo
) -> dict[str, Any]:
    """Return what is owed, the contacts, and what the organization owns."""
    orders = orders_of(session, Payer(organization_id=kept.id))
    every = pools.pools_of(session, kept.id)
    shown, pool_pager = paged(
        every,
        POOLS_SIZE,
        name="pools",
        url=lambda page: url_for(PAGE, slug=kept.slug, pools=page, _anchor="pools-title"),
    )
    held = [pool_row(one, pools.grants_of(session, one.id), now=now, zone=zone) for one in shown]
    children = organization_lists.children_of(session, kept.id)
    return {
        "parent": organizations.find_organization(session, kept.parent) if kept.parent else None,
        "children": children[:PAGE_SIZE],
        "more_children": max(0, len(children) - PAGE_SIZE),
        "merged": organization_merges.merged_with(session, kept.id),
        "owed": owed_lines(orders, now=now),
        "orders": [order_line(one, now=now, zone=zone) for one in orders[:SHOWN_ORDERS]],
        "order_count": len(orders),
        "contacts": [
            (one, _(ROLES[one.role])) for one in customer_record.contacts_of(session, kept.id)
        ],
        "pools": held,
        "pool_count": len(every),
        "pool_pager": pool_pager,
        "takes_kits": delivery_kits.is_allowed(session, kept.id),
    }


def _people(session: Session, kept: OrganizationFacts, *, zone: ZoneInfo) -> dict[str, Any]:
    number = page_number()
    members = memberships.list_members(
        session, kept.id, offset=(number - 1) * PAGE_SIZE, limit=PAGE_SIZE
    )
    invited = customer_record.invited_people(session, kept.id, limit=PAGE_SIZE)
    return {
        "members": members.items,
        "member_count": members.total,
        "since": {one.login_id: say_date(one.since, zone) for one in members.items},
        "roles": roles_chosen_here(),
        "invited": [_invited_row(one, zone) for one in invited.items],
        "invited_count": invited.total,
        "pager": pager_of(
            number,
            PAGE_SIZE,
            members.total,
            url=lambda page: url_for(PAGE, slug=kept.slug, page=page, _anchor="people-title"),
        ),
    }


def _billing(
    session: Session, kept: OrganizationFacts, *, now: datetime, zone: ZoneInfo
) -> dict[str, Any]:
    details = billing_details.read_billing(session, kept.id)
    payer = Payer(organization_id=kept.id)
    papers = tax_papers.list_exemptions(session, payer)
    return {
        "billing": billing_facts(details),
        "payables": _payables(session, details),
        "notes": details.notes,
        "reminders": reminder_rows(reminders_of_organization(session, kept.id, now=now), zone),
        "papers": tax_paper_rows(papers, zone=zone, today=now.astimezone(zone).date()),
        "tax_credits": tax_credit_rows(session, payer),
        "domains": email_domains.domains_of(session, kept.id),
    }


def _activity(session: Session, kept: OrganizationFacts, *, zone: ZoneInfo) -> dict[str, Any]:
    hooks = hooks_for(components(), "connections")
    emails = recent_mails(
        session,
        logins=customer_record.logins_of_organization(kept.id),
        keys=customer_record.addresses_of_organization(kept.id),
        limit=FEW,
    )
    subjects = customer_record.subjects_of_organization(kept.id)
    return {
        "connections": [
            _connection_row(one, zone) for hook in hooks for one in hook(session, kept.id)
        ],
        "emails": [mail_row(one) for one in emails],
        "happened": timeline(audit_log.read_timeline(session, subjects, limit=FEW), zone=zone),
    }


def _payables(session: Session, details: BillingDetails) -> Sequence[tuple[str, bool]]:
    """Return the accounts-payable addresses, each with whether its emails bounce."""
    keys = {one: read_address(one).key for one in details.contact.payables}
    bounced = bounced_addresses(session, list(keys.values()))
    return [(one, key in bounced) for one, key in keys.items()]


def _invited_row(one: Invited, zone: ZoneInfo) -> InvitedRow:
    if one.role is not None:
        to = _("As %(role)s of the organization", role=_(ROLES[one.role]).lower())
    else:
        to = _("To a seat: %(what)s", what=covered(one.scope, one.covers) if one.scope else "")
    return InvitedRow(
        name=one.name or one.email,
        email=one.email,
        to=to,
        invited=say_date(one.invited_at, zone),
        expires=say_date(one.expires_at, zone) if one.expires_at else "",
        is_bounced=one.is_bounced,
    )


def _connection_row(one: LmsConnection, zone: ZoneInfo) -> ConnectionRow:
    words, badge = CONNECTIONS[one.state]
    launched = say_date(one.launched_at, zone) if one.launched_at else ""
    return ConnectionRow(one.name, one.deployment_id, _(words), badge, launched)
