"""carrel init: set up a new installation, with its first owner."""

from dataclasses import dataclass

import click

from lms.cli.command_context import Console
from lms.cli.output import answer, json_option
from lms.core.clock import now
from lms.core.email_addresses import read_address
from lms.core.errors import Unavailable
from lms.mail.links import Links
from lms.migrations import upgrade
from lms.operations.findings import State
from lms.operations.first_owner import add_first_owner, renew_first_link
from lms.operations.server_probes import probe_servers
from lms.operations.start_checks import is_empty, refuse_dangerous_start, refuse_example

NEEDED = ("database", "storage")


@dataclass(frozen=True, slots=True)
class NewLibrary:
    """The location of a new installation, and the link for its owner's first sign-in."""

    base_url: str
    data_dir: str
    owner: str
    link: str


@click.command("init")
@click.option("--owner", required=True, metavar="EMAIL", help="The first owner's email address.")
@click.option("--name", help="The owner's name; default: the part of the address before the @.")
@json_option
@click.pass_obj
def init(console: Console, *, owner: str, name: str | None) -> None:
    """Set up a new installation: check the settings, create the tables, and add the first owner.

    Prints a link for the owner to choose a password. It works once and expires in 14 days. While
    that owner has no password, the same command prints a new link.
    """
    address = read_address(owner)
    carrel, settings = console.new_carrel, console.settings
    probes = probe_servers(carrel, now=now())
    faults = [one for one in probes if one.state is State.FAULT]
    if any(one.name in NEEDED for one in faults):
        raise Unavailable("\n".join(f"{one.text}\n  {one.advice}" for one in faults))
    refuse_example(settings)
    links = Links(settings.base_url)
    if is_empty(carrel.database):
        refuse_dangerous_start(carrel)
        upgrade(carrel.database)
        given = name or address.shown.rpartition("@")[0]
        with carrel.database.transaction() as session:
            added = add_first_owner(session, address, given, links=links, now=now())
    else:
        with carrel.database.transaction() as session:
            added = renew_first_link(session, address, links=links, now=now())
    made = NewLibrary(settings.base_url, str(settings.data_dir), added.email, added.link)
    advice = [f"{one.text}\n  {one.advice}" for one in probes if one.advice]
    answer(made, *_lines(made, advice))


def _lines(made: NewLibrary, advice: list[str]) -> list[str]:
    return [
        f"Carrel is set up in {made.data_dir}. Its address is {made.base_url}.",
        *(f"  {one}" for one in advice),
        "Next: carrel serve, or start its service (docs/operating.md).",
        f"      Then {made.owner} opens this link, which works once, to choose a password:",
        f"      {made.link}",
    ]
