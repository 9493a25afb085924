"""carrel vendor-document: add and list documents for purchasing offices, such as a W-9."""

from datetime import datetime
from pathlib import Path

import click

from lms.cli.command_context import Console, acting
from lms.cli.output import answer, answer_items, json_option
from lms.core.attached_files import LARGEST_BYTES, keep_pdf
from lms.models.seller import VendorDocumentAudience, VendorDocumentKind
from lms.seller.vendor_documents import (
    FOLDER,
    VendorDocumentDetails,
    VendorDocumentFacts,
    add_vendor_document,
    read_vendor_documents,
)

FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
COLUMNS = ("document", "kind", "title", "audience", "version", "valid_until", "withdrawn_at")


@click.group("vendor-document")
def vendor_document() -> None:
    """Add and list vendor documents."""


@vendor_document.command("add")
@click.argument("kind", type=click.Choice([kind.value for kind in VendorDocumentKind]))
@click.argument("file", type=FILE)
@click.option("--title", default="", help="Title for customers; default: the kind.")
@click.option(
    "--audience",
    type=click.Choice([audience.value for audience in VendorDocumentAudience]),
    default=VendorDocumentAudience.ON_REQUEST.value,
    show_default=True,
    help="Who gets it: everyone, people who ask, or every order.",
)
@click.option(
    "--valid-until",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="Last day; default: no end.",
)
@json_option
@click.pass_obj
def add(
    console: Console,
    *,
    kind: str,
    file: Path,
    title: str,
    audience: str,
    valid_until: datetime | None,
) -> None:
    """Add a PDF as a vendor document of a KIND."""
    carrel = console.carrel
    details = VendorDocumentDetails(
        VendorDocumentKind(kind),
        title,
        VendorDocumentAudience(audience),
        valid_until.date() if valid_until else None,
    )
    with file.open("rb") as stream:
        data = stream.read(LARGEST_BYTES + 1)
    kept = keep_pdf(carrel.storage, data, file.name, carrel.settings.scratch, folder=FOLDER)
    try:
        with carrel.database.transaction() as session:
            facts = add_vendor_document(session, details, kept, **acting())
    except Exception:
        carrel.storage.delete(kept.key)
        raise
    answer(_row(facts), f"{facts.title} was added: {facts.id}")


@vendor_document.command("list")
@json_option
@click.pass_obj
def list_documents(console: Console) -> None:
    """List the vendor documents, current ones first."""
    with console.carrel.database.read_session() as session:
        rows = [_row(facts) for facts in read_vendor_documents(session)]
    answer_items(rows, COLUMNS)


def _row(facts: VendorDocumentFacts) -> dict[str, object]:
    return {
        "document": facts.id,
        "kind": facts.kind,
        "title": facts.title,
        "audience": facts.audience,
        "version": facts.version,
        "file": facts.file_name,
        "valid_until": facts.valid_until,
        "added_at": facts.added_at,
        "withdrawn_at": facts.withdrawn_at,
    }
