"""carrel tax-rule: add, list, and end sales tax rates."""

from datetime import datetime

import click

from lms.cli.command_context import Console, acting
from lms.cli.output import answer, answer_items, json_option
from lms.models.tax import Supply
from lms.tax.rule_list import NewTaxRule, TaxRuleFacts, add_rule, end_rule, list_rules, read_rate
from lms.tax.rules import say_rate

COLUMNS = ("rule", "state", "name", "supply", "rate", "first_day", "last_day")
DAY = click.DateTime(["%Y-%m-%d"])


@click.group("tax-rule")
def tax_rule() -> None:
    """Add, list, and end sales tax rates; issued documents don't change."""


@tax_rule.command("add")
@click.argument("state")
@click.argument("rate")
@click.option("--name", required=True, help="Name on documents, such as Texas sales tax.")
@click.option(
    "--supply",
    type=click.Choice([one.value for one in Supply]),
    default=Supply.BOTH.value,
    show_default=True,
    help="What it's charged on.",
)
@click.option("--from", "first_day", type=DAY, required=True, help="First day.")
@click.option("--until", "last_day", type=DAY, help="Last day; default: no end.")
@json_option
@click.pass_obj
def add(
    console: Console,
    *,
    state: str,
    rate: str,
    name: str,
    supply: str,
    first_day: datetime,
    last_day: datetime | None,
) -> None:
    """Add a RATE in percent, such as 8.25, for a STATE, such as TX."""
    new = NewTaxRule(
        state,
        name,
        Supply(supply),
        read_rate(rate),
        first_day.date(),
        last_day.date() if last_day else None,
    )
    with console.carrel.database.transaction() as session:
        facts = add_rule(session, new, **acting())
    said = f"{facts.name}, {say_rate(facts.rate)}, was added: {facts.id}"
    answer(_row(facts), said)


@tax_rule.command("list")
@json_option
@click.pass_obj
def list_command(console: Console) -> None:
    """List the rates by state, newest first."""
    with console.carrel.database.read_session() as session:
        rows = [_row(facts) for facts in list_rules(session)]
    answer_items(rows, COLUMNS)


@tax_rule.command("end")
@click.argument("rule")
@click.argument("last_day", type=DAY, metavar="YYYY-MM-DD")
@json_option
@click.pass_obj
def end(console: Console, *, rule: str, last_day: datetime) -> None:
    """End a RULE, given by its ID, after its LAST_DAY."""
    with console.carrel.database.transaction() as session:
        facts = end_rule(session, rule, last_day.date(), **acting())
    answer(_row(facts), f"{facts.name} ends after {facts.last_day}.")


def _row(facts: TaxRuleFacts) -> dict[str, object]:
    return {
        "rule": facts.id,
        "state": facts.state,
        "name": facts.name,
        "supply": facts.supply,
        "rate": say_rate(facts.rate).removesuffix("%"),
        "first_day": facts.first_day,
        "last_day": facts.last_day,
    }
