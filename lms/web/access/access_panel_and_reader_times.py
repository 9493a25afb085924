"""The access panel: an access decision and its next step in words; times in the reader's zone."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _

from lms.access.explanations import (
    STEP_LABELS,
    Sentence,
    Step,
    asked_place,
    explain,
    is_managed,
    last_day,
)
from lms.access.order_payers import Payable, seat_giver, unpaid_order
from lms.access.policy import UNPAID, Admitted, Code, Decision, GrantFacts, WebinarFacts
from lms.catalog.replacement_webinars import Instead, read_instead, was_held
from lms.core.dates_and_time_zones import (
    read_zone,
    say_datetime,
    say_for_reader,
    say_last_date,
    say_long_date,
    say_time,
    say_time_and_zone,
)
from lms.models.catalog import InsteadKind
from lms.models.requests import RequestKind
from lms.organizations.organizations import find_manager
from lms.web.core.current_user import viewer
from lms.web.core.private_page_headers_and_mail_links import mail_context
from lms.web.core.request_context import carrel, read_session


@dataclass(frozen=True, slots=True)
class Panel:
    """What the access panel (templates/_parts/access_panel.html) shows."""

    sentence: str
    since: str | None
    until: str | None
    action_label: str | None
    action_url: str | None
    weighed: tuple[tuple[str, str], ...]
    action_kind: str = "primary"
    disabled: bool = False
    note: str | None = None
    more: str | None = None
    posts: bool = False  # the action is a POST, not a link
    second: tuple[str, str] | None = None  # another action: its label and URL
    buys: bool = False  # the next step is to buy, so the buy box has the action
    code: Code | None = None  # of the decision, where the panel explains one


def reading_zone() -> ZoneInfo:
    """Return the zone in which this person reads times: their own, else the site's."""
    person = viewer()
    name = person.zone if person is not None else None
    return ZoneInfo(name or carrel().settings.time_zone)


def known_zone() -> ZoneInfo | None:
    """Return the zone that this person chose; None if the page's script must detect it."""
    person = viewer()
    return read_zone(person.zone) if person is not None and person.zone else None


def due_day(ends_at: datetime | None) -> str:
    """Return the last day to pay an invoice or accept a quote, as the document prints it; "" for none.

    It is the seller's day: in a time zone to the east, it ends on the next date.
    """
    return "" if ends_at is None else say_last_date(ends_at, mail_context().zone)


def said_datetime(at: datetime, zone_name: str) -> str:
    """Return a time in a webinar's zone and, if known and different, also in the reader's."""
    zone, reader = read_zone(zone_name), known_zone()
    here = say_datetime(at, zone)
    yours = say_for_reader(at, zone, reader) if reader else ""
    return _("%(here)s (%(yours)s your time)", here=here, yours=yours) if yours else here


def said_time(at: datetime) -> str:
    """Return a time of day in the reader's zone, or in the site's with its name: `2:10 PM ET`."""
    zone = known_zone()
    if zone is not None:
        return say_time(at, zone)
    return say_time_and_zone(at, reading_zone())


def said(sentence: Sentence) -> str:
    """Return a sentence in the reader's language."""
    return _(sentence.message, **sentence.values) if sentence.values else _(sentence.message)


def panel_of(decision: Decision, webinar: WebinarFacts, *, slug: str) -> Panel:
    """Return the access panel for a decision about a webinar: the words and the next step."""
    zone = reading_zone()
    manager, payer = _asked(decision)
    payable = _payable(decision)
    told = explain(
        decision, webinar, zone=zone, manager=manager, payer=payer, may_pay=payable is not None
    )
    if decision.code is Code.WEBINAR_PULLED:
        return _pulled(decision, webinar, slug)
    grant = decision.grant
    since = say_long_date(_since(grant), zone) if grant and isinstance(decision, Admitted) else None
    until = None
    if isinstance(decision, Admitted) and decision.ends_at is not None:
        until = last_day(decision.ends_at, zone)
    takes = told.step is Step.CLAIM and is_managed(grant)
    label = (
        _("Assign yourself a seat") if takes else _(STEP_LABELS[told.step], manager=manager or "")
    )
    return Panel(
        sentence=said(told.sentence),
        since=since,
        until=until,
        action_label=None if told.step is Step.WAIT else label,
        action_url=_payment_url(payable)
        if payable and told.step is Step.PAY
        else step_url(told.step, slug, decision),
        posts=takes,
        weighed=tuple((said(what), said(answer)) for what, answer in told.weighed),
        buys=told.step is Step.BUY,
        code=decision.code,
    )


