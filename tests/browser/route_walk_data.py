"""Data for pages of `route_walk.py` that the demo lacks, created by the functions behind forms."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.accounts import accounts
from lms.component import hooks_for
from lms.core.email_addresses import read_address
from lms.core.runtime import Carrel, derived_key
from lms.group_showings import attendees, hosts, showings
from lms.group_showings.attendee_list_parser import Guest
from lms.handouts import pages as handout_pages
from lms.handouts.pages import Drawn
from lms.kits import delivery_kits
from lms.lti_facade.uploaded_lists import keep_list
from lms.mail import link_tokens_and_codes
from lms.mail.links import Links, MailContext
from lms.mailings import mailings
from lms.mailings.mails import MailingDetails
from lms.models.accounts import EmailPurpose, Login
from lms.models.documents import CreditReason, Document
from lms.models.grants import OfferKind
from lms.models.mail import Mail, MailingPart
from lms.models.orders import Terms
from lms.models.organizations import Organization
from lms.models.payments import PaymentMethod
from lms.models.seats import Assignment, AssignmentState, Pool, Seat
from lms.past_sales import jobs as past_sale_jobs
from lms.payments import refunds
from lms.payments.payments import NewPayment
from lms.payments.refunds import NewRefund
from lms.recordings import handout_page_times
from lms.sales import credit_notes, invoices, orders, quotes, receiving
from lms.sales.credit_notes import NewCreditNote
from lms.sales.new_orders import NewLine, NewOrder
from lms.seat_imports import jobs as seat_import_jobs
from lms.seats import bulk_release_and_reinvite
from lms.seats.bulk_release_and_reinvite import Act
from lti.embed_links.embed_links import EMBED_LINKS, EmbedDetails, add_embed
from lti.id_mappings.mappings import begin_map
from lti.models.embed_links import SeatRule
from lti.models.identities import Identity
from lti.models.launches import FrameRole
from lti.people.account_linking import ask_link, confirm_link
from lti.people.identities import ensure_identity
from lti.protocol.content_target import Target
from lti.protocol.messages import Person
from lti.registrations.deployments import approve_deployment
from lti.registrations.registrations import (
    NewRegistration,
    RegistrationDetails,
    RegistrationFacts,
    add_registration,
)
from tests.browser.route_walk_payment_pages import make_payment_pages
from tests.browser.route_walk_reviews import make_order_reviews
from tests.factories import make_pool, make_pool_grant
from wsgi import COMPONENTS

LINKS: Final = Links("http://localhost")
STAFF_LIST: Final = """June Marlow <june.marlow@tarnbrook.example>
juniper.ashdown@tarnbrook.example
june.marlow@tarnbrook.example
at the front desk
"""
COMPLETIONS: Final = """E-mail,Name,Webinar,Completed
june.marlow@tarnbrook.example,June Marlow,{slug},2026-03-09
june.marlow@tarnbrook.example,June Marlow,{slug},2026-03-10
ida.mwangi-frost@tarnbrook.example,Ida Mwangi-Frost,The shelf that never was,2026-03-11
"""
SOLD_BEFORE: Final = """E-mail,Name,Covers,Bought,Source
petra.lowe@example.net,Petra Lowe,{slug},2024-03-05,the old shop
otis.vandermeer@example.net,Otis Vandermeer,no-such-webinar,2024-03-06,the old shop
"""
PAGES: Final = 3
OFFICE: Final = MailContext(LINKS, ZoneInfo("America/New_York"))


@dataclass(frozen=True, slots=True)
class Ground:
    """What the data belongs to: an organization, its manager, a reader, and a webinar."""

    organization_id: int
    organization: str
    slug: str
    webinar: str
    manager: str
    reader_id: int
    showing: str
    handout: str
    pool_id: int


def make_beside(
    carrel: Carrel,
    logins: Mapping[str, int | None],
    values: Mapping[str, str],
    moment: datetime,
) -> dict[str, str]:
    """Add lists, links, and emails to the site; returns values for the variables in URLs."""
    with carrel.database.transaction() as session:
        ground = _ground(session, logins, values)
        made = (
            _kit(session, ground, moment)
            | _unlimited(session, ground)
            | _group_viewing(session, ground, moment)
            | _mass_work(session, ground, moment)
            | _systems(session, ground, moment)
            | _letters(session, ground, moment)
            | _orders(session, ground, moment)
            | _mailing(session, ground, moment)
        )
        _read_handout(session, ground, moment)
        key = derived_key(carrel.settings.secret_key, EMBED_LINKS)
        details = EmbedDetails(
            "Staff page", ("https://library.example.org",), SeatRule.SEATED, None
        )
        target = Target(webinar=ground.webinar)
        embed = add_embed(
            session, ground.organization_id, target, details, key=key, actor=None, now=moment
        )
    made |= make_payment_pages(carrel, made, moment)
    made |= make_order_reviews(carrel, values["slug"], moment)
    return made | {"embed_id": embed.public_id} | _lists(carrel, ground, moment)


def _ground(
    session: Session, logins: Mapping[str, int | None], values: Mapping[str, str]
) -> Ground:
    house = session.scalars(
        select(Organization).where(Organization.public_id == values["organization_id"])
    ).one()
    reader, manager = logins["alice"], session.get_one(Login, logins["mia"])
    assert reader is not None
    return Ground(
        organization_id=house.id,
        organization=house.public_id,
        slug=values["slug"],
        webinar=values["name"],
        manager=manager.public_id,
        reader_id=reader,
        showing=values["showings.public_id"],
        handout=values["handout_id"],
        pool_id=session.scalars(select(Pool.id).where(Pool.public_id == values["pool_id"])).one(),
    )


def _mailing(session: Session, ground: Ground, moment: datetime) -> dict[str, str]:
    """Add a draft of a mailing."""
    details = MailingDetails(MailingPart.EVERYONE, "Before you join", "Bring questions.", "", "")
    made = mailings.add_mailing(session, ground.slug, details, actor=None, now=moment)
    return {"mailing_id": made.public_id}


def _kit(session: Session, ground: Ground, moment: datetime) -> dict[str, str]:
    """Add a finished delivery kit with a link."""
    whose = ground.organization_id
    delivery_kits.allow(session, whose, actor=None, now=moment)
    kit = delivery_kits.ask(session, whose, ground.webinar, actor=ground.manager, now=moment)
    delivery_kits.finish(session, kit, f"kits/{kit}.zip", 48 * 2**20, now=moment)
    delivery_kits.make_link(session, whose, kit, actor=ground.manager, now=moment)
    return {"kit_id": kit}


def _unlimited(session: Session, ground: Ground) -> dict[str, str]:
    """Sell unlimited seats, whose purpose a manager states."""
    house = session.get_one(Organization, ground.organization_id)
    pool = make_pool(session, house, capacity=None)
    make_pool_grant(session, pool)
    return {"organization_purpose.pool_id": pool.public_id}


def _group_viewing(session: Session, ground: Ground, moment: datetime) -> dict[str, str]:
    """Sell an organization a group viewing that its manager hosts."""
    house = session.get_one(Organization, ground.organization_id)
    manager = session.scalars(select(Login).where(Login.public_id == ground.manager)).one()
    order = NewOrder(
        lines=(NewLine(OfferKind.GROUP_SHOWING, f"webinar:{ground.slug}", 0),),
        email=manager.email or "",
        name=manager.name,
        terms=Terms.COMPLIMENTARY,
        currency="USD",
        organization=house.slug,
    )
    context = MailContext(LINKS, ZoneInfo("America/New_York"))
    orders.place(session, order, mail_context=context, actor=None, now=moment)
    [owned] = hosts.owned_showings(session, house.id)
    return {"organization_showings.grant_id": owned.grant}


def _mass_work(session: Session, ground: Ground, moment: datetime) -> dict[str, str]:
    """Start resending an organization's invitations."""
    waiting = session.scalars(
        select(Seat.public_id)
        .join_from(Assignment, Seat)
        .join(Pool, Pool.id == Assignment.pool_id)
        .where(
            Pool.organization_id == ground.organization_id,
            Assignment.state == AssignmentState.INVITED,
        )
    ).all()
    job = bulk_release_and_reinvite.begin(
        session,
        Act.SEND_AGAIN,
        ground.organization,
        waiting,
        actor=ground.manager,
        now=moment,
    )
    assert job is not None
    return {"organization_mass_work.job_id": job}


