"""The staff page of one person: everything about them, for a phone call."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.accounts import browser_sessions, power_over_others
from lms.certificates.read_models import list_history
from lms.component import hooks_for
from lms.core import clock
from lms.core.dates_and_time_zones import say_date
from lms.core.email_addresses import imitating_letters, read_address
from lms.core.errors import N_
from lms.mail.bounces import bounced_addresses
from lms.mail.outbox import recent_mails
from lms.organizations import tax_papers
from lms.organizations.orders import orders_of
from lms.organizations.payers import Payer
from lms.people import grant_and_seat_history, person_record, profile_read_model
from lms.people.login_search import PersonRow
from lms.people.possible_twins import possible_twins
from lms.people.profile_read_model import Person
from lms.people.role_texts import ROLES, SELLER_ROLES
from lms.reports import audit_log
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.certificates.own import line_of
from lms.web.core.request_context import components, read_session, render
from lms.web.core.time_zone_choices import zone_name
from lms.web.mail.staff_outgoing_mail import mail_row
from lms.web.people.customer_rows import FEW, order_line, owed_lines, timeline
from lms.web.people.grant_and_seat_rows import grant_row, seat_row
from lms.web.people.staff_forms import AliasForm
from lms.web.people.tax_paper_rows import tax_credit_rows, tax_paper_rows
from lms.web.people.twin_rows import twin_rows

SHOWN_ORDERS: Final = 10
MIXED_ALPHABETS: Final = N_("Mixed alphabets")


def person_page(login_id: str, form: AliasForm) -> str:
    """Return a login's page; `form` is the form for another address. Raises NotFound."""
    now, zone = clock.now(), reading_zone()
    with read_session() as session:
        found = profile_read_model.read_person(session, login_id)
        logins = session.scalars(logins_of(found.id)).all()
        alike = [
            pair for hook in hooks_for(components(), "twins_of") for pair in hook(session, logins)
        ]
        has_power = power_over_others.has_power(session, found.id)
        has_second_step = browser_sessions.has_second_factor(session, found.id)
        values = {
            "twins": twin_rows(possible_twins(session, alike)),
            **_holdings(session, found, now=now, zone=zone),
            **_purchases(session, found, now=now, zone=zone),
            **_activity(session, found, zone=zone),
        }
    about = found.email or found.public_id
    return render(
        "people/staff_person.html",
        person=found,
        badges=badges(found),
        facts=_facts(found),
        roles={place.slug: _(ROLES[place.role]) for place in found.places},
        blocked=_day(found.blocked_at) if found.blocked_at else "",
        about=about,
        timeline_url=url_for("staff_audit.trail", about=about),
        form=form,
        has_power=has_power,
        has_second_step=has_second_step,
        imitating_letters=imitating_letters(found.email or ""),
        **values,
    )


def badges(row: PersonRow | Person) -> list[tuple[str, str]]:
    """Return what is unusual about a login, as badges."""
    is_blocked = row.is_blocked if isinstance(row, PersonRow) else row.blocked_at is not None
    is_merged = row.is_merged if isinstance(row, PersonRow) else row.merged_into is not None
    role = SELLER_ROLES[row.seller_role] if row.seller_role else ""
    told = (
        (row.seller_role is not None, _(role), "term"),
        (is_blocked, _("Blocked"), "danger"),
        (is_merged, _("Merged"), "none"),
        (not row.is_confirmed, _("Not confirmed"), "soon"),
        (bool(imitating_letters(row.email or "")), _(MIXED_ALPHABETS), "danger"),
    )
    return [(words, kind) for is_so, words, kind in told if is_so]


def _holdings(session: Session, found: Person, *, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    grants = grant_and_seat_history.read_grants(session, found.id, now=now)
    seats = grant_and_seat_history.read_seats(session, found.id)
    return {
        "grants": [grant_row(one, login_id=found.public_id, zone=zone) for one in grants],
        "seats": [seat_row(one, zone=zone) for one in seats],
        "asked": [
            (one, _(ROLES[one.role]), say_date(one.since, zone))
            for one in person_record.role_invitations_of(session, found.id)
        ],
        "certificates": [line_of(each) for each in list_history(session, found.id)],
        "systems": [
            (one, say_date(one.seen_at, zone))
            for hook in hooks_for(components(), "on_export")
            for one in hook(session, found.id)
        ],
    }


def _purchases(session: Session, found: Person, *, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    payer = Payer(login_id=found.id)
    orders = orders_of(session, payer)
    papers = tax_papers.list_exemptions(session, payer)
    return {
        "owed": owed_lines(orders, now=now),
        "orders": [order_line(one, now=now, zone=zone) for one in orders[:SHOWN_ORDERS]],
        "order_count": len(orders),
        "orders_url": url_for("staff_orders.index", q=found.email or found.name),
        "papers": tax_paper_rows(papers, zone=zone, today=now.astimezone(zone).date()),
        "tax_credits": tax_credit_rows(session, payer),
        "add_paper_url": url_for("staff_tax_papers.add_to_person", login_id=found.public_id),
    }


def _activity(session: Session, found: Person, *, zone: ZoneInfo) -> dict[str, Any]:
    emails = recent_mails(
        session, keys=person_record.keys_of_person(found.id), logins=logins_of(found.id), limit=FEW
    )
    key = read_address(found.email).key if found.email else ""
    subjects = person_record.subjects_of_person(found.id)
    return {
        "emails": [mail_row(one) for one in emails],
        "bounced": bounced_addresses(session, [key]).get(key) is not None,
        "happened": timeline(audit_log.read_timeline(session, subjects, limit=FEW), zone=zone),
    }


def _facts(found: Person) -> list[tuple[str, str | None]]:
    seen = found.last_seen_at
    return [
        (_("Email"), found.email or _("None (from an LMS)")),
        (_("Recovery address"), found.recovery_email or _("None")),
        (_("Password"), _("Set") if found.has_password else _("None yet")),
        (_("Time zone"), zone_name(found.zone) if found.zone else _("Default")),
        (_("Joined"), _day(found.created_at)),
        (_("Last seen"), _day(seen) if seen else _("Never signed in")),
        (_("ID"), found.public_id),
    ]


def _day(at: datetime) -> str:
    return say_date(at, reading_zone())
