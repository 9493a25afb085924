"""carrel organization merge: merge two records of one organization, or undo it."""

import click

from lms.cli.command_context import Console
from lms.cli.output import answer, json_option
from lms.component import hooks_for
from lms.core import clock
from lms.core.errors import Conflict
from lms.organizations import organization_merges, organizations
from lms.organizations.organization_merges import NOT_MERGED, MergePreview, MergeSide


@click.command("merge")
@click.argument("kept")
@click.argument("merged")
@click.option("--undo", is_flag=True, help="Undo the merge.")
@click.option(
    "--yes", is_flag=True, help="Merge or undo; without this, only show what would change."
)
@json_option
@click.pass_obj
def merge(
    console: Console, *, kept: str, merged: str, undo: bool, yes: bool, as_json: bool
) -> None:
    """Merge the organization MERGED into KEPT, both given by short name; can be undone.

    People, pools, orders, and LMS connections of both count as one organization's.
    """
    if undo:
        _undo(console, kept, merged, yes=yes, as_json=as_json)
        return
    with console.carrel.database.transaction() as session:
        hooks = hooks_for(console.components, "connections")
        shown = organization_merges.preview_merge(session, kept=kept, merged=merged, hooks=hooks)
        if yes:
            organization_merges.merge(
                session, kept=kept, merged=merged, actor=None, now=clock.now()
            )
    facts = {"kept": kept, "merged": merged, "is_merged": yes, "written": yes, "preview": shown}
    last = (
        f"{shown.merged.name} is merged into {shown.kept.name}."
        if yes
        else "Nothing was changed. Add --yes to merge them."
    )
    answer(facts, *_lines(shown), last, as_json=as_json)


def _undo(console: Console, kept: str, merged: str, *, yes: bool, as_json: bool) -> None:
    with console.carrel.database.transaction() as session:
        into = organizations.find_organization(session, merged)
        if merged == kept or into.slug != kept:
            raise Conflict(NOT_MERGED)
        if yes:
            organization_merges.unmerge(session, merged, actor=None, now=clock.now())
    facts = {"kept": kept, "merged": merged, "is_merged": not yes, "written": yes, "preview": None}
    line = (
        f"{merged} and {kept} were separated again."
        if yes
        else f"{merged} is merged into {kept}. Nothing was changed. Add --yes to separate them."
    )
    answer(facts, line, as_json=as_json)


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
