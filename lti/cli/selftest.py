"""carrel lti selftest: runs the cases of the certification against this version of the tool."""

import click

from lms.cli.command_context import Console
from lms.cli.output import answer, json_option
from lms.core import clock
from lti.registrations.registrations import find_registration
from lti.selftest.check_results import as_text
from lti.selftest.check_runner import CheckRunner
from lti.selftest.jobs import make_tool

FAILED = 1


@click.command("selftest")
@click.option(
    "--registration",
    metavar="REG",
    help="Also test the connection to this LMS: keys, token, clock, our address.",
)
@json_option
@click.pass_obj
def selftest(console: Console, *, registration: str | None) -> int:
    """Send the messages of the 1EdTech certification and print the result of each check.

    It uses a temporary database, which is deleted afterward; none of your data is read or
    changed. Exits with 0 only if every check passes.
    """
    chosen = None
    if registration is not None:
        with console.carrel.database.read_session() as session:
            chosen = find_registration(session, registration)
    play = CheckRunner(console.carrel, make_tool, chosen)
    proofs = list(play.proofs())
    failed = sum(not proof.ok for proof in proofs)
    text = as_text(proofs, base_url=console.settings.base_url, at=clock.now())
    found = {"items": proofs, "passed": len(proofs) - failed, "failed": failed}
    answer(found, text.rstrip("\n"))
    return FAILED if failed else 0
