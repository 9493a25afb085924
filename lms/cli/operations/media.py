"""carrel media: check stored media files, set CORS, and move files between storages."""

import hashlib
from dataclasses import asdict, dataclass

import click

from lms.cli.command_context import Console
from lms.cli.output import answer, is_json, json_option, show_progress
from lms.cli.root_command import CHECK_STORAGE
from lms.core.clock import now
from lms.core.errors import N_, Refused, Unavailable
from lms.core.runtime import open_place
from lms.core.settings import is_within
from lms.housekeeping.storage_audit import Inventory, Orphan, remove_orphans, take_inventory
from media.storage.storage_copy import Corrupt, Ledger, Moved, move, remove_moved
from media.storage.storage_protocol import Storage, StorageAway

FOUND_SOMETHING = 1
NEXT = {
    "missing": N_("Restore these files from a backup, or add the recordings again."),
    "wrong_size": N_("These files are truncated or overwritten. Restore them from a backup."),
    "wrong_checksum": N_(
        "These files have changed on disk. Restore them from a backup, and check the disk."
    ),
    "broken_playlist": N_(
        "Process these recordings again: open each webinar and select Try again."
    ),
}


@click.group("media")
def media() -> None:
    """Check and move stored files: recordings, handouts, and images."""


@media.command("cors")
@json_option
@click.pass_obj
def cors(console: Console) -> None:
    """Allow your pages to load videos from the bucket; needed for CARREL_DELIVERY=redirect."""
    settings = console.settings
    if not settings.storage_url.startswith("s3:"):
        raise Refused(
            N_("CARREL_STORAGE is a directory, so no CORS rule is needed."), code="no_bucket"
        )
    try:
        console.carrel.storage.let_pages_read(settings.base_url)
    except StorageAway as fault:
        raise Unavailable(f"The bucket refused the rule: {fault}\n{CHECK_STORAGE}") from fault
    opened = {"storage": settings.storage_url, "origin": settings.base_url}
    answer(opened, f"{settings.storage_url} lets pages of {settings.base_url} load videos.")


@media.command("check")
@click.option("--deep", is_flag=True, help="Read every byte and compare the checksums.")
@click.option(
    "--remove-orphans", is_flag=True, help="Delete unknown files that are at least a day old."
)
@click.option("--yes", is_flag=True, help="Delete without asking.")
@json_option
@click.pass_context
def check(context: click.Context, *, deep: bool, remove_orphans: bool, yes: bool) -> None:
    """Check that every stored file exists and is complete, and look for unknown files.

    Lists missing, damaged, and unknown files, and exits with 1 if there are any. Ignores uploads in
    progress. Changes nothing unless you add --remove-orphans.
    """
    console: Console = context.obj
    if remove_orphans and is_json() and not yes:
        raise click.UsageError("With --json, also add --yes to delete.")
    carrel = console.carrel
    found = take_inventory(carrel.database, carrel.storage, now=now(), deep=deep, tell=_tell)
    lines = _lines(found)
    if remove_orphans and found.orphan_count and not found.named:
        raise Refused(
            N_(
                "The database lists no files, so every stored file looks unknown. Check that "
                "CARREL_DATABASE_URL and CARREL_STORAGE belong to the same installation. Nothing was "
                "deleted."
            ),
            code="names_nothing",
        )
    old = [one for one in found.orphans if not one.is_young]
    removed: tuple[Orphan, ...] = ()
    if remove_orphans and old:
        if not is_json():
            click.echo("\n".join(lines))
            lines = []
        if yes or click.confirm(f"Delete the {len(old)} that are older than a day?"):
            removed = _removed(console, old)
            lines.append(f"{len(removed)} deleted.")
    answer(asdict(found) | {"removed": removed}, *lines)
    if found.fault_count or found.orphan_count > len(removed):
        context.exit(FOUND_SOMETHING)


def _removed(console: Console, old: list[Orphan]) -> tuple[Orphan, ...]:
    return remove_orphans(console.carrel.database, console.carrel.storage, old)


def _tell(found: Inventory) -> None:
    show_progress(f"{found.named} named, {found.stored} stored")


