"""carrel quote: write quotes, and accept them."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from lms.cli.command_context import Console, acting
from lms.cli.option_values import Money, read_day, read_money
from lms.cli.orders import order_answer
from lms.cli.output import answer, json_option
from lms.cli.questions import anyway_option, ask_if_known, ask_if_number_is_used
from lms.core.dates_and_time_zones import end_of_day
from lms.core.errors import N_, or_not_found
from lms.documents.lookup import order_named
from lms.mail.links import mail_context_of
from lms.models.documents import Document
from lms.models.grants import OfferKind
from lms.models.orders import LineAct, Terms
from lms.organizations.organizations import find_organization
from lms.pricing.offers import DATED, SEATS
from lms.pricing.price_list import currency_of, say_money
from lms.sales import invoices, orders, quotes
from lms.sales.new_orders import NewLine, NewOrder
from lms.sales.quotes import Acceptance
from lms.sales.read_models import OrderFacts, find_order_facts

LINE_PARTS = 4
NO_QUOTE = N_("No quote was issued for this order.")


@click.group("quote")
def quote() -> None:
    """Issue and accept quotes."""


@quote.command("add")
@click.option("--email", required=True, help="Contact's email address.")
@click.option("--name", default="", help="Contact's name.")
@click.option("--organization", default="", metavar="SLUG", help="Buying organization.")
@click.option(
    "--organization-name", default="", help="Name of a new organization, created on acceptance."
)
@click.option(
    "--line",
    "lines",
    multiple=True,
    required=True,
    metavar="KIND,COVERS,QUANTITY,PRICE[,act=ACT][,from=DAY][,until=DAY]",
    help="Such as group_seats,webinar:reading-rooms,5,325.00 or contract,everything,12,3180.00,"
    "act=renewal,from=2026-07-01,until=2027-06-30. An empty quantity is unlimited; ACT is new,"
    " renewal, or more_seats; a pass or contract has days.",
)
@click.option("--expires", metavar="DAY", help="Last day; default: 60 days from now.")
@click.option("--no-email", is_flag=True, help="Don't email it.")
@anyway_option("Issue it even if the new organization may be a duplicate.")
@json_option
@click.pass_obj
def add(
    console: Console,
    *,
    email: str,
    name: str,
    organization: str,
    organization_name: str,
    lines: tuple[str, ...],
    expires: str | None,
    no_email: bool,
    anyway: bool,
) -> None:
    """Issue a quote with any lines, prices, and dates."""
    with console.carrel.database.transaction() as session:
        if organization_name and not anyway:
            ask_if_known(session, organization_name, email)
        currency, zone = currency_of(session), _zone_of(session, organization, console)
        new = NewOrder(
            lines=tuple(read_line(one, currency, zone) for one in lines),
            email=email,
            name=name,
            terms=Terms.INVOICE,
            currency=currency,
            organization=organization,
            organization_name=organization_name,
        )
        order = orders.draft(session, new, **acting())
        invoices.check_payee(session, order)
        made = quotes.issue_quote(
            session,
            order,
            expires_on=read_day(expires),
            mail_context=mail_context_of(console.settings),
            **acting(),
            is_mailed=not no_email,
        )
        document = session.get_one(Document, made.document_id)
    answer(
        {
            "order": order.public_id,
            "number": document.label,
            "version": made.version,
            "total": Money(document.total_minor, document.currency),
            "expires_at": made.expires_at,
        },
        f"Quote {document.label} is issued.",
    )


@quote.command("accept")
@click.argument("number", metavar="QUOTE")
@click.option("--name", required=True, help="Name of the person who accepts it.")
@click.option("--po", default="", help="Purchase order number.")
@click.option("--po-amount", help="Purchase order amount, if stated.")
@click.option(
    "--received", metavar="DAY", help="Date the purchase order was received; locks the price."
)
@click.option("--bill-on", metavar="DAY", help="Date to issue the invoice.")
@click.option("--hold", is_flag=True, help="Hold access until it's paid or released.")
@anyway_option("Allow a PO number that another order of the organization has.")
@json_option
@click.pass_obj
def accept(
    console: Console,
    *,
    number: str,
    name: str,
    po: str,
    po_amount: str | None,
    received: str | None,
    bill_on: str | None,
    hold: bool,
    anyway: bool,
) -> None:
    """Accept the newest version of a quote, which places its order."""
    with console.carrel.database.transaction() as session:
        named = order_named(session, number)
        version = or_not_found(quotes.version_named(session, named.id, number), NO_QUOTE)
        if not anyway:
            ask_if_number_is_used(session, named, po)
        how = Acceptance(
            name=name,
            po_number=po,
            po_amount_minor=read_money(po_amount, named.currency) if po_amount else None,
            received_on=read_day(received),
            bill_on=read_day(bill_on),
            is_held=hold,
        )
        quotes.accept(
            session, version, how, mail_context=mail_context_of(console.settings), **acting()
        )
        invoices.check_payee(session, named)
        facts = find_order_facts(session, named.public_id)
    answer(order_answer(facts), f"Order {facts.number} is placed.")
    if how.po_amount_minor not in {None, facts.total_minor}:
        click.echo(_differs(facts, how), err=True)


def _differs(facts: OrderFacts, how: Acceptance) -> str:
    amount = say_money(how.po_amount_minor or 0, facts.currency)
    return (
        f"PO {facts.po_number} is for {amount}, but the order is for"
        f" {say_money(facts.total_minor, facts.currency)}. Correct the order to match it."
    )


def _zone_of(session: Session, slug: str, console: Console) -> ZoneInfo:
    """Return the time zone in which a customer's days begin and end."""
    own = find_organization(session, slug).zone if slug else None
    return ZoneInfo(own or console.settings.time_zone)


