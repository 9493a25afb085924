"""carrel login and carrel organization: add, block, merge, and erase logins; add organizations."""

import sys

import click
from sqlalchemy.orm import Session

from lms.accounts import accounts, second_factors
from lms.accounts.accounts import Account, NewLogin
from lms.accounts.login_lookup import find_known
from lms.cli.command_context import Console, acting
from lms.cli.output import answer, as_text, json_option
from lms.cli.questions import anyway_option, ask_if_known
from lms.component import hooks_for
from lms.core import clock
from lms.core.email_addresses import read_address
from lms.core.errors import Conflict
from lms.core.password_hashing_and_rules import check_new_password, hash_password
from lms.mail.links import Links
from lms.models.accounts import SellerRole
from lms.models.organizations import Role
from lms.organizations import (
    member_invitations,
    memberships,
    organization_merges,
    organizations,
)
from lms.organizations.organization_merges import NOT_MERGED, MergePreview, MergeSide
from lms.organizations.organizations import NewOrganization
from lms.people import account_blocks, data_export, erasure, login_merges, team


@click.group("login")
def login() -> None:
    """Add, block, merge, export, and erase logins."""


@login.command("add")
@click.argument("email")
@click.option("--name", help="The person's name; default: the part of the address before the @.")
@click.option(
    "--owner", "role", flag_value="owner", help="Make the person an owner on the seller's team."
)
@click.option(
    "--staff", "role", flag_value="staff", help="Make the person staff on the seller's team."
)
@click.option(
    "--bookkeeper",
    "role",
    flag_value="bookkeeper",
    help="Make the person a bookkeeper, with read-only access to sales.",
)
@click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password from the first line of standard input.",
)
@json_option
@click.pass_obj
def add_login(
    console: Console,
    *,
    email: str,
    name: str | None,
    role: str | None,
    password_stdin: bool,
) -> None:
    """Add a login.

    Without --password-stdin, the person is emailed a link to choose a password.
    """
    address = read_address(email)
    called = accounts.checked_name(name or address.shown.rpartition("@")[0])
    password_hash = _read_password(address.shown, called) if password_stdin else None
    new = NewLogin(
        address, called, seller_role=SellerRole(role) if role else None, password_hash=password_hash
    )
    now = clock.now()
    with console.carrel.database.transaction() as session:
        account = accounts.add_login(session, new, actor=None, now=now)
        if password_hash is None:
            links = Links(console.settings.base_url)
            accounts.invite_to_set_password(session, account, links=links, now=now)
    lines = [f"{account.email} can sign in now."]
    if password_hash is None:
        lines = [f"{account.email} will get an email with a link to choose a password."]
    answer(_facts(account), *lines)


@login.command("role")
@click.argument("email")
@click.argument("role", type=click.Choice([*(role.value for role in SellerRole), "none"]))
@json_option
@click.pass_obj
def set_role(console: Console, *, email: str, role: str) -> None:
    """Set a person's role on the seller's team: owner, staff, bookkeeper, or none.

    A person who joins or leaves the team is emailed.
    """
    links = Links(console.settings.base_url)
    with console.carrel.database.transaction() as session:
        account = accounts.find_by_email(session, email)
        if role == "none":
            team.remove_from_team(session, account.public_id, links=links, **acting())
        else:
            team.give_role(session, account, SellerRole(role), links=links, **acting())
        account = accounts.read_account(session, account.id)
    answer(_facts(account), f"{account.email} has the role: {role}.")


@login.command("block")
@click.argument("email")
@click.option(
    "--reason", default="Blocked on the command line.", help="Reason, shown to staff only."
)
@json_option
@click.pass_obj
def block_login(console: Console, *, email: str, reason: str) -> None:
    """Block a login: sign it out everywhere and stop its playback."""
    with console.carrel.database.transaction() as session:
        login_id = accounts.find_by_email(session, email).id
        account_blocks.block(session, login_id, reason=reason, **acting())
        account = accounts.read_account(session, login_id)
    answer(_facts(account), f"{account.email} was blocked.")


@login.command("unblock")
@click.argument("email")
@json_option
@click.pass_obj
def unblock_login(console: Console, *, email: str) -> None:
    """Unblock a login."""
    with console.carrel.database.transaction() as session:
        login_id = accounts.find_by_email(session, email).id
        account_blocks.unblock(session, login_id, **acting())
        account = accounts.read_account(session, login_id)
    answer(_facts(account), f"{account.email} was unblocked.")