def _lines(found: Inventory) -> list[str]:
    lines = [f"{found.named} files are listed in the database, {found.stored} are stored."]
    for wrong in dict.fromkeys(fault.wrong for fault in found.faults):
        several = [fault for fault in found.faults if fault.wrong is wrong]
        lines += ["", f"{wrong.replace('_', ' ').capitalize()}: {len(several)}"]
        lines += [f"  {fault.key}  (of {fault.named_by})" for fault in several]
        lines.append(f"  {NEXT[wrong]}")
    if found.orphans:
        lines += ["", f"Unknown: {found.orphan_count}, {found.orphan_bytes:,} bytes"]
        for one in found.orphans:
            young = ", younger than a day" if one.is_young else ""
            lines.append(f"  {one.key}  ({one.size_bytes:,} bytes{young})")
        lines.append(
            "  They are harmless. `carrel media check --remove-orphans` deletes those older than "
            "a day."
        )
    if len(found.faults) < found.fault_count or len(found.orphans) < found.orphan_count:
        lines.append("Only the first 1,000 of each kind are listed.")
    if not found.fault_count and not found.orphan_count:
        lines.append("All files exist and are complete. There are no unknown files.")
    return lines


@dataclass(frozen=True, slots=True)
class MoveReport:
    """The result of `media move`; `kept` are keys that stay in the former storage."""

    origin: str
    target: str
    copied: int
    copied_bytes: int
    before: int
    removed: int
    kept: tuple[str, ...]


@media.command("move")
@click.option("--to", metavar="URL", help="Destination: s3://bucket/prefix or file:///directory.")
@click.option(
    "--remove-former", metavar="URL", help="Delete the copied files from the former storage."
)
@json_option
@click.pass_obj
def move_command(console: Console, *, to: str | None, remove_former: str | None) -> None:
    """Copy all files to another storage while people watch, and compare checksums.

    If interrupted, run it again to continue. With --to it copies from CARREL_STORAGE; without,
    what is left in CARREL_STORAGE_FORMER.
    """
    settings = console.settings
    if to and remove_former:
        raise click.UsageError("Use either --to, which copies, or --remove-former, which deletes.")
    if remove_former:
        _remove(console, remove_former)
        return
    former = settings.storage_url if to else settings.storage_former
    if former is None:
        raise click.UsageError("Add --to, or set CARREL_STORAGE_FORMER.")
    target = to or settings.storage_url
    origin, place, ledger = _places(console, former, target)

    def tell(so_far: Moved) -> None:
        show_progress(f"{so_far.copied} copied, {so_far.copied_bytes:,} bytes")

    try:
        moved = move(origin, place, ledger=ledger, scratch=settings.scratch, tell=tell)
    except Corrupt as error:
        raise Unavailable(
            f"{error} was read back from {target} with different contents. Check that storage, then"
            " run this again. Nothing is lost, and people can keep watching."
        ) from error
    report = MoveReport(
        former, target, moved.copied, moved.copied_bytes, moved.before, removed=0, kept=()
    )
    done = f"{moved.copied} files copied and compared, {moved.copied_bytes:,} bytes"
    done += f"; {moved.before} were already there." if moved.before else "."
    answer(report, done, *(_then_switch(report) if to else _then_remove(report)))


def _then_switch(report: MoveReport) -> list[str]:
    return [
        f"Next: set CARREL_STORAGE={report.target}",
        f"      and CARREL_STORAGE_FORMER={report.origin}, and restart:",
        "      it reads from both and writes to the new one. Then run: carrel media move",
    ]


def _then_remove(report: MoveReport) -> list[str]:
    return [
        f"Everything is in {report.target}.",
        "Next: carrel media check, then remove CARREL_STORAGE_FORMER and restart.",
        f"      If everything is OK: carrel media move --remove-former {report.origin}",
    ]


def _remove(console: Console, former: str) -> None:
    settings = console.settings
    if settings.storage_former is not None:
        raise Refused(
            N_("All files were copied. Remove CARREL_STORAGE_FORMER and restart."),
            code="former_in_use",
        )
    origin, place, ledger = _places(console, former, settings.storage_url)
    removed, kept = remove_moved(origin, place, ledger)
    report = MoveReport(former, settings.storage_url, 0, 0, 0, removed=removed, kept=kept)
    lines = [f"{removed} files removed from {former}."]
    if kept:
        lines += ["These were not copied and remain:", *(f"  {key}" for key in kept)]
    else:
        ledger.forget()
    answer(report, *lines)


def _places(console: Console, former: str, target: str) -> tuple[Storage, Storage, Ledger]:
    """Open both storages, and the ledger of files copied between them."""
    if is_within(former, target) or is_within(target, former):
        raise Refused(
            N_("One location is inside the other. Choose another one."), code="same_place"
        )
    settings = console.settings
    try:
        places = open_place(settings, former), open_place(settings, target)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    mark = hashlib.sha256(f"{former}\n{target}".encode()).hexdigest()[:12]
    return *places, Ledger(settings.data_dir / f"moved-{mark}.txt")
