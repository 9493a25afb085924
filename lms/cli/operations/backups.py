"""carrel backup: create, list, verify, restore, and drill backups."""

import os
from datetime import timedelta

import click

from lms.cli.command_context import Console
from lms.cli.operations.doctor import examine
from lms.cli.output import answer, answer_items, is_json, json_option, show_progress
from lms.component import load_tables
from lms.core.clock import now
from lms.core.dates_and_time_zones import on_wall_clock
from lms.core.errors import Unavailable
from lms.core.settings import kept_secret_key_path
from lms.operations import backup_drill, backup_restore, backup_verification, backups
from lms.operations.backups import BackupPlace, Snapshot
from media.storage.storage_copy import Corrupt, Moved

FOUND_SOMETHING = 1


@click.group("backup")
def backup() -> None:
    """Back up everything, and test that it can be restored."""


@backup.command("create")
@click.option("--to", metavar="URL", help="Destination; default: CARREL_BACKUP.")
@json_option
@click.pass_obj
def create(console: Console, *, to: str | None) -> None:
    """Back up the database and new files while people watch; run it every night.

    With CARREL_BACKUP_PASSPHRASE set, the backup also has the secret key, encrypted with it.
    """
    place = _place(console, to)
    try:
        made = backups.create(console.carrel, place, now=now(), tell=_tell)
    except Corrupt as error:
        raise _differs(error, place.url) from error
    lines = [f"{made.name}: {made.rows} rows and {made.files} files are in {place.url}."]
    lines.append(f"{made.copied} files were new ({made.copied_bytes:,} bytes).")
    if console.settings.backup_passphrase is None:
        lines.append(
            "This backup doesn't have the secret key. Set CARREL_BACKUP_PASSPHRASE, or copy the "
            "key to a"
            " safe place."
        )
    answer(made, *lines)


@backup.command("list")
@click.option(
    "--from", "source", metavar="URL", help="Location of the backups; default: CARREL_BACKUP."
)
@json_option
@click.pass_obj
def list_all(console: Console, *, source: str | None) -> None:
    """List the complete backups, the newest first."""
    items = [_line(one) for one in backups.snapshots(_place(console, source))]
    columns = ("name", "taken_at", "version", "rows", "files", "has_secret_key")
    answer_items(items, columns)


@backup.command("verify")
@click.argument("name", required=False)
@click.option(
    "--from", "source", metavar="URL", help="Location of the backups; default: CARREL_BACKUP."
)
@click.option("--deep", is_flag=True, help="Read every file that has a checksum.")
@json_option
@click.pass_context
def verify(context: click.Context, *, name: str | None, source: str | None, deep: bool) -> None:
    """Check that the newest backup, or the one with NAME, is complete."""
    console: Console = context.obj
    load_tables(console.components)  # it opens the backup's database, not the installation's
    place = _place(console, source)
    found = backup_verification.verify(
        place, _snapshot(place, name), console.settings.scratch, now=now(), deep=deep
    )
    answer(found, *_verified_lines(found))
    if not found.is_good:
        context.exit(FOUND_SOMETHING)


@backup.command("restore")
@click.argument("source", metavar="URL")
@click.argument("name", required=False)
@click.option("--new-secret-key", is_flag=True, help="Continue without the backup's secret key.")
@json_option
@click.pass_context
def restore(context: click.Context, *, source: str, name: str | None, new_secret_key: bool) -> None:
    """Restore the newest backup, or the one with NAME, into an empty database and storage.

    The database and storage in the settings must be empty. If interrupted, run it again.
    """
    console: Console = context.obj
    place = _place(console, source)
    snapshot = _snapshot(place, name)
    key = backup_restore.key_to_restore(console.settings, snapshot)
    if key is not None:
        _keep_key(console, key)
        console = context.obj = Console(console.components)
    try:
        done = backup_restore.restore(
            console.new_carrel,
            place,
            snapshot,
            new_secret_key=new_secret_key,
            tell=_tell,
        )
        lines = [f"{done.rows} rows and {done.files} files were restored from {done.name}."]
        lines += [f"Missing from the backup: {key}" for key in done.missing]
        if done.missing:
            lines.append("Run carrel media check to see what these files belong to.")
        if not done.has_old_key:
            lines.append(
                "The secret key is new. Run: carrel lti keys rotate --at-once; carrel badge-keys "
                "rotate"
            )
        if not is_json():
            lines += ["", *examine(console).lines]
            lines.append("Next: start Carrel (docs/operating.md). Then run: carrel doctor")
    except Corrupt as error:
        raise _differs(error, console.settings.storage_url) from error
    finally:
        if key is not None:
            console.close()
    answer(done, *lines)
    if done.missing:
        context.exit(FOUND_SOMETHING)


