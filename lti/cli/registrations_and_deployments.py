"""carrel lti registration and carrel lti deployment: platform registrations and deployments."""

from dataclasses import replace

import click

from lms.cli.command_context import Console, acting
from lms.cli.output import answer, answer_items, json_option
from lms.core import clock
from lms.mail.links import Links
from lti.models.registrations_and_keys import DeploymentState
from lti.registrations.additional_setup_guides import GUIDES
from lti.registrations.connection_decisions import (
    approve_platform,
    connect_deployment,
    stop_deployment,
    stop_platform,
)
from lti.registrations.deployments import DeploymentFacts, approve_deployment, list_deployments
from lti.registrations.registrations import (
    NewRegistration,
    RegistrationDetails,
    RegistrationFacts,
    add_registration,
    edit_registration,
    find_registration,
    list_registrations,
    name_of_platform,
)


@click.group("registration")
def registration() -> None:
    """LMS connections."""


@click.group("deployment")
def deployment() -> None:
    """Deployments: the tool as one customer of an LMS installed it."""


@registration.command("add")
@click.option("--issuer", required=True, help="Its issuer, also called platform ID.")
@click.option("--client-id", required=True, help="The client ID it gave us.")
@click.option("--auth-url", required=True, help="Its OIDC authentication URL.")
@click.option("--token-url", required=True, help="Its access token URL.")
@click.option("--jwks-url", required=True, help="Its keyset URL.")
@click.option(
    "--token-audience", help="Token audience, if different from the token URL (Brightspace)."
)
@click.option(
    "--organization", required=True, metavar="SLUG", help="The organization it belongs to."
)
@click.option("--product", type=click.Choice(sorted(GUIDES)), help="The LMS product.")
@click.option(
    "--deployment",
    "deployments",
    multiple=True,
    metavar="ID",
    help="A deployment ID to approve immediately. Can be repeated.",
)
@click.option("--name", help="Its name in lists. Default: organization, product, and host.")
@click.option(
    "--allow-loopback", is_flag=True, help="Allow an LMS on this machine or in a private network."
)
@json_option
@click.pass_obj
def add(
    console: Console,
    issuer: str,
    client_id: str,
    auth_url: str,
    token_url: str,
    jwks_url: str,
    token_audience: str | None,
    organization: str,
    product: str | None,
    deployments: tuple[str, ...],
    name: str | None,
    *,
    allow_loopback: bool,
) -> None:
    """Register an LMS and approve the given deployments."""
    now = clock.now()
    details = RegistrationDetails(
        name=name or name_of_platform(organization, product or "", auth_url),
        auth_url=auth_url,
        token_url=token_url,
        jwks_url=jwks_url,
        token_audience=token_audience,
        product=product or "",
        allows_loopback=allow_loopback,
    )
    new = NewRegistration(issuer, client_id, details, organization)
    with console.carrel.database.transaction() as session:
        made = add_registration(session, new, actor=None, now=now)
        for each in deployments:
            approve_deployment(
                session, made.public_id, each, organization=organization, actor=None, now=now
            )
    told = f" with {len(deployments)} approved deployments" if deployments else ""
    answer(
        _registration(made, deployments),
        f"{made.details.name} is registered as {made.public_id}{told}.",
    )


@registration.command("list")
@json_option
@click.pass_obj
def list_all(console: Console) -> None:
    """List registered LMSs."""
    with console.carrel.database.read_session() as session:
        known = list_registrations(session)
        deployed = list_deployments(session)
    items = [
        _registration(
            one,
            tuple(each.deployment_id for each in deployed if each.registration == one.public_id),
        )
        for one in known
    ]
    columns = ("id", "name", "issuer", "client_id", "state", "organization", "deployments")
    answer_items(items, columns)


@registration.command("set")
@click.argument("registration_id", metavar="REG")
@click.option("--leeway", type=int, metavar="SECONDS", help="Clock tolerance.")
@click.option(
    "--admit-anonymous/--refuse-anonymous",
    default=None,
    help="Whether to allow people without a user ID.",
)
@click.option(
    "--frame-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help='Other addresses that show our pages. Replaces earlier ones. Use "" for none.',
)
@json_option
@click.pass_obj
def set_one(
    console: Console,
    registration_id: str,
    leeway: int | None,
    origins: tuple[str, ...],
    *,
    admit_anonymous: bool | None,
) -> None:
    """Change the settings of an LMS connection; options you leave out don't change."""
    with console.carrel.database.transaction() as session:
        details = find_registration(session, registration_id).details
        changed = replace(
            details,
            leeway_s=details.leeway_s if leeway is None else leeway,
            admits_anonymous=details.admits_anonymous
            if admit_anonymous is None
            else admit_anonymous,
            frame_origins=tuple(filter(None, origins)) if origins else details.frame_origins,
        )
        kept = edit_registration(session, registration_id, changed, **acting())
    answer(_registration(kept, ()), f"{kept.details.name} is updated.")


