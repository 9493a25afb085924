"""carrel payment: record and reverse payments; carrel payments: the card provider."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
import urllib3

from lms.buying.purchase_selftest import prove_purchase
from lms.checkouts import rounds, trial_orders
from lms.checkouts.trial_orders import Purged
from lms.cli.command_context import Console, acting
from lms.cli.option_values import Money, read_day, read_money
from lms.cli.output import answer, json_option
from lms.cli.questions import anyway_option, ask_if_recorded
from lms.core import clock
from lms.core.errors import N_, Conflict, NotFound, Unavailable
from lms.documents.lookup import document_named
from lms.documents.payment_links import payment_links
from lms.mail.links import mail_context_of
from lms.migrations.scratch_library import scratch_library
from lms.models.documents import DocumentKind
from lms.models.payments import PaymentMethod, Reversal
from lms.payments import provider_entries, provider_selftest
from lms.payments.balances import payer_of
from lms.payments.open_provider import open_provider
from lms.payments.payments import NewPayment
from lms.payments.provider import AWAY, Provider, ProviderRefused
from lms.payments.provider_selftest import Tried
from lms.pricing.price_list import say_money
from lms.sales import receiving

FAILED = 1
TEST_CARD = "4242424242424242"
BY_HAND = tuple(one.value for one in PaymentMethod if one is not PaymentMethod.CARD)
NOT_AN_INVOICE = N_("This isn't an invoice.")
SEVERAL_PAYERS = N_("These invoices have several payers. Record a payment for each.")
NO_PROVIDER = (
    "Card payments aren't set up. Set CARREL_STRIPE_SECRET_KEY and CARREL_STRIPE_WEBHOOK_SECRET "
    "(docs/card-payments.md), then run this again."
)
NO_KEY = (401, 403)  # HTTP statuses for a key that is unknown, or may not do this


@click.group("payment")
def payment() -> None:
    """Record and reverse payments."""


@payment.command("record")
@click.option("--amount", required=True, help="Amount received, such as 325.00.")
@click.option("--method", type=click.Choice(BY_HAND), required=True)
@click.option(
    "--invoice",
    "invoices",
    multiple=True,
    required=True,
    metavar="NUMBER[=AMOUNT]",
    help="An invoice it pays, and optionally how much of it; default: its balance.",
)
@click.option("--received", metavar="DAY", help="Date received; default: today.")
@click.option("--check-number", default="", help="Check number.")
@click.option("--slip", default="", help="Deposit slip number.")
@click.option("--no-email", is_flag=True, help="Don't email the receipt.")
@anyway_option("Record it even if this check number was recorded before.")
@json_option
@click.pass_obj
def record(
    console: Console,
    *,
    amount: str,
    method: str,
    invoices: tuple[str, ...],
    received: str | None,
    check_number: str,
    slip: str,
    no_email: bool,
    anyway: bool,
) -> None:
    """Record a payment for one or more invoices; the rest is the payer's credit."""
    context, now = mail_context_of(console.settings), clock.now()
    with console.carrel.database.transaction() as session:
        named = [(document_named(session, one.partition("=")[0]), one) for one in invoices]
        first = named[0][0]
        currency = first.currency
        left = read_money(amount, currency)
        pays: dict[str, int] = {}
        new = NewPayment(
            method=PaymentMethod(method),
            currency=currency,
            amount_minor=left,
            received_on=read_day(received) or now.astimezone(context.zone).date(),
            login_id=first.login_id,
            organization_id=first.organization_id,
            check_number=check_number,
            slip=slip,
            pays=pays,
        )
        for document, text in named:
            if document.kind is not DocumentKind.INVOICE:
                raise NotFound(NOT_AN_INVOICE)
            if payer_of(session, document) != payer_of(session, first):
                raise Conflict(SEVERAL_PAYERS)
            if document.public_id in pays:
                raise click.BadParameter(f"Name {document.label} once.", param_hint="--invoice")
            if not document.open_minor:
                raise Conflict(
                    f"Invoice {document.label} has no balance."
                    f" To see why, run: carrel order explain {document.label}"
                )
            said = text.partition("=")[2]
            part = read_money(said, currency) if said else min(document.open_minor, left)
            pays[document.public_id] = part
            left -= part
        if not anyway:
            ask_if_recorded(session, first, check_number)
        made = receiving.receive(
            session, new, mail_context=context, actor=None, now=now, is_mailed=not no_email
        )
    answer(
        {
            "id": made.public_id,
            "amount": Money(made.amount_minor, made.currency),
            "open": Money(made.open_minor, made.currency),  # pays no invoice yet
        },
        f"Payment {made.public_id} of {say_money(made.amount_minor, made.currency)} was recorded.",
    )


@payment.command("reverse")
@click.argument("payment_id", metavar="PAYMENT")
@click.option(
    "--as",
    "reversal",
    type=click.Choice((Reversal.BOUNCED.value, Reversal.MISTAKE.value)),
    required=True,
    help="The payer is emailed about a bounced payment, but not about a mistake.",
)
@json_option
@click.pass_obj
def reverse(console: Console, *, payment_id: str, reversal: str) -> None:
    """Reverse a payment: its invoices are open again, and access doesn't change.

    `carrel order explain` lists the PAYMENT of an order.
    """
    with console.carrel.database.transaction() as session:
        reopened = receiving.reverse(
            session,
            payment_id,
            Reversal(reversal),
            pay=payment_links(console.settings),
            mail_context=mail_context_of(console.settings),
            **acting(),
        )
        numbers = tuple(one.label for one in reopened)
    answer(
        {"id": payment_id, "invoices": numbers},
        f"Open again: {', '.join(numbers) or 'no invoice'}.",
    )


