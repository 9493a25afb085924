"""carrel order: list orders, show one, and explain its balance event by event."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from lms.cli.command_context import Console
from lms.cli.option_values import Money
from lms.cli.output import answer, answer_items, json_option, table
from lms.core import clock
from lms.core.dates_and_time_zones import on_wall_clock
from lms.documents.lookup import order_named
from lms.documents.payer_documents import documents_of_order
from lms.models.documents import DocumentKind
from lms.pricing.price_list import say_money
from lms.sales.order_history import history_of
from lms.sales.order_search import WantedOrders, list_orders
from lms.sales.read_models import OrderFacts, Standing, find_order_facts

COLUMNS = ("number", "standing", "buyer", "covers", "total", "open", "invoice", "po_number")


@dataclass(frozen=True, slots=True)
class OrderAnswer:
    """An order as the command line shows it."""

    id: str
    number: str
    standing: Standing
    buyer: str
    email: str | None
    covers: str
    lines: int
    terms: str
    total: Money
    open: Money
    invoice: str | None
    po_number: str
    placed_at: datetime | None
    due_at: datetime | None
    held_at: datetime | None


@dataclass(frozen=True, slots=True)
class DocumentAnswer:
    """A document of an order."""

    id: str
    kind: DocumentKind
    number: str
    issued_at: datetime
    total: Money
    open: Money


@dataclass(frozen=True, slots=True)
class WholeOrderAnswer:
    """An order with its documents."""

    order: OrderAnswer
    documents: tuple[DocumentAnswer, ...]


@dataclass(frozen=True, slots=True)
class EventAnswer:
    """One event of an order, its amount, and the balance after it.

    `payment` is what `carrel payment reverse` needs.
    """

    at: datetime
    what: str
    number: str
    payment: str | None
    amount: Money | None
    balance: Money


@dataclass(frozen=True, slots=True)
class ExplainAnswer:
    """All events of an order, the oldest first."""

    order: str
    balance: Money
    items: tuple[EventAnswer, ...]


@click.group("order")
def order() -> None:
    """List and show orders, and explain their balances."""


@order.command("list")
@click.argument("words", nargs=-1)
@click.option(
    "--standing",
    type=click.Choice([one.value for one in Standing]),
    help="Only orders with this status.",
)
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@json_option
@click.pass_obj
def list_command(
    console: Console, *, words: tuple[str, ...], standing: str | None, limit: int, as_json: bool
) -> None:
    """List orders, newest first; search by name, number (order, PO, invoice, check), or amount."""
    wanted = WantedOrders(" ".join(words), Standing(standing) if standing else None)
    with console.carrel.database.read_session() as session:
        found = list_orders(session, wanted, now=clock.now(), offset=0, limit=limit)
    items = [order_answer(one) for one in found.items]
    if as_json:
        answer_items(items, COLUMNS, as_json=True)
        return
    rows = [
        (
            one.number,
            one.standing.value,
            one.buyer,
            one.covers or "-",
            say_money(one.total.minor, one.total.currency),
            say_money(one.open.minor, one.open.currency),
            one.invoice or "-",
            one.po_number or "-",
        )
        for one in items
    ]
    click.echo("\n".join(table(COLUMNS, rows)) if rows else "None found.")


@order.command("show")
@click.argument("number")
@json_option
@click.pass_obj
def show(console: Console, *, number: str, as_json: bool) -> None:
    """Show an order, given by its number or that of its invoice or quote."""
    with console.carrel.database.read_session() as session:
        named = order_named(session, number)
        facts = find_order_facts(session, named.public_id)
        documents = documents_of_order(session, named.id)
    made = WholeOrderAnswer(
        order_answer(facts),
        tuple(
            DocumentAnswer(
                one.public_id,
                one.kind,
                one.label,
                one.issued_at,
                Money(one.total_minor, one.currency),
                Money(one.open_minor, one.currency),
            )
            for one in documents
        ),
    )
    lines = [
        f"Order {facts.number}: {facts.buyer}, {made.order.standing.value}",
        f"{say_money(facts.total_minor, facts.currency)}, "
        f"{say_money(facts.open_minor, facts.currency)} open",
        *(
            f"{one.kind.value.replace('_', ' ')} {one.number}: "
            f"{say_money(one.total.minor, one.total.currency)}"
            for one in made.documents
        ),
    ]
    answer(made, *lines, as_json=as_json)


@order.command("explain")
@click.argument("number")
@json_option
@click.pass_obj
def explain(console: Console, *, number: str, as_json: bool) -> None:
    """Explain an order's balance: each event, its amount, and the running total."""
    with console.carrel.database.read_session() as session:
        named = order_named(session, number)
        facts = find_order_facts(session, named.public_id)
        events = history_of(session, named)
    currency, zone = facts.currency, ZoneInfo(console.settings.time_zone)
    items = tuple(
        EventAnswer(
            one.at,
            one.what.value,
            one.number,
            one.payment_id,
            None if one.amount_minor is None else Money(one.amount_minor, currency),
            Money(one.balance_minor, currency),
        )
        for one in events
    )
    balance = items[-1].balance if items else Money(0, currency)
    rows = [
        (
            on_wall_clock(one.at, zone).date().isoformat(),
            " ".join(part for part in (one.what.replace("_", " "), one.number) if part),
            say_money(one.amount.minor, currency) if one.amount else "",
            say_money(one.balance.minor, currency),
            one.payment or "",
        )
        for one in items
    ]
    answer(
        ExplainAnswer(facts.number, balance, items),
        *table(("day", "what", "amount", "balance", "payment"), rows),
        as_json=as_json,
    )


def order_answer(facts: OrderFacts) -> OrderAnswer:
    """Return an order in the form of answers."""
    return OrderAnswer(
        id=facts.public_id,
        number=facts.number,
        standing=facts.standing(clock.now()),
        buyer=facts.buyer,
        email=facts.contact_email,
        covers=facts.covers,
        lines=facts.lines,
        terms=facts.terms.value,
        total=Money(facts.total_minor, facts.currency),
        open=Money(facts.open_minor, facts.currency),
        invoice=facts.invoice_number,
        po_number=facts.po_number,
        placed_at=facts.placed_at,
        due_at=facts.due_at,
        held_at=facts.held_at,
    )
