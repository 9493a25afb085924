"""Manager pages for a seat import: upload a staff list, check it, and apply it."""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, flash, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.core.clock import now
from lms.core.dates_and_time_zones import say_datetime_short
from lms.core.errors import N_, Invalid, NotFound, or_not_found
from lms.jobs.progress_estimates import pace_of
from lms.models.seat_imports import Answer, ImportState
from lms.organizations.manager_and_owner_permissions import Managed
from lms.seat_imports import imports as seat_import_imports
from lms.seat_imports import jobs as seat_import_jobs
from lms.seat_imports.group_columns import MOST_GROUPS, ListedGroup, read_listed_groups
from lms.seat_imports.read_models import PAGE, ImportFacts, latest_imports, read_import, rows_of
from lms.seats.pool_overview import PoolCard, read_pool, read_pools
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.job_progress_texts import say_pace
from lms.web.core.manager_area import render_in, zone_of
from lms.web.core.number_parsing_and_formatting import counted
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.request_context import carrel, read_session, see_other, transaction, wants_json
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lms.web.seats.manager_seat_forms import PoolForm
from lms.web.seats.pool_texts import pool_names, pool_title, pool_titles
from lms.web.seats.sent_list import sent_list

blueprint = Blueprint(
    "organization_imports", __name__, url_prefix="/organization/<organization_id>"
)

STATE_WORDS: Final = {
    ImportState.READING: N_("Checking"),
    ImportState.CHECKED: N_("Ready to confirm"),
    ImportState.APPLYING: N_("Inviting"),
    ImportState.APPLIED: N_("Done"),
    ImportState.FAILED: N_("Failed"),
}
STATE_BADGES: Final = {
    ImportState.READING: "term",
    ImportState.CHECKED: "soon",
    ImportState.APPLYING: "term",
    ImportState.APPLIED: "open",
    ImportState.FAILED: "danger",
}
ANSWER_WORDS: Final = {
    Answer.OK: N_("Gets a seat"),
    Answer.ALREADY: N_("Already included"),
    Answer.INVALID: N_("Can't be read"),
    Answer.DUPLICATE: N_("Duplicate"),
    Answer.NO_SEAT: N_("No seats left"),
}
ANSWER_BADGES: Final = {
    Answer.OK: "open",
    Answer.ALREADY: "plain",
    Answer.INVALID: "danger",
    Answer.DUPLICATE: "plain",
    Answer.NO_SEAT: "soon",
}
LIVE: Final = (ImportState.READING, ImportState.APPLYING)
CORRECTED: Final = (ImportState.CHECKED, ImportState.APPLIED)
GROUPS_SHOWN: Final = 20
LATEST: Final = 8


@blueprint.get("/import")
@open_to(Audience.MANAGERS)
def begin(organization_id: str) -> ResponseReturnValue:
    return _begin_page(managed_organization(organization_id))