def _systems(session: Session, ground: Ground, moment: datetime) -> dict[str, str]:
    """Connect an LMS and its successor, with people, and match them."""
    old = _system(session, ground, "Moodle of Tarnbrook", "moodle.tarnbrook.example", moment)
    new = _system(session, ground, "Canvas of Tarnbrook", "canvas.tarnbrook.example", moment)
    for sub, name in (("17", "Wren Okafor"), ("18", "Marisol Quintero")):
        _came(session, ground, old, sub, name, moment)
    _came(session, ground, new, "a-17", "Wren Okafor", moment)
    linked = _came(session, ground, old, "4", "Alice of the course", moment)
    reader = session.get_one(Login, ground.reader_id)
    ask_link(session, linked, read_address(reader.email or ""), links=LINKS, now=moment)
    confirm_link(
        session,
        _in_letter(session, "/lti/link/"),
        name=reader.name,
        hooks=hooks_for(COMPONENTS, "on_merge"),
        now=moment,
    )
    asking = _came(session, ground, old, "5", "Ingrid Sorrel", moment)
    ask_link(session, asking, read_address("ingrid.sorrel@example.net"), links=LINKS, now=moment)
    return {
        "registration_id": old.public_id,
        "identity_id": session.get_one(Identity, linked).public_id,
        "link_letter.secret": _in_letter(session, "/lti/link/"),
        "map_id": begin_map(
            session,
            ground.organization_id,
            old=old.public_id,
            new=new.public_id,
            actor=None,
            now=moment,
        ),
    }


