"""Sales: what was sold to whom on which terms, and the access given at once."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import audit
from lms.accounts import accounts
from lms.accounts.accounts import Account, NewLogin
from lms.contracts import renewals
from lms.contracts.mails import Post
from lms.contracts.renewals import Renewal
from lms.core import slugs
from lms.core.email_addresses import read_address
from lms.core.errors import N_, Conflict, Invalid, NotFound
from lms.core.model_base import new_public_id
from lms.grants import grants
from lms.grants.grants import NewPass, Target, Term, year_from
from lms.grants.request_and_sale_form_choices import read_target
from lms.mail.links import MailContext
from lms.models.grants import Grant, OfferKind, Scope
from lms.models.organizations import MANAGING, Membership, Organization, Role
from lms.models.sales import DeliveredThrough, Sale, Terms
from lms.organizations import organizations
from lms.organizations.organizations import NewOrganization, OrganizationFacts
from lms.pricing.price_list import HIGHEST_MINOR, MOST_SEATS
from lms.requests import requests
from lms.sales import mails, uninvited_buyers
from lms.sales.read_models import SaleFacts, find_sale, grants_of_sale
from lms.seats import pools
from lms.seats.pools import NewPoolGrant, PoolFacts

PAY_WITHIN: Final = timedelta(days=30)
PAID_AT_ONCE: Final = (Terms.CARD, Terms.COMPLIMENTARY, Terms.HISTORY)
OF_A_LOGIN: Final = (OfferKind.GROUP_SHOWING, OfferKind.PASS)
OF_A_POOL: Final = (OfferKind.GROUP_SEATS, OfferKind.INSTITUTIONAL, OfferKind.CONTRACT)
DATED: Final = (OfferKind.PASS, OfferKind.CONTRACT)
UNLIMITED: Final = (OfferKind.INSTITUTIONAL, OfferKind.CONTRACT)
LONGEST_REFERENCE: Final = 80


@dataclass(frozen=True, slots=True)
class NewSale:
    """What is sold: to a person, or to an organization whose contact `email` and `name` are.

    `organization` is the slug of one that is there, `organization_name` makes one. `covers` is
    `webinar:<slug>`, `series:<slug>`, `presenter:<slug>` or `everything`. `quantity` None is
    unlimited. `starts_at` None is now, or the end of the pass or contract that is renewed (A5);
    `ends_at` None is a year for passes and contracts. `is_held` keeps access closed until it is paid (P9).
    `sale_id` is the sale's outside id to be: selling it twice is refused. `answers` is the request
    that it answers.
    """

    kind: OfferKind
    covers: str
    email: str
    name: str
    price_minor: int
    currency: str
    terms: Terms
    organization: str = ""
    organization_name: str = ""
    quantity: int | None = 1
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    due_at: datetime | None = None
    is_held: bool = False
    reference: str = ""
    delivered_through: DeliveredThrough = DeliveredThrough.HERE
    tax_exemption: str = ""
    tax_exempt_until: datetime | None = None
    note: str = ""
    sale_id: str = ""
    answers: str | None = None


@dataclass(frozen=True, slots=True)
class _Buyer:
    """Who bought: a person, or an organization with a person who is its contact."""

    contact: Account
    organization: OrganizationFacts | None


def sell(
    session: Session, new: NewSale, *, mail_context: MailContext, actor: str | None, now: datetime
) -> SaleFacts:
    """Record a sale and give its access in the same transaction; who bought it is told by letter.

    Access opens at once unless staff hold it (P9). A buyer without a login is made one, and sent
    the link for choosing a password; an organization's contact may manage it. What came from the
    past (HISTORY) is told to nobody. Raises Invalid, with faults by field, NotFound, and Conflict
    for a sale that was made already.
    """
    target = _checked(session, new)
    sale_id = new.sale_id or new_public_id()
    if session.scalar(select(Sale.id).where(Sale.public_id == sale_id)) is not None:
        raise Conflict(N_("This sale has been made already."))
    buyer = _buyer(session, new, mail_context=mail_context, actor=actor, now=now)
    row = _row(new, buyer, sale_id, now)
    session.add(row)
    session.flush()
    audit.record(session, "sale.made", row.public_id, actor=actor, now=now)
    renewed = None
    if _is_of_a_pool(new, buyer):
        renewed = _fill_pool(
            session, new, row, target, mail_context=mail_context, actor=actor, now=now
        )
    else:
        _let_in(session, new, row, target, buyer, mail_context=mail_context, actor=actor, now=now)
    if new.answers is not None:
        requests.finish_with_sale(session, new.answers, sale_id=row.id, actor=actor, now=now)
    facts = find_sale(session, row.public_id)
    if new.terms is Terms.HISTORY:
        uninvited_buyers.note(session, buyer.contact.id, now=now)
    else:
        _tell(session, facts, renewed, mail_context=mail_context, now=now)
    return facts


def checked(new: NewSale, target: Target | None) -> Target:
    """Return what a sale covers, unless it has faults: then raises Invalid, with them by field."""
    faults = _faults(new)
    if target is None:
        faults["covers"] = N_("Choose what it covers.")
    elif (target.scope is Scope.WEBINAR) is (new.kind in DATED):
        faults["covers"] = (
            N_("A pass or contract covers everything, a series or a presenter.")
            if new.kind in DATED
            else N_("Say which webinar is sold.")
        )
    if faults or target is None:
        raise Invalid(N_("The sale has faults."), fields=faults)
    return target


def send_letter_again(
    session: Session, sale_id: str, *, mail_context: MailContext, actor: str | None, now: datetime
) -> SaleFacts:
    """Send the letter of a sale once more: what was bought, or that a contract is renewed.

    Raises NotFound.
    """
    facts = find_sale(session, sale_id)
    _tell(
        session,
        facts,
        _renewed_by(session, facts),
        mail_context=mail_context,
        now=now,
        is_again=True,
    )
    audit.record(session, "sale.letter_sent", sale_id, actor=actor, now=now)
    return facts


def contact_name(new: NewSale) -> str:
    """Return what the login is called that is made for a buyer."""
    return new.name.strip() or read_address(new.email).shown.rpartition("@")[0]


def last_moment(day: date, zone: ZoneInfo) -> datetime:
    """Return the end of a day in `zone`, which is the next midnight there."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)


