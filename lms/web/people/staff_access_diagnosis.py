"""Staff page for callers: who they are, why they can't watch, and how to help them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from lms.access.explanations import STEP_LABELS, Explanation, explain
from lms.access.policy import UNPAID, Action, Admitted, Code, Decision, decide, is_hidden
from lms.catalog.webinar_details_validation import has_ended
from lms.core.clock import now
from lms.core.dates_and_time_zones import from_wall_clock, say_date, say_datetime
from lms.core.errors import N_, Invalid
from lms.core.list_queries import Page
from lms.grants import grant_target_lookup
from lms.grants.grant_target_lookup import WebinarName
from lms.people import access_diagnosis
from lms.people.access_diagnosis import Asked, Caller, Found
from lms.people.caller_search import (
    Match,
    find_alike,
    find_callers,
    find_namesakes,
    means_one,
)
from lms.web.access.access_panel_and_reader_times import reading_zone, said
from lms.web.core.form_errors import shown_in
from lms.web.core.request_context import read_session, render, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.people.caller_acts import CallerAct, caller_acts, is_coming, recording_state
from lms.web.people.caller_rows import caller_row, pool_choices, webinar_choices
from lms.web.people.learner_systems import learner_systems
from lms.web.people.staff_answer_texts import ACTIONS, answer_sentence, coming_sentence
from lms.web.people.staff_forms import WhyForm
from lms.web.people.staff_grants import recent_titles

blueprint = Blueprint("staff_why", __name__, url_prefix="/staff/people")

NOT_FOUND: Final = N_("They can't see it. They get a “page not found” message.")
NO_MATCH: Final = N_("No results. Enter part of a name or email address.")


@dataclass(frozen=True, slots=True)
class Answer:
    """The decision as shown: for staff, and as the person reads it with their next step.

    `read` is what the webinar's page says. `order_url` is the page of the order that it depends on, and `recording` what a recording that isn't
    ready is waiting for.
    """

    may: bool
    sentence: str
    webinar: str
    webinar_url: str
    action: str
    when: str
    code: str
    manager: str
    read: str
    step: str
    order_url: str | None
    recording: str
    acts: tuple[CallerAct, ...]
    weighed: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows after an action: a new link, or an address that can't be used."""

    link: str = ""
    seat: str = ""
    typed: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)  # by the seat's public id


@blueprint.get("/why")
@open_to(Audience.STAFF)
def why() -> ResponseReturnValue:
    """Find the caller, and show the answer in words with what can help them."""
    form = caller_form(request.args)
    if not any(request.args.get(name) for name in ("address", "webinar")):
        return _page(form)
    page = caller_page(form)
    return page, 400 if form.errors else 200


def caller_form(values: Mapping[str, str]) -> WhyForm:
    """Return the search form; the page's actions post the same fields."""
    form = WhyForm(MultiDict(values))
    form.action.choices = [(action.value, _(words)) for action, words in ACTIONS.items()]
    if form.action.data not in [action.value for action in Action]:
        form.action.data = Action.RECORDING.value
    return form


def caller_page(form: WhyForm, shown: Shown | None = None) -> str:
    """Return the page for the person in the form; its errors say what can't be answered."""
    if not form.validate():
        return _page(form)
    with shown_in(form, Invalid):
        values = _found(form, (form.address.data or "").strip())
        return _page(form, shown=shown or Shown(), **values)
    return _page(form)


def _page(form: WhyForm, **values: Any) -> str:  # noqa: ANN401  (any template value)
    titles = recent_titles(form.webinar)
    return render("people/access_diagnosis.html", form=form, titles=titles, **values)


def _found(form: WhyForm, typed: str) -> dict[str, Any]:
    """Return the possible people, or the only one with the answer. Raises Invalid."""
    at = _moment(form)
    with read_session() as session:
        matches = None if means_one(session, typed) else find_callers(session, typed)
        rows = _match_rows(session, matches, form) if matches else []
    if matches is not None and len(matches.items) != 1:
        if not matches.items:
            raise Invalid(NO_MATCH, field="address")
        return {
            "matches": rows,
            "more": matches.total - len(matches.items),
            "has_more": matches.has_more,
        }
    who = matches.items[0].who if matches else typed
    # A writing session: it tries the decision with a temporary account.
    with transaction() as session:
        return _told(session, form, who, at)