@login.command("reset-two-step")
@click.argument("email")
@json_option
@click.pass_obj
def reset_two_step(console: Console, *, email: str) -> None:
    """Turn off two-step sign-in for a person who lost their app, passkeys, and recovery codes.

    They're signed out everywhere and emailed. First, make sure the request came from them.
    """
    links = Links(console.settings.base_url)
    with console.carrel.database.transaction() as session:
        account = accounts.find_by_email(session, email)
        second_factors.reset(session, account.id, links=links, **acting())
    answer(
        _facts(account),
        f"Two-step sign-in was turned off for {account.email}. We emailed them.",
    )


@login.command("merge")
@click.argument("kept")
@click.argument("merged")
@json_option
@click.pass_obj
def merge_logins(console: Console, *, kept: str, merged: str) -> None:
    """Merge the login MERGED into KEPT, both given by email address; can be undone.

    Signing in with either address opens the login that is kept.
    """
    with console.carrel.database.transaction() as session:
        stays, goes = (_own_login(session, email) for email in (kept, merged))
        login_merges.merge(
            session,
            kept=stays.public_id,
            merged=goes.public_id,
            hooks=hooks_for(console.components, "on_merge"),
            **acting(),
        )
    facts = {"kept": stays.public_id, "merged": goes.public_id, "is_merged": True}
    answer(facts, f"{merged} was merged into {kept}.")


@login.command("unmerge")
@click.argument("email")
@json_option
@click.pass_obj
def unmerge_login(console: Console, *, email: str) -> None:
    """Undo the merge of a login, given by its own email address."""
    with console.carrel.database.transaction() as session:
        kept = accounts.find_by_email(session, email)
        goes = _own_login(session, email)
        login_merges.unmerge(session, goes.public_id, **acting())
    facts = {"kept": kept.public_id, "merged": goes.public_id, "is_merged": False}
    answer(facts, f"The merge of {email} was undone.")


@login.command("export")
@click.argument("email")
@json_option
@click.pass_obj
def export_login(console: Console, *, email: str) -> None:
    """Print a person's data: grants, seats, progress, notes, and emails."""
    with console.carrel.database.read_session() as session:
        login_id = accounts.find_by_email(session, email).id
        kept = data_export.read_personal_data(
            session, login_id, hooks=hooks_for(console.components, "on_export"), now=clock.now()
        )
    answer(kept, as_text(kept))


@login.command("erase")
@click.argument("email")
@click.confirmation_option(prompt="Release the person's seats and permanently erase their data?")
@json_option
@click.pass_obj
def erase_login(console: Console, *, email: str) -> None:
    """Erase a person's name and address everywhere except on sales documents. Can't be undone."""
    with console.carrel.database.transaction() as session:
        account = accounts.find_by_email(session, email)
        erasure.erase(
            session,
            account.id,
            hooks=hooks_for(console.components, "on_erase"),
            links=Links(console.settings.base_url),
            **acting(),
        )
        facts = _facts(accounts.read_account(session, account.id))
    answer(facts, f"{email} was erased.")


@click.group("organization")
def organization() -> None:
    """Add organizations and their people."""


@organization.command("add")
@click.argument("slug")
@click.option("--name", required=True, help="The organization's name.")
@click.option("--parent", metavar="SLUG", help="Its parent organization.")
@click.option("--email", default="", help="Contact's email address, to find duplicates.")
@anyway_option("Add it even if it may be a duplicate.")
@json_option
@click.pass_obj
def add_organization(
    console: Console,
    *,
    slug: str,
    name: str,
    parent: str | None,
    email: str,
    anyway: bool,
) -> None:
    """Add an organization with a short name for web addresses, such as elm-county.

    Refuses a possible duplicate unless you add --anyway.
    """
    new = NewOrganization(slug, name, parent)
    with console.carrel.database.transaction() as session:
        if not anyway:
            ask_if_known(session, name, email)
        made = organizations.add_organization(session, new, **acting())
    facts = {"id": made.public_id, "slug": made.slug, "name": made.name, "parent": made.parent}
    answer(facts, f"{made.name} was added as {made.slug}.")