def _system(
    session: Session, ground: Ground, name: str, host: str, moment: datetime
) -> RegistrationFacts:
    house = session.get_one(Organization, ground.organization_id).slug
    details = RegistrationDetails(
        name=name,
        auth_url=f"https://{host}/auth",
        token_url=f"https://{host}/token",
        jwks_url=f"https://{host}/jwks",
    )
    new = NewRegistration(f"https://{host}", "carrel-of-tarnbrook", details, house)
    made = add_registration(session, new, actor=None, now=moment)
    approve_deployment(session, made.public_id, "1", organization=house, actor=None, now=moment)
    return made


def _came(
    session: Session,
    ground: Ground,
    system: RegistrationFacts,
    sub: str,
    name: str,
    moment: datetime,
) -> int:
    email = f"{name.split()[0].lower()}@tarnbrook.example"
    known = ensure_identity(
        session,
        issuer=system.issuer,
        organization_id=ground.organization_id,
        person=Person(sub, FrameRole.LEARNER, name=name, email=email),
        registration_id=system.id,
        now=moment,
    )
    return known.identity_id


def _letters(session: Session, ground: Ground, moment: datetime) -> dict[str, str]:
    """Add a guest to a group viewing's roster, and start a sign-up."""
    showing = showings.read_showing(session, ground.showing, login_id=ground.reader_id, now=moment)
    guest = Guest("Ruth Amsel", "ruth.amsel@example.net")
    attendees.enter(session, showing, (guest,), actor=None, links=LINKS, now=moment)
    slides = _in_letter(session, "/slides/")
    address = read_address("nova.kestrel@example.net")
    accounts.add_unconfirmed(session, address, now=moment)
    begun = session.scalars(select(Login.id).where(Login.email_key == address.key)).one()
    confirm = link_tokens_and_codes.issue(
        session, begun, EmailPurpose.CONFIRM_SIGN_UP, email=address.shown, now=moment
    )
    return {"showings.secret": slides, "sign_up.secret": confirm}


