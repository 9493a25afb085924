"""carrel login and carrel organisation: people and the institutions they belong to."""

import sys
from dataclasses import dataclass

import click

from lms import accounts, organisations
from lms.accounts import Account, NewLogin
from lms.addresses import read_address
from lms.cli.console import Console
from lms.cli.output import answer, json_option
from lms.clock import now
from lms.letters import Doors
from lms.organisations import NewOrganisation
from lms.passwords import check_new_password, hash_password


@dataclass(frozen=True, slots=True)
class LoginFacts:
    """A login as the command line shows it."""

    id: str
    email: str | None
    name: str
    staff: bool
    blocked: bool
    has_password: bool


@dataclass(frozen=True, slots=True)
class OrganisationAnswer:
    """An organisation as the command line shows it."""

    id: str
    slug: str
    name: str
    parent: str | None


@click.group("login")
def login() -> None:
    """Add logins, shut them out and let them in again."""


@login.command("add")
@click.argument("email")
@click.option("--name", help="What to call the person; else the part of the address before the @.")
@click.option("--staff", is_flag=True, help="Make the person staff of the house.")
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from the standard input's first line."
)
@json_option
@click.pass_obj
def add_login(
    console: Console,
    *,
    email: str,
    name: str | None,
    staff: bool,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Add a login that may be used at once.

    Without a password, a letter with the link for choosing one is sent to the address.
    """
    address = read_address(email)
    called = accounts.checked_name(name or address.shown.rpartition("@")[0])
    password_hash = _read_password(address.shown, called) if password_stdin else None
    new = NewLogin(address, called, is_staff=staff, password_hash=password_hash)
    moment = now()
    with console.carrel.database.transaction() as session:
        account = accounts.add_login(session, new, actor=None, now=moment)
        if password_hash is None:
            doors = Doors(console.settings.base_url)
            accounts.invite_to_set_password(session, account, doors=doors, now=moment)
    lines = [f"{account.email} may sign in now."]
    if password_hash is None:
        lines = [f"{account.email} is being sent a link for choosing a password."]
    answer(_facts(account), *lines, as_json=as_json)


@login.command("block")
@click.argument("email")
@json_option
@click.pass_obj
def block_login(console: Console, *, email: str, as_json: bool) -> None:
    """Shut a login out: every browser is signed out, what it plays stops."""
    with console.carrel.database.transaction() as session:
        login_id = accounts.find_by_email(session, email).id
        accounts.block(session, login_id, actor=None, now=now())
        account = accounts.read_account(session, login_id)
    answer(_facts(account), f"{account.email} is shut out.", as_json=as_json)


@login.command("unblock")
@click.argument("email")
@json_option
@click.pass_obj
def unblock_login(console: Console, *, email: str, as_json: bool) -> None:
    """Let a login in again."""
    with console.carrel.database.transaction() as session:
        login_id = accounts.find_by_email(session, email).id
        accounts.unblock(session, login_id, actor=None, now=now())
        account = accounts.read_account(session, login_id)
    answer(_facts(account), f"{account.email} may sign in again.", as_json=as_json)


@click.group("organisation")
def organisation() -> None:
    """Add the institutions that buy."""


@organisation.command("add")
@click.argument("slug")
@click.option("--name", required=True, help="The organisation's name.")
@click.option("--parent", metavar="SLUG", help="The consortium it belongs to.")
@json_option
@click.pass_obj
def add_organisation(
    console: Console, *, slug: str, name: str, parent: str | None, as_json: bool
) -> None:
    """Add an organisation under a short name for addresses, such as elm-county."""
    new = NewOrganisation(slug, name, parent)
    with console.carrel.database.transaction() as session:
        made = organisations.add_organisation(session, new, actor=None, now=now())
    facts = OrganisationAnswer(made.public_id, made.slug, made.name, made.parent)
    answer(facts, f"{made.name} is added as {made.slug}.", as_json=as_json)


def _read_password(email: str, name: str) -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    check_new_password(password, email=email, name=name)
    return hash_password(password)


def _facts(account: Account) -> LoginFacts:
    return LoginFacts(
        id=account.public_id,
        email=account.email,
        name=account.name,
        staff=account.is_staff,
        blocked=account.is_blocked,
        has_password=account.has_password,
    )
