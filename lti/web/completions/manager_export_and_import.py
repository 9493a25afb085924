"""Manager pages for completions through embed links: list, CSV export, and CSV import from elsewhere."""

from collections import Counter
from typing import Final

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.core import clock
from lms.core.errors import N_, Conflict, Invalid
from lms.lti_facade.dates import say_day_or_time_of, say_time_of
from lms.lti_facade.uploaded_lists import drop_list, keep_list, open_list
from lms.web.core.csv_downloads import csv_answer
from lms.web.core.current_user import acting
from lms.web.core.form_errors import flashed
from lms.web.core.form_uploads import received
from lms.web.core.manager_area import Managed, render_in, zone_of
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.request_context import carrel, read_session, see_other, transaction
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lti.completions.completions import Completion, forget_reported, read_completions
from lti.completions.csv_import import Answer, AnsweredRow, answer_list, checked_source, take_in
from lti.embed_links.embed_links import EmbedFacts, find_embed, list_embeds

blueprint = Blueprint(
    "organization_completions",
    __name__,
    url_prefix="/organization/<organization_id>/embeds/completions",
)

PAGE: Final = 50
REJECTED: Final = 400
PERCENT: Final = 100
ANSWERS: Final = {
    Answer.OK: (N_("New"), "open", ""),
    Answer.ALREADY: (N_("Already imported"), "plain", N_("This completion was imported before.")),
    Answer.DUPLICATE: (
        N_("Duplicate"),
        "plain",
        N_("This row repeats an earlier one. We'll import only the first."),
    ),
    Answer.INVALID: (N_("Invalid"), "danger", ""),
}


@blueprint.get("")
@open_to(Audience.MANAGERS)
def index(organization_id: str) -> ResponseReturnValue:
    """Show completions, and the form for importing a list."""
    return _index(managed_organization(organization_id))


@blueprint.get("/completions.csv")
@open_to(Audience.MANAGERS)
def as_csv(organization_id: str) -> ResponseReturnValue:
    """Return the table as a CSV file."""
    managed = managed_organization(organization_id)
    found, _link = _read(managed)
    headings = (
        _("Name"),
        _("Email"),
        _("Webinar"),
        _("Watched %"),
        _("Completed at"),
        _("Import: completed at"),
        _("Import: source"),
    )
    rows = (
        (
            one.name,
            one.email,
            one.webinar,
            None if one.share is None else int(one.share * PERCENT),
            one.completed_at,
            one.reported_at,
            one.source,
        )
        for one in found
    )
    return csv_answer(headings, rows, "completions")


@blueprint.post("")
@open_to(Audience.MANAGERS)
def send(organization_id: str) -> ResponseReturnValue:
    """Receive a list and show a preview of each row; nothing is imported yet."""
    managed, now = managed_organization(organization_id), clock.now()
    try:
        source = checked_source(request.form.get("source", ""))
        with received() as (path, _name):
            with path.open("rb") as file, read_session() as session:
                answer_list(session, managed.facts.id, file, zone=zone_of(managed), now=now)
            list_id = keep_list(carrel(), managed.facts.public_id, path, now=now)
    except Invalid as refusal:
        return _index(managed, error=_(refusal.message)), REJECTED
    return see_other(".show", organization_id=organization_id, list_id=list_id, source=source)


@blueprint.get("/lists/<list_id>")
@open_to(Audience.MANAGERS)
def show(organization_id: str, list_id: str) -> ResponseReturnValue:
    """Show a preview of each row of a list."""
    managed, number = managed_organization(organization_id), page_number()
    rows = _answered(managed, list_id)
    counts = Counter(row.answer for row in rows)
    chosen = next((one for one in Answer if one == request.args.get("answer")), None)
    shown = [row for row in rows if chosen in (None, row.answer)]
    source = request.args.get("source", "")

    def url(page: int | None, answer: Answer | None) -> str:
        return url_for(
            ".show",
            organization_id=organization_id,
            list_id=list_id,
            source=source,
            answer=answer,
            page=page,
        )

    return render_in(
        managed,
        "lti/completions/manager_import.html",
        list_id=list_id,
        source=source,
        counts=counts,
        total=len(rows),
        kinds=[
            (_(ANSWERS[one][0]), counts[one], url(None, one), one is chosen)
            for one in Answer
            if counts[one]
        ],
        all_url=url(None, None),
        chosen=chosen,
        rows=[
            (row, _(ANSWERS[row.answer][0]), ANSWERS[row.answer][1], _why(row))
            for row in shown[(number - 1) * PAGE : number * PAGE]
        ],
        pager=pager_of(number, PAGE, len(shown), url=lambda page: url(page, chosen)),
    )


