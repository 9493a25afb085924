"""Staff pages for background jobs: list, retry, and cancel."""

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, flash, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.attendance import report_imports
from lms.buying import jobs as buying_jobs
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
from lms.mailings import mailings
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
from lms.web.core.current_user import acting
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
    ENCODE: N_("Process a recording"),
    READ_CAPTIONS: N_("Index captions for search"),
    HEAR: N_("Generate captions"),
    SWEEP: N_("Delete replaced files"),
    END_IDLE: N_("End inactive playback"),
    TIDY: N_("Delete expired data"),
    READ: N_("Check a staff list"),
    APPLY: N_("Import a staff list"),
    DROP: N_("Delete an old staff list"),
    past_sale_imports.READ: N_("Check a list of past sales"),
    past_sale_imports.APPLY: N_("Import past sales"),
    past_sale_imports.DROP: N_("Delete an old list of past sales"),
    past_sale_jobs.INVITE: N_("Email people from past sales"),
    stored_pdfs.FINISH: N_("Create and email the PDF of a document"),
    sales_jobs.BILL: N_("Issue scheduled invoices"),
    sales_jobs.PAST_DUE: N_("Email about past-due invoices"),
    payment_jobs.CHECK: N_("Check balances"),
    refunds.SEND: N_("Send a refund to the card"),
    provider_events.FOLD: N_("Process an event from the card provider"),
    checkout_jobs.SWEEP: N_("Check pending card payments"),
    checkout_jobs.LISTEN: N_("Get missed events from the card provider"),
    checkout_jobs.RETURN: N_("Refund unused card payments"),
    offer_jobs.ROUND: N_("Email payers of canceled and moved webinars"),
    offer_jobs.REFUND: N_("Refund payers of a canceled webinar"),
    receivable_jobs.REMIND: N_("Remind payers of unpaid invoices"),
    own_order_jobs.REMIND: N_("Remind people of expiring passes"),
    buying_jobs.REMIND: N_("Remind buyers to confirm their email address"),
    REMIND: N_("Remind managers of expiring contracts"),
    training_jobs.TURN: N_("Update training progress"),
    training_jobs.REMIND: N_("Send training reminders"),
    TURN: N_("Start and end contracts"),
    TELL: N_("Email people about seats"),
    uploads.SETTLE: N_("Check an uploaded file"),
    upload_jobs.SWEEP: N_("Delete unfinished uploads"),
    delivery_kits.MAKE: N_("Create a delivery kit"),
    delivery_kits.DROP: N_("Delete an expired delivery kit"),
    Act.RELEASE: N_("Release seats"),
    Act.SEND_AGAIN: N_("Resend invitations"),
    CONSIDER: N_("Issue earned certificates"),
    GIVE: N_("Issue certificates of a group viewing"),
    handouts.READ: N_("Create page previews of a handout"),
    page_extraction_job.READ_ALL: N_("Find handouts without page previews"),
    handout_page_times.MATCH: N_("Match a handout's pages with the recording"),
    live_jobs.ROUND: N_("Send emails about live webinars"),
    change_notices.TELL_CHANGED: N_("Email people about a changed webinar"),
    mailings.SEND: N_("Send a mailing"),
    report_imports.COUNT: N_("Count minutes from a meeting report"),
    removed_items_purge_job.CLEAR: N_("Delete removed files"),
    "lti.tidy": N_("Delete old launches"),
    "lti.keys": N_("Renew LTI keys and read LMS keys"),
    "lti.scores": N_("Send scores to gradebooks"),
    "lti.rosters": N_("Find course rosters to update"),
    "lti.roster": N_("Update a course roster"),
    "lti.selftest": N_("Run the LTI self-test"),
    "lti.map_people": N_("Merge people of an LMS migration"),
    "lti.unmap_people": N_("Undo merges of an LMS migration"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A job, as its row and its page show it."""

    id: str
    title: str
    about: str | None
    state: str
    badge: str
    percent: int | None  # None unless the job is running
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
        pager=pager_of(number, PAGE_SIZE, page.total),
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
        retry(session, job_id, **acting())
    flash(_("The job will run again."), "done")
    return see_other(".job", job_id=job_id)


@blueprint.post("/<job_id>/cancel")
@open_to(Audience.STAFF)
def cancel_job(job_id: str) -> ResponseReturnValue:
    with transaction() as session:
        cancel(session, job_id, **acting())
    flash(_("Canceling the job."), "done")
    return see_other(".job", job_id=job_id)


@blueprint.post("/prepare-all-again")
@open_to(Audience.STAFF)
def reencode_all() -> ResponseReturnValue:
    with transaction() as session:
        count = recordings.reencode_all(session, **acting())
    if count:
        said = ngettext(
            "%(num)s recording will be processed again. New uploads go first.",
            "%(num)s recordings will be processed again. New uploads go first.",
            count,
        )
        flash(said, "done")
    else:
        flash(
            _("There are no recordings to process again, or they're already being processed."),
            "note",
        )
    return see_other(".jobs")


def _amount(facts: JobFacts, seconds: float | None) -> str:
    length = seconds if facts.kind == ENCODE else None
    return say_progress(facts.progress, started_at=facts.started_at, seconds=length, now=now())


def wanted_state() -> JobState | None:
    """Return the state filter in the URL, or None if there is none or it is invalid."""
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
        state=_("Canceling") if stopping else _(STATE_WORDS[facts.state]),
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
