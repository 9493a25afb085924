"""carrel mail: list email, resend it, send a test, and record bounces."""

from typing import BinaryIO

import click

from lms.cli.command_context import Console, acting
from lms.cli.list_commands import list_command
from lms.cli.output import answer, answer_items, json_option
from lms.core.clock import now
from lms.core.errors import N_
from lms.mail.bounces import take_report
from lms.mail.outbox import list_mails, mail_facts, post, resend

COLUMNS = (
    "id",
    "kind",
    "lane",
    "recipient",
    "state",
    "tries",
    "created_at",
    "sent_at",
    "bounced_at",
    "failure",
)
MOST_BYTES = 10_000_000
TRIAL_SUBJECT = N_("Test email")


@click.group("mail")
def mail() -> None:
    """List and resend emails, and send a test."""


mail.add_command(list_command("emails", COLUMNS, list_mails))


@mail.command("resend")
@click.argument("mail_id", metavar="ID")
@json_option
@click.pass_obj
def resend_command(console: Console, *, mail_id: str) -> None:
    """Send an email again."""
    with console.carrel.database.transaction() as session:
        resend(session, mail_id, **acting())
        facts = mail_facts(session, mail_id)
    answer(facts, f"{facts.id} is queued again.")


@mail.command("try")
@click.argument("address")
@json_option
@click.pass_obj
def try_command(console: Console, *, address: str) -> None:
    """Send a test email to an address; the worker sends it."""
    with console.carrel.database.transaction() as session:
        row = post(
            session,
            kind="delivery_test",
            to=address,
            login_id=None,
            subject=TRIAL_SUBJECT,
            values={},
            now=now(),
        )
        facts = mail_facts(session, row.public_id)
    answer(facts, f"A test email to {facts.recipient} is queued ({facts.id}).")


@mail.command("bounced")
@click.argument("report", type=click.File("rb"), default="-")
@json_option
@click.pass_obj
def bounced_command(console: Console, *, report: BinaryIO) -> None:
    """Record a bounce report from a file or standard input.

    Mail servers send these reports to your sender address; pipe them here.
    """
    raw = report.read(MOST_BYTES)
    with console.carrel.database.transaction() as session:
        marked = take_report(session, raw, now=now())
    answer_items(marked, ("mail", "recipient", "bounced_at", "reason"))
