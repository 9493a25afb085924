"""Installs the demo with the same domain functions that our team's pages use.

It is one transaction, and the branding row marks that it was done: starting again, even after changes
and deletions, changes nothing. An installation in use is left alone.
"""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.accounts.accounts import Account, NewLogin, add_login, find_by_email
from lms.branding import BrandingTexts, change_logo, edit_branding
from lms.catalog.presenters import PresenterWords, add_presenter, change_picture
from lms.catalog.series import SeriesWords, add_series
from lms.catalog.webinar_details_validation import WebinarWords
from lms.catalog.webinars import add_webinar, publish_webinar, withdraw_webinar
from lms.core.email_addresses import read_address
from lms.core.errors import NotFound
from lms.core.model_base import copied
from lms.core.runtime import Carrel
from lms.demo.all_series import CAST, HOUSE, ORGANIZATIONS, PRICES, SELLER, SERIES, WEBINARS
from lms.demo.data_types import (
    ZONE,
    ActText,
    Ago,
    CastText,
    LineText,
    OrderText,
    OrganizationText,
    PersonText,
    WebinarText,
    held_at,
)
from lms.demo.order_acts import write_orders
from lms.demo.orders_of_a_year import ACTS, one_webinar
from lms.demo.seats_and_requests import write_seats_and_requests
from lms.demo.seller import write_policies, write_sales_texts
from lms.demo.stored_files_and_password_hashes import Stored, StoredRecording, make_ready
from lms.demo.summary import DemoReport, read_report
from lms.demo.training_assignments import write_training
from lms.demo.watch_history import write_watching
from lms.documents.payment_links import payment_links
from lms.handouts import handouts
from lms.mail.links import Links, MailContext
from lms.models.branding import Branding
from lms.models.catalog import Presenter, Series, Webinar
from lms.models.grants import OfferKind
from lms.models.orders import Terms
from lms.organizations.billing_details import BillingContact, BillingTerms, edit_billing
from lms.organizations.organizations import (
    NewOrganization,
    add_member,
    add_organization,
    find_organization,
)
from lms.pricing.price_list import Price, set_prices
from lms.recordings import captions, recordings
from lms.seller.settings import edit_seller

CURRENCY: Final = "USD"
JOINED_AGO: Final = timedelta(days=450)  # the cast
BOUGHT_AGO: Final = Ago(20)  # single webinars
PASS: Final = LineText(OfferKind.PASS, "everything", 49900)
# when an announcement is written, before the webinar is held
WRITTEN_AHEAD: Final = timedelta(days=56)


def install_demo(carrel: Carrel, *, now: datetime) -> DemoReport:
    """Install the demo in an installation without branding, and report what exists.

    The worker encodes its recordings. Rows that already have a demo address or slug are left unchanged.
    """
    with carrel.database.read_session() as session:
        is_taken = _has_house(session)
    if not is_taken:
        stored = make_ready(carrel)
        with carrel.database.transaction() as session:
            # another process may have installed it first
            is_taken = _has_house(session)
            if not is_taken:
                _write(session, stored, now=now)
                mail_context = MailContext(Links(carrel.settings.base_url), ZoneInfo(ZONE))
                acts = (*ACTS, *_orders_of_cast())
                write_orders(
                    session,
                    acts,
                    mail_context=mail_context,
                    pay=payment_links(carrel.settings),
                    now=now,
                )
                write_seats_and_requests(session, mail_context=mail_context, now=now)
                write_training(session, now=now)
                write_watching(session, now=now)
    return read_report(carrel, is_new=not is_taken)


def _has_house(session: Session) -> bool:
    return session.scalar(select(Branding.id)) is not None


def _write(session: Session, stored: Stored, *, now: datetime) -> None:
    _write_house(session, stored, now=now)
    began = now - JOINED_AGO
    for series in SERIES:
        if _is_free(session, Series, series.slug):
            words = SeriesWords(series.title, series.description, series.slug)
            add_series(session, words, actor=None, now=began)
    _write_presenters(session, stored, now=began)
    free = [webinar for webinar in WEBINARS if _is_free(session, Webinar, webinar.slug)]
    for webinar in free:
        _write_webinar(session, webinar, now=now)
    for recording in stored.recordings:
        if recording.webinar in free:
            _write_recording(session, recording, now=now)
    for organization in ORGANIZATIONS:
        _write_organization(session, organization, now=began)
    for login in stored.logins:
        _write_person(session, login.person, login.password_hash, now=now)