@blueprint.post("/import")
@open_to(Audience.MANAGERS)
def send(organization_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    with read_session() as session:
        cards = read_pools(session, managed.facts.id, now=now())
    form = _pool_form(managed, cards)
    if form.pool.fault:
        return _begin_page(managed, error=form.pool.fault), 400
    card = or_not_found(next((each for each in cards if each.public_id == form.pool.data), None))
    try:
        facts = _taken_in(card)
    except Invalid as refusal:
        return _begin_page(managed, error=_(refusal.message)), 400
    return see_other(".show", organization_id=organization_id, import_id=facts.public_id)


@blueprint.get("/import/<import_id>")
@open_to(Audience.MANAGERS)
def show(organization_id: str, import_id: str) -> ResponseReturnValue:
    managed, number = managed_organization(organization_id), page_number()
    with read_session() as session:
        facts = read_import(session, import_id, organization_id=managed.facts.id)
        if wants_json():
            return jsonify(
                state=_(STATE_WORDS[facts.state]),
                is_live=facts.state in LIVE,
                percent=round(100 * facts.progress),
                amount=_amount(facts),
                note="",
            )
        chosen = next((one for one in Answer if one == request.args.get("answer")), None)
        page = rows_of(session, facts.id, answer=chosen, page=number)
        may_correct = facts.invalid and facts.state in CORRECTED
        faulty = rows_of(session, facts.id, answer=Answer.INVALID).items if may_correct else ()
        groups = read_listed_groups(session, facts.id)
        card = read_pool(session, managed.facts.id, facts.pool, now=now())

    def url(page_: int) -> str:
        here = {"organization_id": organization_id, "import_id": import_id}
        return url_for(".show", **here, answer=chosen, page=page_)  # type: ignore[arg-type]  # ids

    return render_in(
        managed,
        "seats/manager_seat_import.html",
        facts=facts,
        name=facts.file_name or _("Pasted addresses"),
        pool=pool_title(card),
        pool_id=card.public_id,
        free=card.free,
        state=_(STATE_WORDS[facts.state]),
        badge_kind=STATE_BADGES[facts.state],
        is_live=facts.state in LIVE,
        failure=_(facts.failure) if facts.failure else "",
        percent=round(100 * facts.progress),
        amount=_amount(facts),
        kinds=_kinds(facts),
        left_out=facts.invalid + facts.duplicate + facts.no_seat,
        faulty=[(row, _(row.sentence)) for row in faulty],
        groups=_group_words(groups),
        has_too_many_groups=len(groups) > MOST_GROUPS,
        chosen=chosen,
        rows=[
            (
                row.line,
                row.text,
                row.name,
                _word(row.answer, facts),
                ANSWER_BADGES[row.answer],
                "" if row.answer is Answer.OK else _(row.sentence),
            )
            for row in page.items
        ],
        said=counted,
        pager=pager_of(number, PAGE, page.total, url=url),
    )


@blueprint.post("/import/<import_id>/apply")
@open_to(Audience.MANAGERS)
def apply(organization_id: str, import_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    before = _own(managed, import_id)
    facts = seat_import_jobs.apply_list(
        carrel(), import_id, partial=request.form.get("which") == "those_that_fit", **acting()
    )
    if facts.state is ImportState.APPLIED:
        new = facts.seated - before.seated
        words = ngettext(
            "%(said)s person is being invited.",
            "%(said)s people are being invited.",
            new,
            said=counted(new),
        )
        flash(words if new else _("People were added to their groups."), "done")
    return see_other(".show", organization_id=organization_id, import_id=import_id)


@blueprint.post("/import/<import_id>/discard")
@open_to(Audience.MANAGERS)
def discard(organization_id: str, import_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    facts = _own(managed, import_id)
    with transaction() as session:
        seat_import_imports.discard(session, import_id)
    if facts.seated:
        flash(_("The list was discarded. People who were invited keep their invitations."), "done")
    else:
        flash(_("The list was discarded. No one was invited."), "done")
    return see_other(".begin", organization_id=organization_id)


def _amount(facts: ImportFacts) -> str:
    """Return the progress: rows read so far, or the number of people who get seats (all at once)."""
    if facts.state is ImportState.READING:
        rows, share = facts.staged, facts.progress
        return say_pace(pace_of(rows, None, share, started_at=facts.started_at, now=now()))
    return ngettext("%(said)s person", "%(said)s people", facts.ok, said=counted(facts.ok))


def _own(managed: Managed, import_id: str) -> ImportFacts:
    with read_session() as session:
        return read_import(session, import_id, organization_id=managed.facts.id)


def _taken_in(card: PoolCard) -> ImportFacts:
    actor, at = required_viewer().public_id, now()
    return sent_list(
        lambda path, name: seat_import_jobs.take_in(
            carrel(), path, name, pool_id=card.id, actor=actor, now=at
        ),
        lambda text: seat_import_jobs.take_in_pasted(
            carrel(), text, pool_id=card.id, actor=actor, now=at
        ),
    )


def _begin_page(managed: Managed, *, error: str = "") -> str:
    with read_session() as session:
        cards = read_pools(session, managed.facts.id, now=now())
        latest = latest_imports(session, [card.id for card in cards], limit=LATEST)
    titles, zone = pool_titles(cards), zone_of(managed)
    form = _pool_form(managed, cards)
    if request.method == "GET" and form.pool.data not in ("", *titles) and not form.pool.fault:
        raise NotFound
    return render_in(
        managed,
        "seats/manager_import_start.html",
        form=form,
        pasted=request.form.get("addresses", ""),
        error=error,
        latest=[
            (
                each.public_id,
                each.file_name or _("Pasted addresses"),
                titles[each.pool],
                _(STATE_WORDS[each.state])
                + (f" · {round(100 * each.progress)}%" if each.state in LIVE else ""),
                STATE_BADGES[each.state],
                say_datetime_short(each.created_at, zone),
            )
            for each in latest
        ],
    )


def _pool_form(managed: Managed, cards: Sequence[PoolCard]) -> PoolForm:
    form = PoolForm(data={"pool": request.values.get("pool", "")})
    form.pool.offer(pool_names(managed.facts.public_id, cards, with_free=True))
    return form


def _group_words(groups: tuple[ListedGroup, ...]) -> list[str]:
    """Return the groups that people join, each with their number; at most the first 20."""
    words = [f"{one.name} ({counted(one.people)})" for one in groups[:GROUPS_SHOWN]]
    if len(groups) > GROUPS_SHOWN:
        more = len(groups) - GROUPS_SHOWN
        words.append(ngettext("and %(num)s more", "and %(num)s more", more))
    return words


def _word(answer: Answer, facts: ImportFacts) -> str:
    is_invited = answer is Answer.OK and facts.state is ImportState.APPLIED
    return _("Invited") if is_invited else _(ANSWER_WORDS[answer])


def _kinds(facts: ImportFacts) -> list[tuple[str, str, int]]:
    counts = (
        (Answer.OK, facts.ok),
        (Answer.ALREADY, facts.already),
        (Answer.INVALID, facts.invalid),
        (Answer.DUPLICATE, facts.duplicate),
        (Answer.NO_SEAT, facts.no_seat),
    )
    return [(answer.value, _word(answer, facts), count) for answer, count in counts if count]