def _told(session: Session, form: WhyForm, who: str, at: datetime) -> dict[str, Any]:
    if not (form.webinar.data or "").strip():
        caller = access_diagnosis.read_caller(session, who)
        pools = access_diagnosis.pools_for(session, caller, None, now=at)
        return {
            "person": caller_row(caller, who, now=now()),
            "alike": _alike(session, caller, form, has_nothing=False),
            "choices": webinar_choices(session, caller, who, now=at),
            "pools": pool_choices(pools),
            "answer": None,
        }
    webinar = grant_target_lookup.find_webinar(session, form.webinar.data or "")
    asked = Asked(who, webinar.id, Action(form.action.data), at)
    found = access_diagnosis.inquire(session, asked)
    return {
        "person": caller_row(found.caller, who, now=now()),
        "alike": _alike(
            session, found.caller, form, has_nothing=found.decision.code is Code.NO_GRANT
        ),
        "choices": [],
        "pools": [] if isinstance(found.decision, Admitted) else pool_choices(found.pools),
        "answer": _answer(session, found, asked, webinar),
    }


def _alike(
    session: Session, caller: Caller, form: WhyForm, *, has_nothing: bool
) -> list[tuple[str, str, str, str]]:
    """Return who else the caller may be: under another address, or if they have nothing, a similar one."""
    if caller.account and has_nothing:
        return _match_rows(
            session, find_namesakes(session, caller.account.name, caller.email or ""), form
        )
    if caller.account or caller.begun or caller.seats or caller.waiting or not caller.email:
        return []
    return _match_rows(session, find_alike(session, caller.email), form)


def _match_rows(
    session: Session, matches: Page[Match], form: WhyForm
) -> list[tuple[str, str, str, str]]:
    asked = {"webinar": form.webinar.data or None, "action": form.action.data}
    without = (one.login_id for one in matches.items if one.login_id and not one.email)
    systems = learner_systems(session, without)
    return [
        (
            one.name,
            url_for(".why", address=one.who, **asked),
            ", ".join(filter(None, (_address(one, systems), *one.organizations))),
            "" if one.since else _("Invited, no account yet"),
        )
        for one in matches.items
    ]


def _address(one: Match, systems: Mapping[int, str]) -> str:
    """Return the address of a person who may be meant; for a learner, since when they come from which LMS."""
    if one.email or one.since is None or one.login_id is None:
        return one.email
    day = say_date(one.since, reading_zone())
    if system := systems.get(one.login_id):
        return _("from %(system)s since %(day)s", system=system, day=day)
    return _("from an LMS since %(day)s", day=day)


def _moment(form: WhyForm) -> datetime:
    chosen = form.at.data
    if chosen is None:
        return now()
    try:
        return from_wall_clock(chosen, reading_zone())
    except Invalid as refusal:
        raise Invalid(refusal.message, field="at") from refusal


def _answer(session: Session, found: Found, asked: Asked, webinar: WebinarName) -> Answer:
    zone, decision = reading_zone(), found.decision
    told, page = (
        _told_of(decision, found, zone),
        _told_of(_page_decision(found, asked.at), found, zone),
    )
    is_seen = not is_hidden(found.case.webinar, decision)
    pays = decision.code in UNPAID | {Code.SUSPENDED_DISPUTE, Code.REFUNDED}
    unconfirmed = found.caller.unconfirmed
    waits = found.caller.account is None and bool(unconfirmed) and isinstance(decision, Admitted)
    if waits:
        sentence = _("They get access once they confirm their address.")
    elif is_coming(found, asked):
        sentence = coming_sentence(found.case.webinar, found.moved_from, zone)
    else:
        sentence = answer_sentence(decision, found.case.webinar, zone)
    order = found.order if pays else next(iter(unconfirmed), None)
    return Answer(
        may=isinstance(decision, Admitted) and not waits,
        sentence=sentence,
        webinar=webinar.title,
        webinar_url=url_for("staff_webinars.show", slug=webinar.slug),
        action=_(ACTIONS[asked.action]),
        when=say_datetime(asked.at, zone),
        code=decision.code.value,
        manager=found.manager or "",
        read=said(page.sentence) if is_seen else _(NOT_FOUND),
        step=_(STEP_LABELS[page.step], manager=found.manager or "") if is_seen else "",
        order_url=url_for("staff_order.show", order_id=order) if order else None,
        recording=recording_state(session, found, asked, webinar.slug),
        acts=caller_acts(session, found, asked, webinar.slug),
        weighed=tuple((said(what), said(verdict)) for what, verdict in told.weighed),
    )


def _told_of(decision: Decision, found: Found, zone: ZoneInfo) -> Explanation:
    return explain(
        decision,
        found.case.webinar,
        zone=zone,
        manager=found.manager,
        payer=found.payer,
        may_pay=found.may_pay,
    )


def _page_decision(found: Found, at: datetime) -> Decision:
    """Return the decision that the webinar's page is about: the live session's until it is over."""
    webinar = found.case.webinar
    is_over = has_ended(webinar.held_at, webinar.minutes, at)
    return decide(found.case.login, webinar, Action.RECORDING if is_over else Action.LIVE, at)
