"""carrel media: the stored files, looked after."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import click

from lms.cli.console import Console
from lms.cli.output import answer, json_option
from lms.clock import now
from lms.errors import N_, Refused, Unavailable
from lms.inventory import Fault, Inventory, Orphan, remove_orphans, take_inventory

FOUND_SOMETHING = 1
NEXT = {
    "missing": N_("Bring these files back from a backup; a recording can also be added again."),
    "wrong_size": N_("These files were cut off or written over: bring them back from a backup."),
    "wrong_checksum": N_(
        "The disk has altered these files: bring them back, and look at the disk."
    ),
    "broken_playlist": N_("Prepare these recordings again: Staff, the webinar, Try again."),
}


@dataclass(frozen=True, slots=True)
class Opened:
    """Which bucket lets the pages of which origin fetch films."""

    storage: str
    origin: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What `media check` found; `removed` are the orphans that went."""

    named: int
    stored: int
    fault_count: int
    orphan_count: int
    orphan_bytes: int
    faults: tuple[Fault, ...]
    orphans: tuple[Orphan, ...]
    removed: tuple[Orphan, ...]


@click.group("media")
def media() -> None:
    """Look after stored files: recordings, handouts, pictures."""


@media.command("cors")
@json_option
@click.pass_obj
def cors(console: Console, *, as_json: bool) -> None:
    """Let this library's pages fetch films from the bucket, as CARREL_DELIVERY=redirect wants."""
    settings = console.settings
    if not settings.storage_url.startswith("s3:"):
        raise Refused(N_("CARREL_STORAGE is a directory, which needs no leave."), code="no_bucket")
    try:
        console.carrel.storage.let_pages_read(settings.base_url)
    except Exception as error:
        raise Unavailable(f"The bucket did not take it: {error}") from error
    opened = Opened(settings.storage_url, settings.base_url)
    said = f"{opened.storage} lets pages of {opened.origin} fetch films."
    answer(opened, said, as_json=as_json)


@media.command("check")
@click.option("--deep", is_flag=True, help="Read every byte and compare the checksums.")
@click.option("--remove-orphans", is_flag=True, help="Delete files that no row names, a day old.")
@click.option("--yes", is_flag=True, help="Delete them without asking again.")
@json_option
@click.pass_context
def check(
    context: click.Context, *, deep: bool, remove_orphans: bool, yes: bool, as_json: bool
) -> None:
    """Compare the database with the stored files: each is there and whole, and none is unknown.

    Answers 1 when something is missing, damaged or unknown, after it has listed it. What is still
    being sent is not counted. Nothing is changed unless orphans are to be removed.
    """
    console: Console = context.obj
    if remove_orphans and as_json and not yes:
        raise click.UsageError("With --json, say --yes as well to delete.")
    carrel = console.carrel
    is_watched = sys.stderr.isatty() and not as_json
    found = take_inventory(
        carrel.database, carrel.storage, now=now(), deep=deep, tell=_tell(is_watched=is_watched)
    )
    lines = _lines(found)
    old = [one for one in found.orphans if not one.is_young]
    removed: tuple[Orphan, ...] = ()
    if remove_orphans and old:
        if not as_json:
            click.echo("\n".join(lines))
            lines = []
        if yes or click.confirm(f"Delete the {len(old)} that are older than a day, for good?"):
            removed = _removed(console, old)
            lines.append(f"{len(removed)} deleted.")
    checked = Checked(
        named=found.named,
        stored=found.stored,
        fault_count=found.fault_count,
        orphan_count=found.orphan_count,
        orphan_bytes=found.orphan_bytes,
        faults=tuple(found.faults),
        orphans=tuple(found.orphans),
        removed=removed,
    )
    answer(checked, *lines, as_json=as_json)
    if found.fault_count or found.orphan_count > len(removed):
        context.exit(FOUND_SOMETHING)


def _removed(console: Console, old: list[Orphan]) -> tuple[Orphan, ...]:
    return remove_orphans(console.carrel.database, console.carrel.storage, old)


def _tell(*, is_watched: bool) -> Callable[[Inventory], None]:
    def tell(found: Inventory) -> None:
        if is_watched:
            click.echo(f"\r{found.named} named, {found.stored} stored", nl=False, err=True)

    return tell


def _lines(found: Inventory) -> list[str]:
    lines = [f"{found.named} files are named by the database, {found.stored} are stored."]
    for wrong in dict.fromkeys(fault.wrong for fault in found.faults):
        several = [fault for fault in found.faults if fault.wrong is wrong]
        lines += ["", f"{wrong.replace('_', ' ').capitalize()}: {len(several)}"]
        lines += [f"  {fault.key}  (of {fault.named_by})" for fault in several]
        lines.append(f"  {NEXT[wrong]}")
    if found.orphans:
        lines += ["", f"Named by nothing: {found.orphan_count}, {found.orphan_bytes:,} bytes"]
        for one in found.orphans:
            young = ", younger than a day" if one.is_young else ""
            lines.append(f"  {one.key}  ({one.size_bytes:,} bytes{young})")
        lines.append("  They do no harm. `carrel media check --remove-orphans` deletes the old.")
    if len(found.faults) < found.fault_count or len(found.orphans) < found.orphan_count:
        lines.append("Only the first thousand of a kind are listed.")
    if not found.fault_count and not found.orphan_count:
        lines.append("All of them are there and whole, and nothing else is.")
    return lines
