"""carrel order: list orders, show one, and explain its balance event by event."""

import click

from lms.cli.command_context import Console
from lms.cli.option_values import Money
from lms.cli.output import answer, answer_items, is_json, json_option, table
from lms.core import clock
from lms.core.dates_and_time_zones import on_wall_clock
from lms.documents.lookup import order_named
from lms.documents.payer_documents import IssuedDocument, documents_of_order
from lms.pricing.price_list import say_money
from lms.sales.order_history import history_of
from lms.sales.order_search import WantedOrders, list_orders
from lms.sales.read_models import OrderFacts, Standing, find_order_facts

COLUMNS = ("number", "standing", "buyer", "covers", "total", "open", "invoice", "po_number")


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
    console: Console, *, words: tuple[str, ...], standing: str | None, limit: int
) -> None:
    """List orders, newest first; search by name, number (order, PO, invoice, check), or amount."""
    wanted = WantedOrders(" ".join(words), Standing(standing) if standing else None)
    now = clock.now()
    with console.carrel.database.read_session() as session:
        found = list_orders(session, wanted, now=now, offset=0, limit=limit)
    if is_json():
        answer_items([order_answer(one) for one in found.items], COLUMNS)
        return
    rows = [
        (
            one.number,
            one.standing(now).value,
            one.buyer,
            one.covers or "-",
            say_money(one.total_minor, one.currency),
            say_money(one.open_minor, one.currency),
            one.invoice_number or "-",
            one.po_number or "-",
        )
        for one in found.items
    ]
    click.echo("\n".join(table(COLUMNS, rows)) if rows else "None found.")


@order.command("show")
@click.argument("number")
@json_option
@click.pass_obj
def show(console: Console, *, number: str) -> None:
    """Show an order, given by its number or that of its invoice or quote."""
    with console.carrel.database.read_session() as session:
        named = order_named(session, number)
        facts = find_order_facts(session, named.public_id)
        documents = documents_of_order(session, named.id)
    lines = [
        f"Order {facts.number}: {facts.buyer}, {facts.standing(clock.now()).value}",
        f"{say_money(facts.total_minor, facts.currency)}, "
        f"{say_money(facts.open_minor, facts.currency)} open",
        *(
            f"{one.kind.value.replace('_', ' ')} {one.label}: "
            f"{say_money(one.total_minor, one.currency)}"
            for one in documents
        ),
    ]
    made = {"order": order_answer(facts), "documents": [_document(one) for one in documents]}
    answer(made, *lines)


def _document(facts: IssuedDocument) -> dict[str, object]:
    return {
        "id": facts.public_id,
        "kind": facts.kind,
        "number": facts.label,
        "issued_at": facts.issued_at,
        "total": Money(facts.total_minor, facts.currency),
        "open": Money(facts.open_minor, facts.currency),
    }


@order.command("explain")
@click.argument("number")
@json_option
@click.pass_obj
def explain(console: Console, *, number: str) -> None:
    """Explain an order's balance: each event, its amount, and the running total."""
    with console.carrel.database.read_session() as session:
        named = order_named(session, number)
        facts = find_order_facts(session, named.public_id)
        events = history_of(session, named)
    currency, zone = facts.currency, console.settings.zone
    items = [
        {
            "at": one.at,
            "what": one.what,
            "number": one.number,
            "payment": one.payment_id,  # what `carrel payment reverse` needs
            "amount": None if one.amount_minor is None else Money(one.amount_minor, currency),
            "balance": Money(one.balance_minor, currency),
        }
        for one in events
    ]
    balance = Money(events[-1].balance_minor if events else 0, currency)
    rows = [
        (
            on_wall_clock(one.at, zone).date().isoformat(),
            " ".join(part for part in (one.what.replace("_", " "), one.number) if part),
            "" if one.amount_minor is None else say_money(one.amount_minor, currency),
            say_money(one.balance_minor, currency),
            one.payment_id or "",
        )
        for one in events
    ]
    answer(
        {"order": facts.number, "balance": balance, "items": items},
        *table(("day", "what", "amount", "balance", "payment"), rows),
    )


def order_answer(facts: OrderFacts) -> dict[str, object]:
    """Return an order in the form of answers."""
    return {
        "id": facts.public_id,
        "number": facts.number,
        "standing": facts.standing(clock.now()),
        "buyer": facts.buyer,
        "email": facts.contact_email,
        "covers": facts.covers,
        "lines": facts.lines,
        "terms": facts.terms,
        "total": Money(facts.total_minor, facts.currency),
        "open": Money(facts.open_minor, facts.currency),
        "invoice": facts.invoice_number,
        "po_number": facts.po_number,
        "placed_at": facts.placed_at,
        "due_at": facts.due_at,
        "held_at": facts.held_at,
    }
