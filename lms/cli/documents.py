"""carrel document and carrel quote: issue, accept, reissue, resend, and void."""

from dataclasses import dataclass, replace
from datetime import datetime

import click

from lms.cli.command_context import Console
from lms.cli.option_values import Money, mail_context_of, read_day, read_money
from lms.cli.orders import OrderAnswer, order_answer
from lms.cli.output import answer, json_option
from lms.core import clock
from lms.core.errors import N_, Conflict, NotFound
from lms.documents import mails as document_mails
from lms.documents.lookup import document_named, order_named
from lms.documents.payment_links import payment_links
from lms.documents.stored_pdfs import ensure_pdf
from lms.models.documents import CreditReason, Document, DocumentKind
from lms.models.grants import OfferKind
from lms.models.orders import Terms
from lms.pricing.price_list import currency_of
from lms.sales import corrections, credit_notes, invoices, orders, quotes, tax_credits
from lms.sales.corrections import Correction
from lms.sales.credit_notes import NewCreditNote
from lms.sales.new_orders import NewLine, NewOrder
from lms.sales.quotes import Acceptance
from lms.sales.read_models import find_order_facts

NOT_INVOICED = N_("This order has no invoice to reissue.")


@dataclass(frozen=True, slots=True)
class IssuedAnswer:
    """A document that was issued."""

    id: str
    kind: DocumentKind
    number: str
    total: Money
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class SentAnswer:
    """A document that was emailed once more."""

    number: str
    to: tuple[str, ...]


@click.group("document")
def document() -> None:
    """Issue, reissue, resend and void quotes and invoices."""


@document.command("issue")
@click.argument("order_number", metavar="ORDER")
@click.option(
    "--kind", type=click.Choice(("invoice", "quote")), default="invoice", show_default=True
)
@click.option("--expires", metavar="DAY", help="Last day of a quote; 60 days from now if left out.")
@click.option("--no-email", is_flag=True, help="Email it to no one.")
@json_option
@click.pass_obj
def issue(
    console: Console,
    *,
    order_number: str,
    kind: str,
    expires: str | None,
    no_email: bool,
    as_json: bool,
) -> None:
    """Issue the invoice of a placed order before its billing day, or a draft's next quote."""
    context, now = mail_context_of(console), clock.now()
    with console.carrel.database.transaction() as session:
        named = order_named(session, order_number)
        order = orders.find_order(session, named.public_id, lock=True)
        if kind == "quote":
            quote = quotes.issue_quote(
                session,
                order,
                expires_on=read_day(expires),
                mail_context=context,
                actor=None,
                now=now,
                is_mailed=not no_email,
            )
            made = session.get_one(Document, quote.document_id)
        else:
            made = invoices.bill_now(
                session,
                order,
                mail_context=context,
                actor=None,
                now=now,
                is_mailed=not no_email,
            )
    _answer(made, as_json=as_json)


@document.command("reissue")
@click.argument("number", metavar="INVOICE")
@click.option("--po", help="The right purchase order number.")
@click.option("--net", type=click.IntRange(0, 180), help="The right terms, in days.")
@click.option("--due", metavar="DAY", help="The right due day.")
@click.option("--no-email", is_flag=True, help="Email it to no one.")
@json_option
@click.pass_obj
def reissue(
    console: Console,
    *,
    number: str,
    po: str | None,
    net: int | None,
    due: str | None,
    no_email: bool,
    as_json: bool,
) -> None:
    """Replace an invoice by a corrected one; what was paid on it pays the new one."""
    context, now = mail_context_of(console), clock.now()
    correction = Correction(po_number=po, net_days=net, due_on=read_day(due))
    with console.carrel.database.transaction() as session:
        named = order_named(session, number)
        order = orders.find_order(session, named.public_id, lock=True)
        made = corrections.correct(
            session,
            order,
            replace(correction, is_mailed=not no_email),
            mail_context=context,
            actor=None,
            now=now,
        )
        if made is None:
            raise Conflict(NOT_INVOICED)
    _answer(made, as_json=as_json)


@document.command("resend")
@click.argument("number", metavar="DOCUMENT")
@click.option("--to", "to", metavar="EMAIL", help="Another address than the usual ones.")
@json_option
@click.pass_obj
def resend(console: Console, *, number: str, to: str | None, as_json: bool) -> None:
    """Email a document with its PDF once more."""
    carrel = console.carrel
    with carrel.database.read_session() as session:
        public_id = document_named(session, number).public_id
    ensure_pdf(carrel, public_id)
    where = payment_links(carrel.settings)
    with carrel.database.transaction() as session:
        named = document_named(session, public_id)
        readers = (to,) if to else document_mails.recipients(session, named)
        for one in readers:
            document_mails.send_again(session, named, one, where=where, now=clock.now())
    told = ", ".join(readers) or "no one: this customer takes documents in a portal or by mail"
    answer(SentAnswer(named.label, readers), f"{named.label}: {told}.", as_json=as_json)


@document.command("void")
@click.argument("number", metavar="INVOICE")
@click.option("--reason", required=True, help="Printed on the credit note.")
@click.option("--no-email", is_flag=True, help="Email it to no one.")
@json_option
@click.pass_obj
def void(console: Console, *, number: str, reason: str, no_email: bool, as_json: bool) -> None:
    """Void an unpaid invoice by a credit note; access stays as it is."""
    new = NewCreditNote(CreditReason.VOID, explanation=reason, is_mailed=not no_email)
    with console.carrel.database.transaction() as session:
        named = order_named(session, number)
        made = credit_notes.credit(
            session,
            orders.find_order(session, named.public_id, lock=True),
            new,
            mail_context=mail_context_of(console),
            actor=None,
            now=clock.now(),
        )
    _answer(made, as_json=as_json)


