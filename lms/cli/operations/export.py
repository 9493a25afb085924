"""carrel export: write everything in open formats."""

from pathlib import Path

import click

from lms.cli.command_context import Console
from lms.cli.output import answer, json_option, show_progress
from lms.core.clock import now
from lms.operations.export import export


@click.command("export")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@json_option
@click.pass_obj
def export_command(console: Console, *, directory: Path) -> None:
    """Write every row (JSONL) and every stored file into a new DIRECTORY.

    Leaves out private keys and the hashes of passwords and links.
    """

    def tell(files: int) -> None:
        show_progress(f"{files} files")

    carrel = console.carrel
    done = export(carrel.database, carrel.storage, directory, now=now(), tell=tell)
    said = f"{done.rows} rows of {done.tables} tables and {done.files} files were exported to {directory}."
    answer(done, said)
