"""Staff pages for background jobs: list, retry, and cancel."""

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, flash, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.attendance import report_imports
from lms.cancellation_offers import jobs as offer_jobs
from lms.certificates.group_showing_certificates import GIVE
from lms.certificates.jobs import CONSIDER
from lms.checkouts import jobs as checkout_jobs
from lms.contracts.jobs import REMIND, TURN
from lms.core.clock import now
from lms.core.dates_and_time_zones import say_datetime_short
from lms.core.errors import N_
from lms.documents import stored_pdfs
from lms.handouts import handouts, page_extraction_job
from lms.housekeeping import removed_items_purge_job
from lms.housekeeping.jobs import END_IDLE, READ_CAPTIONS, TIDY
from lms.jobs.queue import ENDED, JobFacts, cancel, job_facts, list_jobs, retry
from lms.jobs.recordings_of_jobs import seconds_of, titles_of
from lms.kits import delivery_kits
from lms.live import change_notices
from lms.live import jobs as live_jobs
from lms.models.jobs import JobState
from lms.own_orders import jobs as own_order_jobs
from lms.past_sales import imports as past_sale_imports
from lms.past_sales import jobs as past_sale_jobs
from lms.payments import jobs as payment_jobs
from lms.payments import provider_events, refunds
from lms.receivables import jobs as receivable_jobs
from lms.recordings import handout_page_times, recordings
from lms.recordings.auto_captions_job import HEAR
from lms.recordings.encode_job import SWEEP
from lms.recordings.recordings import ENCODE
from lms.sales import jobs as sales_jobs
from lms.seat_imports.imports import APPLY, DROP, READ
from lms.seats.bulk_release_and_reinvite import Act
from lms.seats.seat_counts import TELL
from lms.training import jobs as training_jobs
from lms.uploads import jobs as upload_jobs
from lms.uploads import uploads
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.core.current_user import required_viewer
from lms.web.core.job_progress_texts import STATE_BADGES, say_progress
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.request_context import read_session, render, see_other, transaction, wants_json
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("staff_jobs", __name__, url_prefix="/staff/jobs")

PAGE_SIZE: Final = 50
STATE_WORDS: Final = {
    JobState.QUEUED: N_("Waiting"),
    JobState.RUNNING: N_("Running"),
    JobState.DONE: N_("Done"),
    JobState.FAILED: N_("Failed"),
    JobState.CANCELED: N_("Canceled"),
}