def _read_handout(session: Session, ground: Ground, moment: datetime) -> None:
    """Process a handout as the worker does, and set when its first page is shown."""
    unread = handout_pages.find_unread(session, ground.handout)
    assert unread is not None
    pages = range(1, PAGES + 1)
    handout_pages.keep_drawn(session, unread, [Drawn(number, 1280, 720) for number in pages])
    words = {number: f"What page {number} says." for number in pages}
    handout_pages.keep_words(session, ground.handout, words, now=moment)
    handout_page_times.set_moments(session, ground.handout, {1: 2.0}, actor=None, now=moment)


def _lists(carrel: Carrel, ground: Ground, moment: datetime) -> dict[str, str]:
    """Import a list of each kind, with valid and invalid rows."""
    staff = seat_import_jobs.take_in_pasted(
        carrel, STAFF_LIST, pool_id=ground.pool_id, actor=ground.manager, now=moment
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        path.write_text(SOLD_BEFORE.format(slug=ground.slug), encoding="utf-8")
        past = past_sale_jobs.take_in(carrel, path, "sold-before.csv", actor=None, now=moment)
        path.write_text(COMPLETIONS.format(slug=ground.slug), encoding="utf-8")
        completions = keep_list(carrel, ground.organization, path, now=moment)
    return {
        "organization_imports.import_id": staff.public_id,
        "organization_import_rows.import_id": staff.public_id,
        "staff_history.import_id": past.public_id,
        "list_id": completions,
    }


def _in_letter(session: Session, path: str) -> str:
    """Return what follows a path in the newest email."""
    text = session.scalars(select(Mail.text).order_by(Mail.id.desc()).limit(1)).one()
    found = re.search(rf"{re.escape(path)}([\w-]+)", text)
    assert found is not None
    return found[1]


def _orders(session: Session, ground: Ground, moment: datetime) -> dict[str, str]:
    """Add an order that was invoiced, overpaid, partly credited, and refunded; and a quote."""
    slug = session.get_one(Organization, ground.organization_id).slug
    manager = session.scalars(select(Login).where(Login.public_id == ground.manager)).one()
    seats = NewLine(
        kind=OfferKind.GROUP_SEATS, covers=f"webinar:{ground.slug}", price_minor=32_500, quantity=5
    )
    new = NewOrder(
        lines=(seats,),
        email=manager.email or "",
        name=manager.name,
        terms=Terms.INVOICE,
        currency="USD",
        organization=slug,
    )
    order = orders.place(session, new, mail_context=OFFICE, actor=None, now=moment)
    invoice = invoices.live_invoice(session, order.id)
    assert invoice is not None
    check = NewPayment(
        method=PaymentMethod.CHECK,
        currency="USD",
        amount_minor=35_000,
        received_on=moment.date(),
        organization_id=ground.organization_id,
        check_number="10442",
        pays={invoice.public_id: 32_500},
    )
    payment = receiving.receive(session, check, mail_context=OFFICE, actor=None, now=moment)
    note = credit_notes.credit(
        session,
        order,
        NewCreditNote(CreditReason.GOODWILL, (), "For the trouble."),
        mail_context=OFFICE,
        actor=None,
        now=moment,
    )
    back = NewRefund(payment.public_id, 500, "walk", note.public_id)
    refund = refunds.request(session, back, actor=None, now=moment)
    draft = orders.draft(session, new, actor=None, now=moment)
    quote = quotes.issue_quote(session, draft, mail_context=OFFICE, actor=None, now=moment)
    return {
        "order_id": order.public_id,
        "staff_quotes.issue.order_id": draft.public_id,
        "staff_quotes.accept.order_id": draft.public_id,
        "staff_order_form.edit.order_id": draft.public_id,
        "documents.document_id": invoice.public_id,
        "staff_documents.document_id": invoice.public_id,
        "organization_orders.document_id": session.get_one(Document, quote.document_id).public_id,
        "staff_refunds.document_id": note.public_id,
        "payment_id": payment.public_id,
        "refund_id": refund.public_id,
        "key": f"organization:{slug}",
    }
