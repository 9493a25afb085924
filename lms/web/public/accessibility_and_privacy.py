"""The accessibility and privacy statements, and the Accessibility Conformance Report."""

from datetime import UTC, datetime, time
from functools import lru_cache
from typing import Final

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from lms.core.dates_and_time_zones import say_calendar_date
from lms.core.languages import Language, speaking
from lms.core.pdf_documents import Size, print_pdf
from lms.core.version import VERSION
from lms.seller.accessibility_report import (
    EVALUATED_ON,
    Criterion,
    count_results,
    read_tables,
)
from lms.web.core.request_context import render
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("about", __name__)

REPORT: Final = "Accessibility Conformance Report"


@blueprint.get("/accessibility")
@open_to(Audience.EVERYONE)
def accessibility() -> ResponseReturnValue:
    return render("public/accessibility.html")


@blueprint.get("/accessibility/report")
@open_to(Audience.EVERYONE)
def report() -> ResponseReturnValue:
    """Show what was tested for each criterion, and what it showed."""
    return render(
        "public/accessibility_report.html",
        tables=read_tables(),
        counts=count_results(),
        evaluated_on=say_calendar_date(EVALUATED_ON),
    )


@blueprint.get("/accessibility/report.pdf")
@open_to(Audience.EVERYONE)
def report_pdf() -> ResponseReturnValue:
    """Send the same as a tagged PDF."""
    return Response(
        _pdf(),
        mimetype="application/pdf",
        headers={"Content-Disposition": 'inline; filename="accessibility-report.pdf"'},
    )


@blueprint.get("/privacy")
@open_to(Audience.EVERYONE)
def privacy() -> ResponseReturnValue:
    return render("public/privacy.html")


@lru_cache(maxsize=1)
@speaking(Language.ENGLISH)
def _pdf() -> bytes:
    """Return the report as a PDF in English, like its table; the same bytes for everyone."""
    tables = [
        {"title": one.title, "criteria": [_line(each) for each in one.criteria]}
        for one in read_tables()
    ]
    facts = [
        ("Product", f"Carrel {VERSION}"),
        ("Report date", say_calendar_date(EVALUATED_ON)),
        ("Structure", "VPAT 2.5: WCAG 2.1 and 2.2 A and AA, Revised Section 508"),
        (
            "Evaluated with",
            "Automated tests, keyboard-only tests, and visual checks. No assistive technology.",
        ),
        ("WCAG results", ", ".join(f"{result}: {count}" for result, count in count_results())),
    ]
    values = {
        "title": REPORT,
        "product": f"Carrel {VERSION}",
        "house": "Carrel",
        "heads": "Criterion|Result|Remarks|Tests",
        "facts": facts,
        "tables": tables,
    }
    at = datetime.combine(EVALUATED_ON, time(), tzinfo=UTC)
    return print_pdf("public/accessibility_report.typ", values, size=Size.LETTER, at=at)


def _line(one: Criterion) -> dict[str, str]:
    only = f" (WCAG {one.only_in} only)" if one.only_in else ""
    return {
        "criterion": f"{one.number} {one.name}{only}",
        "result": one.result,
        "remark": one.remark,
        "tests": "\n".join(one.tests) or "None",
    }