KIND_WORDS: Final = {
    ENCODE: N_("Prepare a recording"),
    READ_CAPTIONS: N_("Read captions for the search"),
    HEAR: N_("Write captions of a recording"),
    SWEEP: N_("Remove files that were replaced"),
    END_IDLE: N_("End players that fell silent"),
    TIDY: N_("Forget what is over"),
    READ: N_("Read a staff list"),
    APPLY: N_("Give the people of a staff list their seats"),
    DROP: N_("Remove a staff list that was read"),
    past_sale_imports.READ: N_("Read a list of past sales"),
    past_sale_imports.APPLY: N_("Bring in past sales"),
    past_sale_imports.DROP: N_("Remove a list of past sales that was read"),
    past_sale_jobs.INVITE: N_("Write letters to people who were brought in"),
    stored_pdfs.FINISH: N_("Make and email the PDF of a document"),
    sales_jobs.BILL: N_("Issue invoices on their billing day"),
    sales_jobs.PAST_DUE: N_("Email about invoices that are past due"),
    payment_jobs.CHECK: N_("Check every open balance"),
    refunds.SEND: N_("Send a refund to the card"),
    provider_events.FOLD: N_("Read an event of the card provider"),
    checkout_jobs.SWEEP: N_("Look at open card payments"),
    checkout_jobs.LISTEN: N_("Ask the card provider for missed events"),
    checkout_jobs.RETURN: N_("Return card payments that nothing was bought with"),
    offer_jobs.ROUND: N_("Offer payers of canceled and moved webinars a choice"),
    offer_jobs.REFUND: N_("Refund payers of a canceled webinar"),
    receivable_jobs.REMIND: N_("Remind payers of unpaid invoices"),
    own_order_jobs.REMIND: N_("Remind people of passes that end"),
    REMIND: N_("Remind of what ends"),
    training_jobs.TURN: N_("See who has done their training"),
    training_jobs.REMIND: N_("Remind of training"),
    TURN: N_("Turn contracts at their starts and ends"),
    TELL: N_("Write the letters about an organization's seats"),
    uploads.SETTLE: N_("Look at a file that was sent"),
    upload_jobs.SWEEP: N_("Delete what was sent in part and not gone on with"),
    delivery_kits.MAKE: N_("Make a delivery kit"),
    delivery_kits.DROP: N_("Remove a delivery kit whose time is over"),
    Act.RELEASE: N_("Release many seats"),
    Act.SEND_AGAIN: N_("Send many invitations again"),
    CONSIDER: N_("See whose certificate is earned"),
    GIVE: N_("Make the certificates of a group showing"),
    handouts.READ: N_("Draw a handout's pages"),
    page_extraction_job.READ_ALL: N_("Look which handouts are still to be drawn"),
    handout_page_times.MATCH: N_("Find a handout's pages in the recording"),
    live_jobs.ROUND: N_("Register, remind and tell of live webinars"),
    change_notices.TELL_CHANGED: N_("Write to those whose live webinar changed"),
    report_imports.COUNT: N_("Count the minutes of a report of who was there"),
    removed_items_purge_job.CLEAR: N_("Delete what was removed"),
    "lti.tidy": N_("Forget launches that are over"),
    "lti.keys": N_("Renew the keys of the LTI tool, and fetch those of learning systems"),
    "lti.scores": N_("Report to gradebooks"),
    "lti.rosters": N_("Look which courses' lists of people are due"),
    "lti.roster": N_("Read a course's list of people"),
    "lti.selftest": N_("Play the LTI self-test"),
    "lti.map_people": N_("Join a learning system's people with those known here"),
    "lti.unmap_people": N_("Part a learning system's people from those known here"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A job as its row and its page show it."""

    id: str
    title: str
    about: str | None
    state: str
    badge: str
    percent: int | None  # while there is something to see
    amount: str | None
    note: str
    tries: str
    when: str
    failure: str | None
    detail: str | None
    may_be_retried: bool
    may_be_canceled: bool
    is_live: bool


@blueprint.get("")
@open_to(Audience.STAFF)
def jobs() -> ResponseReturnValue:
    number, state = page_number(), wanted_state()
    with read_session() as session:
        page = list_jobs(
            session,
            states=(state,) if state else (),
            offset=(number - 1) * PAGE_SIZE,
            limit=PAGE_SIZE,
        )
        titles = titles_of(session, [facts.subject for facts in page.items])
        playable = recordings.count_playable(session)
    chosen = state.value if state else None
    return render(
        "jobs/staff.html",
        rows=[_row(facts, titles.get(facts.subject)) for facts in page.items],
        states=[(one.value, _(words)) for one, words in STATE_WORDS.items()],
        state=chosen,
        playable=playable,
        pager=pager_of(
            number,
            PAGE_SIZE,
            page.total,
            url=lambda other: url_for(".jobs", page=other, state=chosen),
        ),
    )


@blueprint.get("/<job_id>")
@open_to(Audience.STAFF)
def job(job_id: str) -> ResponseReturnValue:
    with read_session() as session:
        facts = job_facts(session, job_id)
        title = titles_of(session, [facts.subject]).get(facts.subject)
        seconds = seconds_of(session, facts.subject)
    row = _row(facts, title, seconds)
    if wants_json():
        return jsonify(
            percent=row.percent,
            amount=row.amount,
            note=row.note,
            state=row.state,
            is_live=row.is_live,
        )
    return render("jobs/staff_job.html", row=row, facts=facts)


@blueprint.post("/<job_id>/retry")
@open_to(Audience.STAFF)
def retry_job(job_id: str) -> ResponseReturnValue:
    with transaction() as session:
        retry(session, job_id, actor=required_viewer().public_id, now=now())
    flash(_("This job is waiting for the worker again."), "done")
    return see_other(".job", job_id=job_id)


@blueprint.post("/<job_id>/cancel")
@open_to(Audience.STAFF)
def cancel_job(job_id: str) -> ResponseReturnValue:
    with transaction() as session:
        cancel(session, job_id, actor=required_viewer().public_id, now=now())
    flash(_("This job is being canceled."), "done")
    return see_other(".job", job_id=job_id)


@blueprint.post("/prepare-all-again")
@open_to(Audience.STAFF)
def reencode_all() -> ResponseReturnValue:
    with transaction() as session:
        actor = required_viewer().public_id
        count = recordings.reencode_all(session, actor=actor, now=now())
    if count:
        said = ngettext(
            "%(num)s recording is prepared again, after whatever is uploaded meanwhile.",
            "%(num)s recordings are prepared again, after whatever is uploaded meanwhile.",
            count,
        )
        flash(said, "done")
    else:
        flash(_("There is none to prepare again, or each is being prepared already."), "note")
    return see_other(".jobs")


def _amount(facts: JobFacts, seconds: float | None) -> str:
    length = seconds if facts.kind == ENCODE else None
    return say_progress(facts.progress, started_at=facts.started_at, seconds=length, now=now())


def wanted_state() -> JobState | None:
    """Return the state that the address filters by; what is none filters nothing."""
    raw = request.args.get("state", "")
    return JobState(raw) if raw in set(JobState) else None


def _row(facts: JobFacts, about: str | None, seconds: float | None = None) -> Row:
    is_running = facts.state is JobState.RUNNING
    is_live = facts.state not in ENDED
    stopping = facts.cancel_requested and is_live
    return Row(
        id=facts.id,
        title=_(KIND_WORDS.get(facts.kind, facts.kind)),
        about=about,
        state=_("Being canceled") if stopping else _(STATE_WORDS[facts.state]),
        badge=STATE_BADGES[facts.state],
        percent=int(facts.progress * 100) if is_running else None,
        amount=_amount(facts, seconds) if is_running else None,
        note=_(facts.progress_note) if is_running and facts.progress_note else "",
        tries=_("%(tries)s of %(most)s", tries=facts.tries, most=facts.max_tries),
        when=say_datetime_short(facts.finished_at or facts.run_at, reading_zone()),
        failure=_(facts.failure) if facts.failure else None,
        detail=facts.failure_detail or None,
        may_be_retried=facts.state in (JobState.FAILED, JobState.CANCELED),
        may_be_canceled=is_live and not facts.cancel_requested,
        is_live=is_live,
    )