def _pulled(decision: Decision, webinar: WebinarFacts, slug: str) -> Panel:
    """Return the panel of a removed webinar: what people with access get instead, with a link (W2)."""
    with read_session() as session:
        found = read_instead(session, webinar.id)
    more, label = instead_words(found), _(STEP_LABELS[Step.CONTACT])
    url, takes = step_url(Step.CONTACT, slug, decision), False
    if found is not None and found.kind is InsteadKind.REFUND:
        label = _("Request a refund")
    elif found is not None and found.is_there:
        takes = was_held(decision)
        label = _("Get this webinar instead") if takes else _("View")
        there = ("instead.take", slug) if takes else ("catalog.webinar", found.slug)
        url = url_for(there[0], slug=there[1])
        if takes and not found.said:
            more = _(
                "You had access, so you can have “%(title)s” instead at no charge.",
                title=found.title,
            )
    told = explain(decision, webinar, zone=reading_zone())
    return Panel(
        sentence=said(told.sentence),
        since=None,
        until=None,
        action_label=label,
        action_url=url,
        weighed=tuple((said(what), said(answer)) for what, answer in told.weighed),
        more=more,
        posts=takes,
        code=decision.code,
    )


def instead_words(found: Instead | None) -> str:
    """Return what people with access to a removed webinar get instead."""
    if found is None:
        return _("If you had access, we'll email you about what you can have instead.")
    if found.said:
        return found.said
    if found.kind is InsteadKind.REFUND:
        return _("If you paid for it, you can get a refund.")
    return _("If you had access, you can have “%(title)s” instead at no charge.", title=found.title)


def sentence_of(decision: Decision, webinar: WebinarFacts) -> str:
    """Return a decision in one sentence."""
    return said(explain(decision, webinar, zone=reading_zone()).sentence)


def step_url(step: Step, slug: str, decision: Decision) -> str | None:
    """Return the URL of a next step; None if the person can only wait, or pays an order.

    Purchases start on the webinar's page. Requests to our team use one form, which gets the code of the
    refusal.
    """
    match step:
        case Step.WATCH:
            return url_for("watch.watch", slug=slug)
        case Step.WAIT | Step.PAY:
            return None
        case Step.CLAIM | Step.JOIN | Step.ASK:
            return _seat_url(step, slug, decision)
        case Step.BUY | Step.RENEW:
            return url_for("catalog.webinar", slug=slug, _anchor="buy")
        case Step.CONTACT:
            kind = RequestKind.TROUBLE.value
            return url_for("ask.ask", kind=kind, webinar=slug, refusal=decision.code.value)


def _seat_url(step: Step, slug: str, decision: Decision) -> str | None:
    place = decision.grant.place if decision.grant else None
    if place is None:
        return None
    if step is Step.CLAIM and is_managed(decision.grant):
        return url_for("own_seats.claim", pool=place.pool)
    if step is Step.ASK:
        return url_for("own_seats.ask", pool=place.pool, webinar=slug)
    here = url_for("catalog.webinar", slug=slug)
    return url_for("own_seats.show", pool=place.pool, next=here)


def _asked(decision: Decision) -> tuple[str | None, str | None]:
    """Return the person to ask, if that is the next step, and the organization that allotted the seats."""
    place, person = asked_place(decision), viewer()
    if place is None:
        return None, None
    with read_session() as session:
        login_id = person.login_id if person else None
        giver = seat_giver(session, place, login_id)
        asked = giver.id if giver and giver.is_asked else place.organization_id
        manager = find_manager(session, asked, other_than=login_id)
        return manager, giver.name if giver else None


def _payable(decision: Decision) -> Payable | None:
    """Return the unpaid order that this person can pay."""
    person = viewer()
    if person is None or decision.code not in UNPAID:
        return None
    with read_session() as session:
        return unpaid_order(session, decision, person.login_id)


def _payment_url(payable: Payable) -> str:
    """Return the URL that leads the payer of an order to its payment page."""
    if payable.organization_id is None:
        return url_for("own_orders.pay", order_id=payable.order_id)
    return url_for(
        "organization_orders.pay",
        organization_id=payable.organization_id,
        order_id=payable.order_id,
    )


def _since(grant: GrantFacts) -> datetime:
    """Return when this person's access began; access through a seat begins when it is claimed."""
    claimed_at = grant.place.claimed_at if grant.place else None
    return max(grant.starts_at, claimed_at or grant.starts_at)