@organization.command("member")
@click.argument("slug", metavar="ORG")
@click.argument("email")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role if role is not Role.SUPERVISOR]),
    default=Role.MEMBER.value,
    show_default=True,
    help="The person's role in the organization.",
)
@click.option("--name", default="", help="The name of a person who has no login yet.")
@json_option
@click.pass_obj
def add_member(console: Console, *, slug: str, email: str, role: str, name: str) -> None:
    """Give a person a role in an organization, or change their role.

    Choose supervisors on the organization's Members and roles page, with their groups. A person
    without a login gets one, and is emailed a link to choose a password. A person with a login is
    emailed an invitation, and gets the role when they accept.
    """
    new = memberships.NewMember(read_address(email), Role(role), name)
    links = Links(console.settings.base_url)
    with console.carrel.database.transaction() as session:
        place = organizations.find_organization(session, slug)
        joined = member_invitations.add_by_address(session, place, new, links=links, **acting())
    facts = {
        "organization": slug,
        "login": joined.public_id,
        "email": joined.email,
        "role": role,
        "is_new": joined.is_new,
        "is_invited": joined.is_invited,
    }
    lines = [f"{email} is {role} of {place.name}."]
    if joined.is_invited:
        lines = [f"{email} has an account and was invited. They get the role when they accept."]
    if joined.is_new:
        lines.append(f"{email} will get an email with a link to choose a password.")
    answer(facts, *lines)


def _own_login(session: Session, email: str) -> Account:
    known = find_known(session, read_address(email))
    return accounts.read_account(session, known.own_id)


def _read_password(email: str, name: str) -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    check_new_password(password, email=email, name=name)
    return hash_password(password)


def _facts(account: Account) -> dict[str, object]:
    return {
        "id": account.public_id,
        "email": account.email,
        "name": account.name,
        "role": account.seller_role,
        "blocked": account.is_blocked,
        "has_password": account.has_password,
    }


@click.command("merge")
@click.argument("kept")
@click.argument("merged")
@click.option("--undo", is_flag=True, help="Undo the merge.")
@click.option(
    "--yes", is_flag=True, help="Merge or undo; without this, only show what would change."
)
@json_option
@click.pass_obj
def merge(console: Console, *, kept: str, merged: str, undo: bool, yes: bool) -> None:
    """Merge the organization MERGED into KEPT, both given by short name; can be undone.

    People, pools, orders, and LMS connections of both count as one organization's.
    """
    if undo:
        _undo(console, kept, merged, yes=yes)
        return
    with console.carrel.database.transaction() as session:
        hooks = hooks_for(console.components, "connections")
        shown = organization_merges.preview_merge(session, kept=kept, merged=merged, hooks=hooks)
        if yes:
            organization_merges.merge(session, kept=kept, merged=merged, **acting())
    facts = {"kept": kept, "merged": merged, "is_merged": yes, "written": yes, "preview": shown}
    last = (
        f"{shown.merged.name} is merged into {shown.kept.name}."
        if yes
        else "Nothing was changed. Add --yes to merge them."
    )
    answer(facts, *_lines(shown), last)


def _undo(console: Console, kept: str, merged: str, *, yes: bool) -> None:
    with console.carrel.database.transaction() as session:
        into = organizations.find_organization(session, merged)
        if merged == kept or into.slug != kept:
            raise Conflict(NOT_MERGED)
        if yes:
            organization_merges.unmerge(session, merged, **acting())
    facts = {"kept": kept, "merged": merged, "is_merged": not yes, "written": yes, "preview": None}
    line = (
        f"{merged} and {kept} were separated again."
        if yes
        else f"{merged} is merged into {kept}. Nothing was changed. Add --yes to separate them."
    )
    answer(facts, line)


def _lines(shown: MergePreview) -> list[str]:
    lines = [_line(side) for side in (shown.kept, shown.merged)]
    if shown.in_both:
        lines.append(f"{shown.in_both} people belong to both.")
    return lines


def _line(side: MergeSide) -> str:
    domains = ", ".join(side.domains) or "no domains"
    return (
        f"{side.name} ({side.slug}): {side.people} members, {side.invited} invited,"
        f" {side.pools} pools with {side.seated} claimed seats, {side.orders} orders,"
        f" {side.connections} LMS connections, {domains}."
    )


organization.add_command(merge)
