"""carrel document: issue, reissue, resend, and void."""

from dataclasses import replace

import click
from sqlalchemy.orm import Session

from lms.cli.command_context import Console, acting
from lms.cli.option_values import Money, read_day
from lms.cli.output import answer, json_option
from lms.cli.questions import anyway_option, ask_if_number_is_used
from lms.core import clock
from lms.core.errors import N_, Conflict
from lms.documents import mails as document_mails
from lms.documents.lookup import document_named, order_named
from lms.documents.payment_links import payment_links
from lms.documents.stored_pdfs import ensure_pdf
from lms.mail.links import mail_context_of
from lms.models.documents import CreditReason, Document
from lms.models.orders import Order
from lms.sales import corrections, credit_notes, invoices, orders, quotes, tax_credits
from lms.sales.corrections import Correction
from lms.sales.credit_notes import NewCreditNote

UNCHANGED = N_("There's nothing to change. Add a new --po, --net, or --due.")
NOT_INVOICED = N_("This order has no invoice to reissue.")


@click.group("document")
def document() -> None:
    """Issue, reissue, resend, and void quotes and invoices."""


@document.command("issue")
@click.argument("order_number", metavar="ORDER")
@click.option(
    "--kind", type=click.Choice(("invoice", "quote")), default="invoice", show_default=True
)
@click.option("--expires", metavar="DAY", help="Last day of a quote; default: 60 days from now.")
@click.option("--no-email", is_flag=True, help="Don't email it.")
@json_option
@click.pass_obj
def issue(
    console: Console,
    *,
    order_number: str,
    kind: str,
    expires: str | None,
    no_email: bool,
) -> None:
    """Issue the invoice of a placed order early, or the next quote of a draft."""
    context, now = mail_context_of(console.settings), clock.now()
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
            invoices.check_payee(session, order)
            made = invoices.bill_now(
                session,
                order,
                mail_context=context,
                actor=None,
                now=now,
                is_mailed=not no_email,
            )
    _answer(made)


@document.command("reissue")
@click.argument("number", metavar="INVOICE")
@click.option("--po", help="Corrected purchase order number.")
@click.option("--net", type=click.IntRange(0, 180), help="Corrected terms, in days.")
@click.option("--due", metavar="DAY", help="Corrected due date.")
@click.option("--no-email", is_flag=True, help="Don't email it.")
@anyway_option("Allow a PO number that another order of the organization has.")
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
    anyway: bool,
) -> None:
    """Replace an invoice with a corrected one; its payments move to the new one."""
    context, now = mail_context_of(console.settings), clock.now()
    correction = Correction(po_number=po, net_days=net, due_on=read_day(due))
    with console.carrel.database.transaction() as session:
        named = order_named(session, number)
        order = orders.find_order(session, named.public_id, lock=True)
        _check_changed(session, order, correction)
        if po and not anyway:
            ask_if_number_is_used(session, order, po)
        invoices.check_payee(session, order)
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
    _answer(made)


@document.command("resend")
@click.argument("number", metavar="DOCUMENT")
@click.option("--to", "to", metavar="EMAIL", help="Email this address instead of the usual ones.")
@json_option
@click.pass_obj
def resend(console: Console, *, number: str, to: str | None) -> None:
    """Email a document and its PDF again."""
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
    told = (
        ", ".join(readers) or "no one: this customer gets documents in a portal or by postal mail"
    )
    answer({"number": named.label, "to": readers}, f"{named.label}: {told}.")


@document.command("void")
@click.argument("number", metavar="INVOICE")
@click.option("--reason", required=True, help="Printed on the credit note.")
@click.option("--no-email", is_flag=True, help="Don't email it.")
@json_option
@click.pass_obj
def void(console: Console, *, number: str, reason: str, no_email: bool) -> None:
    """Void an unpaid invoice with a credit note; access doesn't change."""
    if not reason.strip():
        raise click.BadParameter("Enter a reason; the credit note shows it.", param_hint="--reason")
    new = NewCreditNote(CreditReason.VOID, explanation=reason, is_mailed=not no_email)
    with console.carrel.database.transaction() as session:
        named = order_named(session, number)
        made = credit_notes.credit(
            session,
            orders.find_order(session, named.public_id, lock=True),
            new,
            mail_context=mail_context_of(console.settings),
            **acting(),
        )
    _answer(made)


@document.command("credit-tax")
@click.argument("number", metavar="INVOICE")
@click.option("--no-email", is_flag=True, help="Don't email it.")
@json_option
@click.pass_obj
def credit_tax(console: Console, *, number: str, no_email: bool) -> None:
    """Credit an invoice's sales tax that an exemption certificate of the customer covers."""
    with console.carrel.database.transaction() as session:
        named = order_named(session, number)
        made = tax_credits.credit_tax(
            session,
            orders.find_order(session, named.public_id, lock=True),
            mail_context=mail_context_of(console.settings),
            **acting(),
            is_mailed=not no_email,
        )
    _answer(made)


def _answer(made: Document) -> None:
    answer(
        {
            "id": made.public_id,
            "kind": made.kind,
            "number": made.label,
            "total": Money(made.total_minor, made.currency),
            "due_at": made.due_at,
        },
        f"{made.kind.value.replace('_', ' ').capitalize()} {made.label} is issued.",
    )


def _check_changed(session: Session, order: Order, correction: Correction) -> None:
    """Raise Conflict for a correction that changes nothing on the invoice."""
    invoice = invoices.live_invoice(session, order.id)
    changes = (
        correction.po_number not in {None, invoice.po_number if invoice else ""},
        correction.net_days is not None
        and (correction.net_days != order.net_days or order.due_on is not None),
        correction.due_on not in {None, order.due_on},
    )
    if not any(changes):
        raise Conflict(UNCHANGED)