@registration.command("approve")
@click.argument("registration_id", metavar="REG")
@json_option
@click.pass_obj
def approve(console: Console, *, registration_id: str) -> None:
    """Approve an LMS that is pending or was turned off, with the deployments that it has shown.

    Its organization's managers are emailed, as from the staff pages.
    """
    with console.carrel.database.transaction() as session:
        kept = approve_platform(
            session, registration_id, links=Links(console.settings.base_url), **acting()
        )
        deployed = [
            one.deployment_id
            for one in list_deployments(session, registration=registration_id)
            if one.state is DeploymentState.APPROVED
        ]
    told = f"{kept.details.name} is active, with deployments {', '.join(deployed) or 'none'}."
    answer(_registration(kept, tuple(deployed)), told)


@registration.command("disable")
@click.argument("registration_id", metavar="REG")
@json_option
@click.pass_obj
def disable(console: Console, *, registration_id: str) -> None:
    """Turn off an LMS connection."""
    with console.carrel.database.transaction() as session:
        kept = stop_platform(
            session, registration_id, links=Links(console.settings.base_url), **acting()
        )
    answer(_registration(kept, ()), f"{kept.details.name} is turned off.")


@deployment.command("list")
@json_option
@click.pass_obj
def list_deployed(console: Console) -> None:
    """List deployments, last launched first."""
    with console.carrel.database.read_session() as session:
        items = [_deployment(one) for one in list_deployments(session)]
    columns = ("registration", "deployment_id", "state", "organization", "seen_at")
    answer_items(items, columns)


@deployment.command("approve")
@click.argument("registration_id", metavar="REG")
@click.argument("deployment_id", metavar="ID")
@click.option(
    "--organization",
    required=True,
    metavar="SLUG",
    help="The organization whose recordings it shows.",
)
@json_option
@click.pass_obj
def approve_one(
    console: Console, *, registration_id: str, deployment_id: str, organization: str
) -> None:
    """Approve a deployment for an organization, so that it shows its recordings."""
    with console.carrel.database.transaction() as session:
        kept = connect_deployment(
            session,
            registration_id,
            deployment_id,
            organization=organization,
            links=Links(console.settings.base_url),
            **acting(),
        )
    told = f"Deployment {deployment_id} of {kept.platform} is approved for {organization}."
    answer(_deployment(kept), told)


@deployment.command("refuse")
@click.argument("registration_id", metavar="REG")
@click.argument("deployment_id", metavar="ID")
@json_option
@click.pass_obj
def refuse_one(console: Console, *, registration_id: str, deployment_id: str) -> None:
    """Refuse the launches of a deployment."""
    with console.carrel.database.transaction() as session:
        kept = stop_deployment(
            session,
            registration_id,
            deployment_id,
            links=Links(console.settings.base_url),
            **acting(),
        )
    told = f"Deployment {deployment_id} of {kept.platform} is refused."
    answer(_deployment(kept), told)


def _registration(one: RegistrationFacts, deployments: tuple[str, ...]) -> dict[str, object]:
    return {
        "id": one.public_id,
        "name": one.details.name,
        "issuer": one.issuer,
        "client_id": one.client_id,
        "state": one.state,
        "organization": None if one.organization is None else one.organization.slug,
        "auth_url": one.details.auth_url,
        "token_url": one.details.token_url,
        "jwks_url": one.details.jwks_url,
        "token_audience": one.details.token_audience,
        "allows_loopback": one.details.allows_loopback,
        "leeway_s": one.details.leeway_s,
        "admits_anonymous": one.details.admits_anonymous,
        "frame_origins": one.details.frame_origins,
        "deployments": deployments,
        "created_at": one.created_at,
    }


def _deployment(one: DeploymentFacts) -> dict[str, object]:
    return {
        "id": one.public_id,
        "registration": one.registration,
        "deployment_id": one.deployment_id,
        "state": one.state,
        "organization": None if one.organization is None else one.organization.slug,
        "seen_at": one.seen_at,
    }