@backup.command("drill")
@click.option(
    "--from", "source", metavar="URL", help="Location of the backups; default: CARREL_BACKUP."
)
@json_option
@click.pass_context
def drill(context: click.Context, *, source: str | None) -> None:
    """Restore the newest backup to a temporary location, and compare what 200 people can watch."""
    console: Console = context.obj
    place = _place(console, source)
    done = backup_drill.drill(console.carrel, place, backups.newest(place), now=now())
    answer(done, *_drilled_lines(console, done))
    if not done.is_good:
        context.exit(FOUND_SOMETHING)


def _differs(error: Corrupt, url: str) -> Unavailable:
    return Unavailable(
        f"{error} was read back from {url} with different contents. Check that storage, then run this "
        "again."
    )


def _place(console: Console, url: str | None) -> BackupPlace:
    url = url or console.settings.backup_url
    if url is None:
        raise click.UsageError("Set CARREL_BACKUP to the address for backups, or enter one.")
    try:
        return backups.open_backup(console.settings, url)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _snapshot(place: BackupPlace, name: str | None) -> Snapshot:
    return backups.newest(place) if name is None else backups.named(place, name)


def _keep_key(console: Console, key: str) -> None:
    path = kept_secret_key_path(console.settings.data_dir)
    new = path.with_suffix(".restored")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key + "\n")
    new.replace(path)


def _tell(so_far: Moved) -> None:
    show_progress(f"{so_far.copied} files copied, {so_far.copied_bytes:,} bytes")


def _line(snapshot: Snapshot) -> dict[str, object]:
    manifest = snapshot.manifest
    return {
        "name": snapshot.name,
        "taken_at": snapshot.taken_at,
        "version": manifest.version,
        "rows": sum(manifest.rows.values()),
        "files": manifest.files,
        "has_secret_key": manifest.sealed_key is not None,
    }


def _verified_lines(found: backup_verification.Verified) -> list[str]:
    lines = [f"{found.name}: {found.rows} rows and {found.files} files."]
    lines += [
        f"Table with different rows than when backed up: {name}" for name in found.different_tables
    ]
    lines += [f"Missing: {key}" for key in found.missing]
    lines += [
        f"{fault.wrong.value.replace('_', ' ').capitalize()}: {fault.key} (of {fault.named_by})"
        for fault in found.faults
    ]
    lines.append(
        "This backup is complete and can be restored."
        if found.is_good
        else "Run carrel media check to see whether the library itself is whole, then carrel backup create."
    )
    return lines


def _drilled_lines(console: Console, done: backup_drill.Drilled) -> list[str]:
    zone = console.settings.zone
    taken = on_wall_clock(done.taken_at, zone)
    took = timedelta(seconds=round(done.seconds))
    minutes, seconds = divmod(took.seconds, 60)
    lines = [f"{done.compared} people were compared: {done.wrong} have a different answer."]
    if done.changed:
        lines.append(
            f"{done.changed} have a different answer because something changed after the backup."
        )
    if done.played is None:
        lines.append("No recording is ready, so none was played.")
    elif not done.is_playable:
        lines.append(f"A segment of the recording {done.played} can't be read from the backup.")
    as_of = f"{taken:%Y-%m-%d %H:%M}, {minutes} min {seconds} s"
    lines.append(f"Restorable as of {as_of}" if done.is_good else f"NOT restorable as of {as_of}")
    return lines
