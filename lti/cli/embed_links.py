"""carrel embed: an organization's embed links for the iframes of its own pages."""

import click

from lms.cli.command_context import Console, acting
from lms.cli.option_values import read_datetime
from lms.cli.output import answer, answer_items, json_option
from lms.core import clock
from lms.core.runtime import derived_key
from lms.lti_facade.content_choices import find_choice, find_series
from lms.lti_facade.content_names import public_id_of
from lms.lti_facade.organizations import find_organization
from lms.mail.links import Links
from lti.embed_links.allowed_origins import read_origins
from lti.embed_links.embed_links import (
    EMBED_LINKS,
    EmbedDetails,
    EmbedFacts,
    add_embed,
    find_anybodys,
    list_embeds,
    revoke_for_team,
    token_of,
)
from lti.models.embed_links import SeatRule
from lti.protocol.content_target import Target

ONE_OF_TWO = "give either --webinar or --series"


@click.group("embed")
def embed() -> None:
    """Embed links: recordings on organizations' own pages, in an iframe."""


@embed.command("add")
@click.argument("organization", metavar="ORG")
@click.option("--webinar", metavar="SLUG", help="The recording to show.")
@click.option("--series", metavar="SLUG", help="The series to show.")
@click.option(
    "--origin",
    "origins",
    multiple=True,
    required=True,
    help="A site where it can be shown. Can be repeated.",
)
@click.option(
    "--rule",
    type=click.Choice([rule.value for rule in SeatRule]),
    default=SeatRule.SEATED.value,
    show_default=True,
    help="Who can watch: seated (their own people, with a code), named (anyone, with a code), or "
    "institution (everyone who sees the page).",
)
@click.option("--expires", metavar="TIME", help="When it expires. Required for the rule named.")
@click.option("--zone", help="The time zone of --expires, such as America/New_York.")
@click.option("--label", help="Its name in lists. Default: the title of what it shows.")
@json_option
@click.pass_obj
def add(
    console: Console,
    organization: str,
    webinar: str | None,
    series: str | None,
    origins: tuple[str, ...],
    rule: str,
    expires: str | None,
    zone: str | None,
    label: str | None,
) -> None:
    """Create an embed link for a recording or a series of ORG, for these sites only."""
    if (webinar is None) == (series is None):
        raise click.UsageError(ONE_OF_TWO)
    now = clock.now()
    expires_at = read_datetime(expires, zone) if expires else None
    sites = read_origins("\n".join(origins))
    with console.carrel.database.transaction() as session:
        whose = find_organization(session, organization)
        if webinar is not None:
            name = public_id_of(session, webinar=webinar)
            title = find_choice(session, whose.id, name, now=now).title
            target = Target(webinar=name)
        else:
            name = public_id_of(session, series=series)
            title = find_series(session, whose.id, name, now=now).title
            target = Target(series=name)
        details = EmbedDetails(label or title, sites, SeatRule(rule), expires_at)
        key = _key(console)
        made = add_embed(session, whose.id, target, details, key=key, actor=None, now=now)
    told = f"Embed link for {title} on {', '.join(sites)}:"
    answer(_answer(console, made), told, _url(console, made))


@embed.command("list")
@click.option("--organization", metavar="SLUG", help="Only from this organization.")
@json_option
@click.pass_obj
def list_all(console: Console, *, organization: str | None) -> None:
    """List embed links, newest first."""
    with console.carrel.database.read_session() as session:
        whose = None if organization is None else find_organization(session, organization).id
        items = [_answer(console, one) for one in list_embeds(session, whose)]
    columns = ("id", "organization", "label", "origins", "seat_rule", "revoked_at", "uses")
    answer_items(items, columns)


@embed.command("revoke")
@click.argument("embed_id", metavar="ID")
@json_option
@click.pass_obj
def revoke(console: Console, *, embed_id: str) -> None:
    """Revoke an embed link; playback stops within one minute."""
    links = Links(console.settings.base_url)
    with console.carrel.database.transaction() as session:
        revoke_for_team(session, embed_id, links=links, **acting())
        kept = find_anybodys(session, embed_id)
    answer(_answer(console, kept), f"{kept.details.label} is revoked.")


def _key(console: Console) -> bytes:
    return derived_key(console.settings.secret_key, EMBED_LINKS)


def _url(console: Console, one: EmbedFacts) -> str:
    return f"{console.settings.base_url}/embed/{token_of(_key(console), one.public_id)}"


def _answer(console: Console, one: EmbedFacts) -> dict[str, object]:
    return {
        "id": one.public_id,
        "organization": one.organization.slug,
        "label": one.details.label,
        "title": one.title,
        "url": _url(console, one),
        "origins": one.details.origins,
        "seat_rule": one.details.seat_rule,
        "created_at": one.created_at,
        "expires_at": one.details.expires_at,
        "revoked_at": one.revoked_at,
        "uses": one.uses,
        "last_used_at": one.last_used_at,
    }