def read_line(text: str, currency: str, zone: ZoneInfo) -> NewLine:
    """Return a line such as `group_seats,webinar:reading-rooms,5,325.00`; raises BadParameter.

    It can end with `act=renewal`, `from=2026-07-01` and `until=2027-06-30`.
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) < LINE_PARTS or parts[0] not in set(OfferKind):
        raise click.BadParameter(f"{text!r} is not KIND,COVERS,QUANTITY,PRICE")
    kind, quantity = OfferKind(parts[0]), parts[2]
    if quantity and not quantity.isdecimal():
        raise click.BadParameter(f"{quantity!r} is not a number of seats")
    extras = dict(part.partition("=")[::2] for part in parts[LINE_PARTS:])
    if len(extras) != len(parts) - LINE_PARTS or not extras.keys() <= {"act", "from", "until"}:
        raise click.BadParameter(f"{text!r} may end with act=, from=, and until=, each once")
    first, last = read_day(extras.get("from")), read_day(extras.get("until"))
    if (first or last) and kind not in DATED:
        raise click.BadParameter(f"{text!r}: only a pass or a contract has days")
    return NewLine(
        kind=kind,
        covers=parts[1],
        quantity=int(quantity) if quantity else None,
        price_minor=read_money(parts[3], currency),
        act=_read_act(extras.get("act", LineAct.NEW), kind),
        starts_at=datetime.combine(first, time(), tzinfo=zone) if first else None,
        ends_at=end_of_day(last, zone, field="until") if last else None,
    )


def _read_act(text: str, kind: OfferKind) -> LineAct:
    if text not in set(LineAct):
        raise click.BadParameter(f"{text!r} is not new, renewal, or more_seats")
    act = LineAct(text)
    if act is LineAct.RENEWAL and kind is not OfferKind.CONTRACT:
        raise click.BadParameter("Only contracts are renewed")
    if act is LineAct.MORE_SEATS and kind not in (*SEATS, OfferKind.CONTRACT):
        raise click.BadParameter("Only seats can be added to what they have")
    return act
