"""Staff pages for customer requests: list them, and answer one."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.access.policy import Code
from lms.core.clock import now
from lms.core.dates_and_time_zones import say_datetime, say_last_date, say_time_shortly
from lms.core.errors import N_, Conflict, Invalid, NotFound
from lms.live.registrants import read_standing
from lms.models.requests import RequestKind, RequestState
from lms.pricing.price_list import say_money
from lms.pricing.quotes import holds_until
from lms.requests import domain_requests, requests, seat_transfer_requests
from lms.requests.owners import list_owners
from lms.requests.read_models import (
    KIND_WORDS,
    OPEN,
    RequestFacts,
    Wanted,
    find_request,
    list_requests,
)
from lms.sales import quotes, requested_orders
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.form_errors import show_faults, shown_in
from lms.web.core.form_uploads import sent_file
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.private_page_headers_and_mail_links import links, mail_context
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.stored_file_responses import send_stored
from lms.web.people.staff_answer_texts import CODE_WORDS
from lms.web.requests.request_texts import STATE_BADGES, STATE_WORDS
from lms.web.sales.staff_request_forms import AnswerForm, DomainForm, NoteForm
from media.storage.storage_protocol import content_type_of

blueprint = Blueprint("staff_requests", __name__, url_prefix="/staff/requests")

PAGE_SIZE: Final = 40
LONGEST_QUERY: Final = 200
WAITING: Final = "open"
OVERDUE: Final = "overdue"
ALL: Final = "all"
FILTERS: Final = {
    WAITING: N_("Open"),
    OVERDUE: N_("Overdue"),
    **{state.value: words for state, words in STATE_WORDS.items()},
    ALL: N_("All"),
}
NEVER_SOLD: Final = (
    RequestKind.REASSIGN,
    RequestKind.DOMAIN,
    RequestKind.VENDOR_FORM,
    RequestKind.BARRIER,
    RequestKind.ACCOMMODATION,
)
Verb = Callable[..., None]
ANSWERS: Final[dict[str, tuple[Verb, str]]] = {
    "finish": (requests.finish, N_("The request is closed.")),
    "decline": (
        requested_orders.decline,
        N_("The request was declined, and we emailed the answer."),
    ),
}


@blueprint.get("")
@open_to(Audience.STAFF)
def index() -> ResponseReturnValue:
    number = page_number()
    query = " ".join(request.args.get("q", "").split())[:LONGEST_QUERY]
    state = request.args.get("state", WAITING)
    state = state if state in FILTERS else WAITING
    kind = next((each for each in RequestKind if each == request.args.get("kind")), None)
    with read_session() as session:
        team = dict(list_owners(session))
        owner = request.args.get("owner", "")
        owner = owner if owner in team else ""
        found = list_requests(
            session,
            _wanted(query, state, kind, owner),
            offset=(number - 1) * PAGE_SIZE,
            limit=PAGE_SIZE,
        )
    kept: dict[str, Any] = {
        "q": query or None,
        "state": state,
        "kind": kind,
        "owner": owner or None,
    }
    return render(
        "sales/staff_requests.html",
        rows=[_row(facts) for facts in found.items],
        query=query,
        state=state,
        kind=kind,
        states=[(value, _(words)) for value, words in FILTERS.items()],
        kinds=[(each.value, _(words)) for each, words in KIND_WORDS.items()],
        owner=owner,
        team=list(team.items()),
        filters=_filters(kept, team),
        pager=pager_of(number, PAGE_SIZE, found.total),
    )


@blueprint.get("/<request_id>")
@open_to(Audience.STAFF)
def show(request_id: str) -> ResponseReturnValue:
    with read_session() as session:
        facts = find_request(session, request_id)
        return _page(facts)


@blueprint.get("/<request_id>/file")
@open_to(Audience.STAFF)
def file(request_id: str) -> ResponseReturnValue:
    with read_session() as session:
        facts = find_request(session, request_id)
    if facts.file_key is None:
        raise NotFound
    return send_stored(
        facts.file_key, content_type_of(facts.file_key), download_name=facts.file_name
    )


@blueprint.post("/<request_id>/refill")
@open_to(Audience.STAFF)
def refill(request_id: str) -> ResponseReturnValue:
    """Approve a seat transfer, to the person named or one chosen later; answers the request (S3)."""
    with read_session() as session:
        facts = find_request(session, request_id)
    answer = _("Approved. The seat can now be reassigned.")
    done = _("Approved. We emailed the person who asked.")
    if facts.to_email is not None:
        answer = _("Approved. We invited %(email)s to the seat.", email=facts.to_email)
        done = _(
            "We invited %(email)s to the seat and emailed the person who asked.",
            email=facts.to_email,
        )
    try:
        with transaction() as session:
            seat_transfer_requests.agree_to_move(
                session, request_id, answer, links=links(), **acting()
            )
    except Conflict as refusal:
        if not facts.is_open or facts.to_email is None:
            raise
        with read_session() as session:
            return _page(facts, hindrance=_(refusal.message)), 409
    flash(done, "done")
    return see_other(".show", request_id=request_id)


@blueprint.post("/<request_id>/domain")
@open_to(Audience.STAFF)
def verify(request_id: str) -> ResponseReturnValue:
    """Record that an email domain belongs to an organization; answers the request (S7)."""
    form = DomainForm(request.form)
    with read_session() as session:
        facts = find_request(session, request_id)
    if facts.organization_id is None:
        raise Conflict(N_("This request isn't from a known organization."))
    try:
        with transaction() as session:
            kept = domain_requests.verify_domain(
                session,
                facts.organization_id,
                form.domain.data or "",
                request_id=request_id,
                links=links(),
                **acting(),
            )
    except Invalid as refusal:
        show_faults(form, refusal)
        with read_session() as session:
            return _page(facts, domain=form), 400
    flash(_("%(domain)s is verified. We emailed the person who asked.", domain=kept), "done")
    return see_other(".show", request_id=request_id)


@blueprint.post("/<request_id>/answer/<act>")
@open_to(Audience.STAFF)
def answer(request_id: str, act: str) -> ResponseReturnValue:
    if act not in ANSWERS:
        raise NotFound
    verb, sentence = ANSWERS[act]
    form = AnswerForm(request.form)
    if not form.validate():
        return _answer_again(request_id, form)
    with shown_in(form, Invalid):
        with sent_file("requests") as file, transaction() as session:
            with_file: dict[str, Any] = {"file": file} if file and act == "finish" else {}
            verb(
                session,
                request_id,
                answer=form.answer.data or "",
                links=links(),
                **acting(),
                **with_file,
            )
        flash(_(sentence), "done")
        return see_other(".show", request_id=request_id)
    return _answer_again(request_id, form)


@blueprint.post("/<request_id>/note")
@open_to(Audience.STAFF)
def note(request_id: str) -> ResponseReturnValue:
    form = NoteForm(request.form)
    with transaction() as session:
        requests.keep_note(session, request_id, note=form.note.data or "", **acting())
    flash(_("Note saved."), "done")
    return see_other(".show", request_id=request_id)


@blueprint.post("/<request_id>/assign")
@open_to(Audience.STAFF)
def assign(request_id: str) -> ResponseReturnValue:
    """Assign a request to a person of our team."""
    to, actor = request.form.get("to", ""), required_viewer().public_id
    with transaction() as session:
        requests.assign(
            session, request_id, to=to, mail_context=mail_context(), actor=actor, now=now()
        )
    flash(_("The request is assigned to you.") if to == actor else _("Assigned."), "done")
    return see_other(".show", request_id=request_id)


@blueprint.post("/<request_id>/reopen")
@open_to(Audience.STAFF)
def reopen(request_id: str) -> ResponseReturnValue:
    """Open a closed request again."""
    with transaction() as session:
        requests.reopen(session, request_id, **acting())
    flash(_("The request is open again."), "done")
    return see_other(".show", request_id=request_id)


def _answer_again(request_id: str, form: AnswerForm) -> ResponseReturnValue:
    with read_session() as session:
        facts = find_request(session, request_id)
        return _page(facts, answer=form), 400


def _may_sell(facts: RequestFacts) -> bool:
    return facts.is_open and facts.kind not in NEVER_SOLD and not facts.asks_money_back


def _page(
    facts: RequestFacts,
    *,
    answer: AnswerForm | None = None,
    domain: DomainForm | None = None,
    hindrance: str = "",
) -> str:
    with read_session() as session:
        team = list_owners(session)
        is_quoted = (
            facts.order_id is not None and quotes.newest(session, facts.order_id) is not None
        )
    zone = mail_context().zone
    answering = answer or AnswerForm()
    answering.answer.flags.optional = not facts.is_always_answered
    quoted = ""
    if facts.quoted_minor is not None and facts.quoted_currency is not None:
        quoted = _(
            "%(price)s, valid until %(until)s",
            price=say_money(facts.quoted_minor, facts.quoted_currency),
            until=say_last_date(holds_until(facts.created_at), zone),
        )
    return render(
        "sales/staff_request.html",
        facts=facts,
        team=team,
        kind=_(facts.kind_words),
        state=_(STATE_WORDS[facts.state]),
        badge_kind=STATE_BADGES[facts.state],
        is_overdue=facts.is_overdue(now()),
        registration=_registration(facts),
        decision=_(CODE_WORDS[Code(facts.refusal)]) if facts.refusal in set(Code) else "",
        may_sell=_may_sell(facts),
        is_answered_by_order=is_quoted or facts.is_ordered,
        hindrance=hindrance,
        quoted=quoted,
        due=say_datetime(facts.due_at, zone),
        asked=say_datetime(facts.created_at, zone),
        closed=say_datetime(facts.closed_at, zone) if facts.closed_at else None,
        domain_form=domain or DomainForm(domain=facts.reference or facts.email.rpartition("@")[2]),
        answer_form=answering,
        note_form=NoteForm(note=facts.note),
    )


def _registration(facts: RequestFacts) -> str:
    """Return whether a person who needs an accommodation plans to attend; "" for other requests."""
    if facts.kind is not RequestKind.ACCOMMODATION or not (facts.login_id and facts.webinar_id):
        return ""
    with read_session() as session:
        standing = read_standing(session, login_id=facts.login_id, webinar_id=facts.webinar_id)
    if standing is None:
        return _("Not registered")
    return _("Registered") if standing.is_coming else _("Can't attend")


def _wanted(query: str, state: str, kind: RequestKind | None, owner: str) -> Wanted:
    one = next((each for each in RequestState if each == state), None)
    states = (one,) if one else OPEN if state == WAITING else ()
    return Wanted(query, states, kind, owner, now() if state == OVERDUE else None)


def _row(facts: RequestFacts) -> dict[str, object]:
    zone = mail_context().zone
    return {
        "id": facts.public_id,
        "number": facts.number,
        "kind": _(facts.kind_words),
        "about": facts.webinar_title or "",
        "who": facts.name,
        "organization": facts.organization_name,
        "owner": facts.owner or "",
        "state": _(STATE_WORDS[facts.state]),
        "badge": STATE_BADGES[facts.state],
        "is_overdue": facts.is_overdue(now()),
        "due": say_time_shortly(facts.due_at, zone),
        "closed": say_time_shortly(facts.closed_at, zone) if facts.closed_at else None,
    }


def _filters(kept: Mapping[str, Any], team: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the active filters, each with the URL of the list without it."""
    names = {"q": f"“{kept['q']}”", "state": _(FILTERS[kept["state"]])}
    if kept["kind"] is not None:
        names["kind"] = _(KIND_WORDS[kept["kind"]])
    if kept["owner"] is not None:
        names["owner"] = team[kept["owner"]]
    usual = {"q": None, "state": WAITING, "kind": None, "owner": None}
    return [
        (names[name], url_for(".index", **{**kept, name: usual[name]}))
        for name, value in kept.items()
        if value != usual[name]
    ]