@blueprint.post("/lists/<list_id>/apply")
@open_to(Audience.MANAGERS)
def apply(organization_id: str, list_id: str) -> ResponseReturnValue:
    """Import a list, completely or only the valid rows."""
    managed = managed_organization(organization_id)
    rows, source = _answered(managed, list_id), request.form.get("source", "")
    with flashed(Conflict):
        with transaction() as session:
            taken = take_in(
                session,
                managed.facts.id,
                rows,
                source,
                partial=request.form.get("which") == "those_that_fit",
                **acting(),
            )
        drop_list(carrel(), managed.facts.public_id, list_id)
        said = ngettext(
            "%(num)s completion was imported.", "%(num)s completions were imported.", taken
        )
        flash(said, "done")
        return see_other(".index", organization_id=organization_id)
    return see_other(".show", organization_id=organization_id, list_id=list_id, source=source)


@blueprint.post("/lists/<list_id>/discard")
@open_to(Audience.MANAGERS)
def discard(organization_id: str, list_id: str) -> ResponseReturnValue:
    """Discard a list."""
    managed = managed_organization(organization_id)
    with open_list(carrel(), managed.facts.public_id, list_id):
        pass  # raises NotFound for another organization's list
    drop_list(carrel(), managed.facts.public_id, list_id)
    flash(_("The list was discarded. Nothing was imported."), "done")
    return see_other(".index", organization_id=organization_id)


@blueprint.post("/<reported_id>/forget")
@open_to(Audience.MANAGERS)
def forget(organization_id: str, reported_id: str) -> ResponseReturnValue:
    """Delete one imported completion."""
    managed = managed_organization(organization_id)
    with transaction() as session:
        forget_reported(session, managed.facts.id, reported_id)
    flash(_("The import was deleted."), "done")
    return see_other(".index", organization_id=organization_id)


def _read(managed: Managed) -> tuple[tuple[Completion, ...], str]:
    """Return the requested completions: of one link, or of all links and imports."""
    embed_id, label = request.args.get("embed", ""), ""
    with read_session() as session:
        if embed_id:
            link = find_embed(session, managed.facts.id, embed_id)
            links: tuple[EmbedFacts, ...] = (link,)
            label = link.details.label
        else:
            links = list_embeds(session, managed.facts.id)
        whole = not embed_id
        found = read_completions(session, managed.facts.id, links, whole=whole)
    words = _query().casefold().split()
    return tuple(
        one
        for one in found
        if all(word in f"{one.name} {one.email} {one.webinar}".casefold() for word in words)
    ), label


def _query() -> str:
    return request.args.get("q", "").strip()[:200]


def _index(managed: Managed, *, error: str = "") -> str:
    found, label = _read(managed)
    number, embed_id = page_number(), request.args.get("embed", "")
    here, zone = managed.facts.public_id, zone_of(managed).key
    query = _query()

    def url(page: int) -> str:
        return url_for(
            ".index", organization_id=here, page=page, embed=embed_id or None, q=query or None
        )

    return render_in(
        managed,
        "lti/completions/manager.html",
        error=error,
        label=label,
        query=query,
        embed_id=embed_id,
        source=request.form.get("source", ""),
        rows=[
            (
                one,
                "" if one.completed_at is None else say_time_of(one.completed_at, zone),
                "" if one.reported_at is None else say_day_or_time_of(one.reported_at, zone),
            )
            for one in found[(number - 1) * PAGE : number * PAGE]
        ],
        pager=pager_of(number, PAGE, len(found), url=url),
    )


def _answered(managed: Managed, list_id: str) -> tuple[AnsweredRow, ...]:
    with (
        open_list(carrel(), managed.facts.public_id, list_id) as file,
        read_session() as session,
    ):
        return answer_list(session, managed.facts.id, file, zone=zone_of(managed), now=clock.now())


def _why(row: AnsweredRow) -> str:
    return _(row.sentence or ANSWERS[row.answer][2]) if row.answer is not Answer.OK else ""
