"""carrel media: the stored files, looked after."""

from dataclasses import dataclass

import click

from lms.cli.console import Console
from lms.cli.output import answer, json_option
from lms.errors import N_, Refused, Unavailable


@dataclass(frozen=True, slots=True)
class Opened:
    """Which bucket lets the pages of which origin fetch films."""

    storage: str
    origin: str


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