def _tell(
    session: Session,
    facts: SaleFacts,
    renewed: tuple[PoolFacts, Term] | None,
    *,
    mail_context: MailContext,
    now: datetime,
    is_again: bool = False,
) -> None:
    if renewed is None:
        mails.send_bought(session, facts, links=mail_context.links, zone=mail_context.zone, now=now)
        return
    post = Post(mail_context.links, _zone_of(session, renewed[0].organization_id, mail_context))
    mails.send_renewed(session, facts, renewed, post=post, now=now, is_again=is_again)


def _renewed_by(session: Session, facts: SaleFacts) -> tuple[PoolFacts, Term] | None:
    """Return the contract that a sale renewed, and how: its term begins where others had ended."""
    for line in grants_of_sale(session, facts.id):
        if line.pool_id is None or line.kind is not OfferKind.CONTRACT:
            continue
        ends = session.scalars(
            select(Grant.ends_at).where(Grant.pool_id == line.pool_id, Grant.id < line.id)
        ).all()
        if ends and all(end is not None and end <= line.starts_at for end in ends):
            return pools.read_pool(session, line.pool_id), Term(line.starts_at, line.ends_at)
    return None


def _checked(session: Session, new: NewSale) -> Target:
    try:
        return checked(new, read_target(session, new.covers))
    except NotFound:
        return checked(new, None)


def _faults(new: NewSale) -> dict[str, str]:
    faults = {**_quantity_faults(new), **_price_faults(new)}
    if new.kind in OF_A_POOL and not _is_to_organization(new):
        faults["organization"] = N_("This is sold to an organization: say which.")
    if len(new.reference) > LONGEST_REFERENCE:
        faults["reference"] = N_("Use at most 80 characters.")
    if new.ends_at is not None and new.starts_at is not None and new.ends_at <= new.starts_at:
        faults["ends_at"] = N_("It ends before it starts.")
    try:
        read_address(new.email)
    except Invalid as error:
        faults |= error.fields
    return faults


def _quantity_faults(new: NewSale) -> dict[str, str]:
    is_one = new.quantity == 1
    if not is_one and (new.kind in OF_A_LOGIN or not _is_to_organization(new)):
        return {"quantity": N_("A log-in is sold one. For more, sell seats to an organization.")}
    if new.quantity is None and new.kind not in UNLIMITED:
        return {"quantity": N_("Say how many.")}
    if new.quantity is not None and not 1 <= new.quantity <= MOST_SEATS:
        return {"quantity": N_("Give a number between 1 and 10,000.")}
    return {}


def _price_faults(new: NewSale) -> dict[str, str]:
    if not 0 <= new.price_minor <= HIGHEST_MINOR:
        return {"price": N_("A price is between 0 and 1,000,000.")}
    if new.terms is Terms.COMPLIMENTARY and new.price_minor:
        return {"price": N_("What is given away costs nothing.")}
    return {}


def _is_to_organization(new: NewSale) -> bool:
    return bool(new.organization or new.organization_name.strip())


def _buyer(
    session: Session, new: NewSale, *, mail_context: MailContext, actor: str | None, now: datetime
) -> _Buyer:
    contact = _account(session, new, mail_context=mail_context, actor=actor, now=now)
    if not _is_to_organization(new):
        return _Buyer(contact, None)
    if new.organization:
        organization = organizations.find_organization(session, new.organization)
    else:
        name = new.organization_name
        slug = slugs.choose(session, Organization.slug, wanted="", name=name)
        made = NewOrganization(slug, name)
        organization = organizations.add_organization(session, made, actor=actor, now=now)
    _let_manage(session, organization, contact, actor=actor, now=now)
    return _Buyer(contact, organization)


