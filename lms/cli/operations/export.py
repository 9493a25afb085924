"""carrel export: write everything in open formats."""

import sys
from pathlib import Path

import click

from lms.cli.command_context import Console
from lms.cli.output import answer, json_option
from lms.core.clock import now
from lms.operations.export import export


@click.command("export")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@json_option
@click.pass_obj
def export_command(console: Console, *, directory: Path, as_json: bool) -> None:
    """Write every row (JSONL) and every stored file into a new DIRECTORY.

    Leaves out private keys and the hashes of passwords and links.
    """
    is_watched = sys.stderr.isatty() and not as_json

    def tell(files: int) -> None:
        if is_watched:
            click.echo(f"\r{files} files", nl=False, err=True)

    carrel = console.carrel
    done = export(carrel.database, carrel.storage, directory, now=now(), tell=tell)
    said = f"{done.rows} rows of {done.tables} tables and {done.files} files were exported to {directory}."
    answer(done, said, as_json=as_json)