@click.group("payments")
def payments_group() -> None:
    """Check card payments and payouts with the provider, and remove test orders."""


@payments_group.command("sweep")
@json_option
@click.pass_obj
def sweep(console: Console) -> None:
    """Update open checkouts and other events from the card provider."""
    carrel = console.carrel
    with _asking_provider(console) as provider:
        checkouts = rounds.sweep(carrel, provider, now=clock.now())
        events = rounds.listen(carrel, provider, now=clock.now())
    answer(
        {"checkouts": checkouts, "events": events},
        f"Checked {checkouts} open checkouts. New events: {events}.",
    )


@payments_group.command("selftest")
@click.option("--pay", is_flag=True, help="Also wait for you to pay with a test card.")
@json_option
@click.pass_obj
def selftest(console: Console, *, pay: bool) -> int:
    """Test your card provider's test key, and print the result of each call.

    With --pay, a webinar is bought, paid by you with a test card, opened, and refunded, in a
    temporary database that is deleted afterward; a simulated provider pays automatically. Your data
    isn't read or changed, and no card is charged: live keys are refused. Exits with 0 only if every
    line is ok.
    """
    settings = console.settings
    with _asking_provider(console) as provider:
        tried = Tried(
            provider,
            settings.stripe.webhook_secrets if settings.stripe else (),
            settings.base_url,
            clock.now(),
        )
        proofs = list(provider_selftest.prove(tried))
        pay = pay or provider.is_simulated
        if pay:
            with scratch_library(settings, base_url=settings.base_url, now=tried.now) as carrel:
                payer = _pay_simulated if provider.is_simulated else _wait_until_paid
                proofs += prove_purchase(carrel, tried, payer)
    failed = sum(not proof.ok for proof in proofs)
    lines = [f"{'ok    ' if one.ok else 'FAILED'}  {one.name}: {one.got}" for one in proofs]
    if not pay:
        lines.append(
            "Buying, paying, and refunding were not tested. Add --pay, and pay with 4242 4242 "
            "4242 4242."
        )
    answer({"items": proofs, "passed": len(proofs) - failed, "failed": failed}, *lines)
    return FAILED if failed else 0


@contextmanager
def _asking_provider(console: Console) -> Iterator[Provider]:
    """Give the card provider; if there is none, or it doesn't answer, say what an operator can do."""
    settings = console.settings.stripe
    if settings is None:
        raise Conflict(NO_PROVIDER, code="no_cards")
    try:
        yield open_provider(console.settings)
    except ProviderRefused as refusal:
        raise Conflict(f"{refusal.message} {refusal.reason}", code=refusal.code) from refusal
    except Unavailable as away:
        if away.message != AWAY:
            raise
        cause = away.__cause__
        if getattr(cause, "http_status", None) in NO_KEY:
            said = getattr(cause, "user_message", None) or cause
            raise Unavailable(
                f"The card provider doesn't accept CARREL_STRIPE_SECRET_KEY: {said}\n"
                "Copy the secret key from its dashboard again."
            ) from away
        raise Unavailable(
            "The card provider can't be reached. Check that this machine can open "
            f"{settings.api_base}, then run this again."
        ) from away


def _pay_simulated(url: str) -> None:
    """Fill in the payment page of a simulated provider, as a buyer would."""
    is_form = {"Content-Type": "application/x-www-form-urlencoded"}
    urllib3.request(
        "POST", url, body=f"card={TEST_CARD}", headers=is_form, redirect=False, timeout=10
    )


def _wait_until_paid(url: str) -> None:
    click.echo(f"Open this page and pay with 4242 4242 4242 4242:\n{url}", err=True)
    click.prompt("Press Enter after you pay", default="", show_default=False, err=True)


@payments_group.command("payouts")
@json_option
@click.pass_obj
def payouts(console: Console) -> None:
    """List payouts with their charges, refunds, and fees."""
    with console.carrel.database.read_session() as session:
        found = provider_entries.payouts(session)
    names = ("amount", "charges", "refunds", "other", "fees", "difference")
    items = [
        {"id": one.payout}
        | {name: Money(getattr(one, f"{name}_minor"), one.currency) for name in names}
        for one in found
    ]
    lines = [
        f"{one.payout}  {say_money(one.amount_minor, one.currency)}"
        + (
            f"  differs by {say_money(one.difference_minor, one.currency)}"
            if one.difference_minor
            else ""
        )
        for one in found
    ]
    answer({"items": items}, "\n".join(lines) or "No payouts yet.")


@payments_group.command("purge-test")
@click.confirmation_option(prompt="Remove all test orders and revoke their access?")
@json_option
@click.pass_obj
def purge_test(console: Console) -> None:
    """Remove orders paid with test cards, their documents and payments, and revoke their access."""
    purged: Purged = trial_orders.purge(console.carrel, **acting())
    answer(
        purged,
        f"Removed {purged.orders} test orders, {purged.documents} documents,"
        f" and {purged.payments} payments.",
    )
