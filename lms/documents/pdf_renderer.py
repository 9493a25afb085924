"""The PDF of a document, rendered only from its snapshot."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from types import MappingProxyType
from typing import Final

from lms.core.pdf_documents import PICTURES, Size, print_pdf
from lms.documents.printed import printed_document
from lms.documents.snapshots import Snapshot

SIZES: Final[Mapping[str, Size]] = MappingProxyType({"letter": Size.LETTER, "a4": Size.A4})


def render_pdf(
    snapshot: Snapshot, *, logo: bytes | None, logo_type: str | None, at: datetime
) -> bytes:
    """Return a document as a tagged PDF (PDF/UA-1); the same arguments give the same bytes.

    `at` is its date of issue. Without a usable logo, the seller's name is printed instead.
    """
    printed = printed_document(snapshot)
    ending = PICTURES.get(logo_type or "")
    pictures = {f"logo.{ending}": logo} if logo is not None and ending else {}
    return print_pdf(
        "documents/document.typ",
        {
            "name": printed.name,
            "document": asdict(printed),
            "logo": next(iter(pictures), ""),
        },
        size=SIZES[snapshot.paper],
        at=at,
        pictures=pictures,
    )