@document.command("credit-tax")
@click.argument("number", metavar="INVOICE")
@click.option("--no-email", is_flag=True, help="Email it to no one.")
@json_option
@click.pass_obj
def credit_tax(console: Console, *, number: str, no_email: bool, as_json: bool) -> None:
    """Credit the sales tax of an invoice that a tax paper of its customer covers."""
    with console.carrel.database.transaction() as session:
        named = order_named(session, number)
        made = tax_credits.credit_tax(
            session,
            orders.find_order(session, named.public_id, lock=True),
            mail_context=mail_context_of(console),
            actor=None,
            now=clock.now(),
            is_mailed=not no_email,
        )
    _answer(made, as_json=as_json)


def _answer(made: Document, *, as_json: bool) -> None:
    total = Money(made.total_minor, made.currency)
    answer(
        IssuedAnswer(made.public_id, made.kind, made.label, total, made.due_at),
        f"{made.kind.value.replace('_', ' ').capitalize()} {made.label} is issued.",
        as_json=as_json,
    )


LINE_PARTS = 4
NO_QUOTE = N_("No quote was issued for this order.")


@dataclass(frozen=True, slots=True)
class QuoteAnswer:
    """A quote that was issued."""

    order: str
    number: str
    version: int
    total: Money
    expires_at: datetime


@click.group("quote")
def quote() -> None:
    """Write quotes and accept them."""


@quote.command("add")
@click.option("--email", required=True, help="The contact's email.")
@click.option("--name", default="", help="The contact's name.")
@click.option("--organization", default="", metavar="SLUG", help="The organization that buys.")
@click.option("--organization-name", default="", help="One that is to be made when it is accepted.")
@click.option(
    "--line",
    "lines",
    multiple=True,
    required=True,
    metavar="KIND,COVERS,QUANTITY,PRICE",
    help="Such as group_seats,webinar:reading-rooms,5,325.00; an empty quantity is unlimited.",
)
@click.option("--expires", metavar="DAY", help="60 days from now if left out.")
@click.option("--no-email", is_flag=True, help="Email it to no one.")
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
    as_json: bool,
) -> None:
    """Issue a quote for any lines at any price."""
    with console.carrel.database.transaction() as session:
        currency = currency_of(session)
        new = NewOrder(
            lines=tuple(read_line(one, currency) for one in lines),
            email=email,
            name=name,
            terms=Terms.INVOICE,
            currency=currency,
            organization=organization,
            organization_name=organization_name,
        )
        order = orders.draft(session, new, actor=None, now=clock.now())
        made = quotes.issue_quote(
            session,
            order,
            expires_on=read_day(expires),
            mail_context=mail_context_of(console),
            actor=None,
            now=clock.now(),
            is_mailed=not no_email,
        )
        document = session.get_one(Document, made.document_id)
    answer(
        QuoteAnswer(
            order.public_id,
            document.label,
            made.version,
            Money(document.total_minor, document.currency),
            made.expires_at,
        ),
        f"Quote {document.label} is issued.",
        as_json=as_json,
    )


@quote.command("accept")
@click.argument("number", metavar="QUOTE")
@click.option("--name", required=True, help="Who accepts it.")
@click.option("--po", default="", help="The number of the purchase order.")
@click.option("--po-amount", help="The amount of the purchase order, if it says one.")
@click.option("--received", metavar="DAY", help="When the purchase order came; it locks the price.")
@click.option("--bill-on", metavar="DAY", help="The day on which the invoice is issued.")
@click.option("--hold", is_flag=True, help="Keep access closed until it is paid or released.")
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
    as_json: bool,
) -> None:
    """Accept the newest version of a quote, which places its order."""
    with console.carrel.database.transaction() as session:
        named = order_named(session, number)
        newest = quotes.newest(session, named.id)
        if newest is None:
            raise NotFound(NO_QUOTE)
        how = Acceptance(
            name=name,
            po_number=po,
            po_amount_minor=read_money(po_amount, named.currency) if po_amount else None,
            received_on=read_day(received),
            bill_on=read_day(bill_on),
            is_held=hold,
        )
        quotes.accept(
            session,
            newest,
            how,
            mail_context=mail_context_of(console),
            actor=None,
            now=clock.now(),
        )
        made: OrderAnswer = order_answer(find_order_facts(session, named.public_id))
    answer(made, f"Order {made.number} is placed.", as_json=as_json)


def read_line(text: str, currency: str) -> NewLine:
    """Return a line such as `group_seats,webinar:reading-rooms,5,325.00`; raises BadParameter."""
    parts = text.rsplit(",", 2)
    kind, _, covers = parts[0].partition(",")
    if len(parts) != LINE_PARTS - 1 or kind not in set(OfferKind):
        raise click.BadParameter(f"{text!r} is not KIND,COVERS,QUANTITY,PRICE")
    quantity = parts[1].strip()
    if quantity and not quantity.isdecimal():
        raise click.BadParameter(f"{quantity!r} is not a number of seats")
    return NewLine(
        kind=OfferKind(kind),
        covers=covers.strip(),
        quantity=int(quantity) if quantity else None,
        price_minor=read_money(parts[2], currency),
    )