def _write_house(session: Session, stored: Stored, *, now: datetime) -> None:
    words = copied(BrandingTexts, HOUSE, sender_name=HOUSE.name)
    edit_branding(session, words, actor=None, now=now)
    change_logo(session, stored.logo, actor=None, now=now)
    prices = [
        Price(OfferKind(price.kind), price.minimum, price.cents, CURRENCY) for price in PRICES
    ]
    began = now - JOINED_AGO
    set_prices(session, prices, actor=None, now=began)
    edit_seller(session, SELLER, actor=None, now=began)
    write_policies(session, now=began)
    write_sales_texts(session, now=began)


def _write_presenters(session: Session, stored: Stored, *, now: datetime) -> None:
    for picture in stored.pictures:
        text = picture.presenter
        if _is_free(session, Presenter, text.slug):
            words = PresenterWords(text.name, text.biography, text.slug)
            kept = add_presenter(session, words, actor=None, now=now)
            change_picture(session, kept.public_id, picture.key, actor=None, now=now)


def _write_webinar(session: Session, text: WebinarText, *, now: datetime) -> None:
    held = held_at(text.held, now=now)
    is_to_come = held > now
    words = WebinarWords(
        title=text.title,
        held_at=held,
        zone=ZONE,
        minutes=text.minutes,
        slug=text.slug,
        summary=text.summary,
        overview=text.overview,
        agenda="\n".join(text.agenda),
        live_link=f"https://live.example.org/{text.slug}" if is_to_come else "",
        free=text.free,
        presenters=text.presenters,
        series=text.series,
    )
    written = min(now, held - WRITTEN_AHEAD)
    add_webinar(session, words, actor=None, now=written)
    if not text.draft:
        publish_webinar(session, text.slug, actor=None, now=written)
    if text.withdrawn:
        withdraw_webinar(session, text.slug, actor=None, now=now)


def _write_recording(session: Session, stored: StoredRecording, *, now: datetime) -> None:
    slug = stored.webinar.slug
    recordings.attach(session, slug=slug, original=stored.original, actor=None, now=now)
    captions.attach(session, stored.captions, actor=None, now=now)
    handouts.attach(session, slug=slug, kept=stored.slides, actor=None, now=now)


def _write_organization(session: Session, text: OrganizationText, *, now: datetime) -> None:
    try:
        find_organization(session, text.slug)
    except NotFound:
        new = NewOrganization(text.slug, text.name, text.parent)
        made = add_organization(session, new, actor=None, now=now)
        edit_billing(
            session,
            made.id,
            BillingContact(text.address, (text.ap_email,), po_required=text.needs_po),
            BillingTerms(
                text.name,
                text.address,
                text.vendor_number,
                text.net_days,
                text.fiscal_year_start,
            ),
            actor=None,
            now=now,
        )


def _write_person(session: Session, person: CastText, password_hash: str, *, now: datetime) -> None:
    account = _account(session, person, password_hash, now=now - JOINED_AGO)
    if person.organization:
        organization = find_organization(session, person.organization)
        add_member(
            session,
            organization,
            account.id,
            role=person.organization_role,
            actor=None,
            now=now - JOINED_AGO,
        )


def _orders_of_cast() -> tuple[ActText, ...]:
    """Return the cast's purchases by card: webinars permanently, and passes."""
    found = []
    for person in CAST:
        contact = PersonText(person.email, person.name)
        if person.keeps:
            lines = tuple(one_webinar(slug) for slug in person.keeps)
            found.append(OrderText(person.email, BOUGHT_AGO, contact, lines, Terms.CARD))
        if person.all_access:
            bought, line = Ago(person.all_access.bought_days_ago), (PASS,)
            found.append(OrderText(person.email, bought, contact, line, Terms.CARD))
    return tuple(found)


def _account(session: Session, person: CastText, password_hash: str, *, now: datetime) -> Account:
    try:
        return find_by_email(session, person.email)
    except NotFound:
        new = NewLogin(
            address=read_address(person.email),
            name=person.name,
            seller_role=person.seller_role,
            zone=ZONE,
            password_hash=password_hash,
        )
        return add_login(session, new, actor=None, now=now)


def _is_free(session: Session, table: type[Presenter | Series | Webinar], slug: str) -> bool:
    return session.scalar(select(table.id).where(table.slug == slug)) is None