def _account(
    session: Session, new: NewSale, *, mail_context: MailContext, actor: str | None, now: datetime
) -> Account:
    address = read_address(new.email)
    try:
        found = accounts.find_by_email(session, address.shown)
    except NotFound:
        pass
    else:
        if found.is_confirmed:
            return found
    made = accounts.add_login(session, NewLogin(address, contact_name(new)), actor=actor, now=now)
    if new.terms is not Terms.HISTORY:
        accounts.invite_to_set_password(session, made, links=mail_context.links, now=now)
    return made


def _let_manage(
    session: Session,
    organization: OrganizationFacts,
    contact: Account,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Let the contact manage the organization; the first one owns it."""
    roles = {
        row.login_id: row.role
        for row in session.execute(
            select(Membership.login_id, Membership.role).where(
                Membership.organization_id == organization.id
            )
        )
    }
    held, is_owned = roles.get(contact.id, Role.MEMBER), Role.OWNER in roles.values()
    if held in MANAGING or (is_owned and held is not Role.MEMBER):  # billing stays billing
        return
    role = Role.MANAGER if is_owned else Role.OWNER
    organizations.add_member(session, organization, contact.id, role=role, actor=actor, now=now)


def _row(new: NewSale, buyer: _Buyer, sale_id: str, now: datetime) -> Sale:
    is_paid = new.terms in PAID_AT_ONCE and not new.is_held
    return Sale(
        public_id=sale_id,
        login_id=None if buyer.organization else buyer.contact.id,
        organization_id=buyer.organization.id if buyer.organization else None,
        contact_id=buyer.contact.id,
        kind=new.kind,
        quantity=new.quantity,
        price_minor=new.price_minor,
        currency=new.currency,
        terms=new.terms,
        reference=" ".join(new.reference.split()),
        delivered_through=new.delivered_through,
        tax_exemption=" ".join(new.tax_exemption.split())[:LONGEST_REFERENCE],
        tax_exempt_until=new.tax_exempt_until,
        sold_at=now,
        due_at=None if is_paid else new.due_at or now + PAY_WITHIN,
        paid_at=now if is_paid else None,
        note=new.note.strip(),
    )


def _is_of_a_pool(new: NewSale, buyer: _Buyer) -> bool:
    return buyer.organization is not None and new.kind not in OF_A_LOGIN


def _fill_pool(  # noqa: PLR0913  (the sale, what it brings, and who does it when)
    session: Session,
    new: NewSale,
    row: Sale,
    target: Target,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> tuple[PoolFacts, Term] | None:
    """Add what was sold to the organization's pool; returns a contract that it renews, and how."""
    assert row.organization_id is not None  # noqa: S101  (a pool is an organization's)
    zone = _zone_of(session, row.organization_id, mail_context)
    kept = None
    if new.kind is OfferKind.CONTRACT and new.starts_at is None:
        kept = renewals.contract_of(session, row.organization_id, target)
    if kept is not None:
        term = _term(new, renewals.next_start(session, kept.id, now=now), zone)
        assert term.ends_at is not None  # noqa: S101  (a contract ends)
        renewal = Renewal(new.quantity, term.ends_at, row.id, new.is_held)
        done = renewals.renew(session, kept.id, renewal, actor=actor, now=now)
        return done.pool, Term(done.starts_at, done.ends_at)
    seats = NewPoolGrant(
        organization_id=row.organization_id,
        target=target,
        seats=None if new.kind is OfferKind.INSTITUTIONAL else new.quantity,
        term=_term(new, new.starts_at or now, zone),
        kind=new.kind,
        sale_id=row.id,
        awaits_payment=new.is_held,
    )
    pools.sell_seats(session, seats, actor=actor, now=now)
    return None


def _zone_of(session: Session, organization_id: int, mail_context: MailContext) -> ZoneInfo:
    own = session.scalar(select(Organization.zone).where(Organization.id == organization_id))
    return ZoneInfo(own) if own else mail_context.zone


def _let_in(  # noqa: PLR0913  (the sale, what it brings, and who does it when)
    session: Session,
    new: NewSale,
    row: Sale,
    target: Target,
    buyer: _Buyer,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> None:
    login_id = buyer.contact.id
    if new.kind is OfferKind.PASS and new.ends_at is None:
        bought = NewPass(login_id, target, new.starts_at)
        line = grants.add_pass(session, bought, zone=mail_context.zone, actor=actor, now=now)
    else:
        term = Term(new.starts_at or now, new.ends_at if new.kind in DATED else None)
        line = grants.grant(
            session, login_id=login_id, target=target, term=term, actor=actor, now=now
        )
    line.kind, line.sale_id = new.kind, row.id
    line.awaits_payment_since = now if new.is_held else None
    session.flush()


def _term(new: NewSale, starts_at: datetime, zone: ZoneInfo) -> Term:
    if new.kind not in DATED:
        return Term(starts_at)
    return Term(starts_at, new.ends_at) if new.ends_at else year_from(starts_at, zone)
