"""Manager pages for training: assign it, see progress, and export CSV."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from lms.core import clock
from lms.core.csv_files import Cell
from lms.core.dates_and_time_zones import (
    last_calendar_day,
    read_zone,
    say_date,
    say_datetime_in_table,
    say_day,
    say_last_date,
)
from lms.core.errors import N_, Invalid
from lms.organizations.manager_and_owner_permissions import Managed
from lms.training import assignments
from lms.training.assignments import Assigned, NewTraining, due_at
from lms.training.manager_read_models import (
    PAGE_SIZE,
    TRAININGS,
    Counts,
    Order,
    PersonRow,
    Sort,
    State,
    TrainingFacts,
    TrainingRow,
    Wanted,
    every_person,
    list_trainings,
    read_people,
    read_training,
)
from lms.training.missing_seats import read_people_without_seat
from lms.training.subjects import PAGE_SIZE as SUBJECTS
from lms.training.subjects import Subject, find_subject, search_subjects
from lms.web.core.csv_downloads import streamed_csv
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.form_errors import shown_in
from lms.web.core.manager_area import render_in, zone_of
from lms.web.core.number_parsing_and_formatting import counted
from lms.web.core.pagination import kept_order, order_asked, page_number, pager_of, sorting
from lms.web.core.request_context import read_session, see_other, transaction
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lms.web.training.manager_forms import DueForm, TrainingForm
from lms.web.training.manager_groups import group_names

blueprint = Blueprint(
    "organization_training", __name__, url_prefix="/organization/<organization_id>/training"
)

LONGEST_QUERY: Final = 200
STATE_WORDS: Final = {
    State.DONE: N_("Done"),
    State.BEGUN: N_("Started"),
    State.NOT_BEGUN: N_("Not started"),
    State.OVERDUE: N_("Overdue"),
}
STATE_BADGES: Final = {
    State.DONE: "open",
    State.BEGUN: "term",
    State.NOT_BEGUN: "plain",
    State.OVERDUE: "danger",
}


@dataclass(frozen=True, slots=True)
class Person:
    """One person of a training, in words."""

    name: str
    email: str
    state: str
    badge_kind: str
    note: str
    confirmed: str


@blueprint.get("")
@open_to(Audience.MANAGERS, Audience.SUPERVISORS)
def index(organization_id: str) -> ResponseReturnValue:
    managed, now, number = managed_organization(organization_id), clock.now(), page_number()
    with read_session() as session:
        found = list_trainings(
            session,
            managed.facts.id,
            offset=(number - 1) * TRAININGS,
            now=now,
            groups=managed.groups,
        )
    zone = zone_of(managed)
    return render_in(
        managed,
        "training/manager.html",
        rows=[(row, _day(row, zone), _part(row.counts)) for row in found.items],
        said=counted,
        pager=pager_of(number, TRAININGS, found.total),
    )


@blueprint.get("/new")
@open_to(Audience.MANAGERS)
def new(organization_id: str) -> ResponseReturnValue:
    managed, form = managed_organization(organization_id), TrainingForm(request.args)
    if not form.subject.data:
        return _choices_page(managed)
    return _assign_page(managed, form)


@blueprint.post("/new")
@open_to(Audience.MANAGERS)
def assign(organization_id: str) -> ResponseReturnValue:
    managed, form = managed_organization(organization_id), TrainingForm(request.form)
    form.offer(group_names(managed, with_people=True))
    if not form.validate():
        return _assign_page(managed, form), 400
    with shown_in(form, Invalid):
        made = _assigned(managed, form)
        text = ngettext(
            "%(title)s was assigned to %(said)s person.",
            "%(title)s was assigned to %(said)s people.",
            made.people,
            title=made.title,
            said=counted(made.people),
        )
        flash(text, "done")
        return see_other(".show", organization_id=organization_id, training_id=made.public_id)
    return _assign_page(managed, form), 400


@blueprint.get("/<training_id>")
@open_to(Audience.MANAGERS, Audience.SUPERVISORS)
def show(organization_id: str, training_id: str) -> ResponseReturnValue:
    return _page(managed_organization(organization_id), training_id, None)


@blueprint.get("/<training_id>/people.csv")
@open_to(Audience.MANAGERS, Audience.SUPERVISORS)
def people_csv(organization_id: str, training_id: str) -> ResponseReturnValue:
    managed, now = managed_organization(organization_id), clock.now()
    with read_session() as session:
        facts = read_training(
            session, managed.facts.id, training_id, now=now, groups=managed.groups
        )
    wanted, order, zone = _wanted(managed), order_asked(Order()), zone_of(managed)
    headings = (
        _("Name"),
        _("Email address"),
        _("Training"),
        _("Due"),
        _("Status"),
        *((_("Statement confirmed"),) if facts.policy else ()),
    )
    words = {state: _(text) for state, text in STATE_WORDS.items()}
    due = last_calendar_day(facts.due_at, zone).isoformat()

    def rows(session: Session) -> Iterator[tuple[Cell, ...]]:
        for one in every_person(session, facts.id, wanted, order, now=now):
            confirmed = (one.acknowledged_at,) if facts.policy else ()
            yield (one.name, one.email, facts.title, due, words[one.state], *confirmed)

    return streamed_csv(headings, rows, f"{managed.facts.slug}-training")


@blueprint.post("/<training_id>/due")
@open_to(Audience.MANAGERS)
def change_due(organization_id: str, training_id: str) -> ResponseReturnValue:
    managed, form, now = managed_organization(organization_id), DueForm(request.form), clock.now()
    if form.validate() and form.due_on.data is not None:
        with shown_in(form, Invalid):
            due = due_at(form.due_on.data, zone_of(managed), now=now)
            with transaction() as session:
                actor = required_viewer().public_id
                assignments.change_due(
                    session, managed.facts, training_id, due, actor=actor, now=now
                )
            flash(_("The due date was changed. We'll remind people who aren't done."), "done")
            return see_other(".show", organization_id=organization_id, training_id=training_id)
    return _page(managed, training_id, form), 400


@blueprint.post("/<training_id>/withdraw")
@open_to(Audience.MANAGERS)
def withdraw(organization_id: str, training_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    with transaction() as session:
        title = assignments.withdraw(session, managed.facts, training_id, **acting())
    flash(_("%(title)s was withdrawn. You can still see who is done.", title=title), "done")
    return see_other(".index", organization_id=organization_id)


def _choices_page(managed: Managed) -> str:
    number, here = page_number(), managed.facts.public_id
    query = " ".join(request.args.get("q", "").split())[:LONGEST_QUERY]
    with read_session() as session:
        found = search_subjects(
            session,
            managed.facts.id,
            query,
            offset=(number - 1) * SUBJECTS,
            now=clock.now(),
        )

    def url(page: int) -> str:
        return url_for(".new", organization_id=here, q=query or None, page=page)

    zone = zone_of(managed)
    return render_in(
        managed,
        "training/manager_choose.html",
        items=[(each, _about(each, zone)) for each in found.items],
        query=query,
        pager=pager_of(number, SUBJECTS, found.total, url=url),
    )


def _about(subject: Subject, zone: ZoneInfo) -> str:
    if subject.webinars:
        return ngettext("Series, %(num)s webinar", "Series, %(num)s webinars", subject.webinars)
    if subject.held_at is None:
        return _("Webinar")
    return _("Webinar, %(day)s", day=say_date(subject.held_at, zone))


def _assign_page(managed: Managed, form: TrainingForm) -> str:
    form.offer(group_names(managed, with_people=True))
    with read_session() as session:
        try:
            subject = find_subject(session, managed.facts.id, form.subject.data or "", clock.now())
        except Invalid:
            subject = None
    return render_in(
        managed,
        "training/manager_assign.html",
        form=form,
        subject=subject,
    )


def _assigned(managed: Managed, form: TrainingForm) -> Assigned:
    assert form.due_on.data is not None  # noqa: S101  (the form requires it)
    asked = NewTraining(
        subject=form.subject.data or "",
        due_on=form.due_on.data,
        policy=form.policy.data or "",
        everyone=form.everyone.data,
        groups=tuple(form.groups.data or ()),
        addresses=form.addresses.data or "",
        every_months=form.every_months.data,
    )
    with transaction() as session:
        return assignments.assign(session, managed.facts, asked, zone=zone_of(managed), **acting())


def _page(managed: Managed, training_id: str, form: DueForm | None) -> str:
    now, number, zone = clock.now(), page_number(), zone_of(managed)
    wanted, order = _wanted(managed), order_asked(Order())
    with read_session() as session:
        facts = read_training(
            session, managed.facts.id, training_id, now=now, groups=managed.groups
        )
        found = read_people(
            session, facts.id, wanted, order, offset=(number - 1) * PAGE_SIZE, now=now
        )
        is_open = managed.groups is None and not (facts.withdrawn_at or facts.is_off)
        unseated = len(read_people_without_seat(session, facts.id)) if is_open else 0
    here = {"organization_id": managed.facts.public_id, "training_id": training_id}
    kept: dict[str, Any] = {
        "q": wanted.query or None,
        "state": wanted.state,
        **kept_order(order, Order()),
    }

    def url(endpoint: str = ".show", **changed: object) -> str:
        return url_for(endpoint, **here, **{**kept, **changed})  # type: ignore[arg-type]  # words

    return render_in(
        managed,
        "training/manager_assignment.html",
        facts=facts,
        awaited_said=counted(facts.awaited),
        unseated=unseated,
        unseated_said=counted(unseated),
        due=_due_words(facts, zone, now),
        is_over=facts.due_at <= now,
        held_later=say_day(facts.held_later.held_at, read_zone(facts.held_later.zone))
        if facts.held_later
        else "",
        share=_share(facts.counts),
        figures=_figures(facts.counts),
        form=form or DueForm(due_on=last_calendar_day(facts.due_at, zone)),
        rows=[_person(row, facts, zone) for row in found.items],
        total=found.total,
        total_said=counted(found.total),
        query=wanted.query,
        state=wanted.state,
        states=[(one.value, _(words)) for one, words in STATE_WORDS.items()],
        chips=_chips(wanted, url),
        **sorting(order, url, tuple(Sort)),
        csv_url=url(".people_csv"),
        pager=pager_of(number, PAGE_SIZE, found.total, url=lambda page: url(page=page)),
    )


def _wanted(managed: Managed) -> Wanted:
    raw = request.args.get("state", "")
    query = " ".join(request.args.get("q", "").split())[:LONGEST_QUERY]
    return Wanted(query, next((one for one in State if one == raw), None), managed.groups)


def _chips(wanted: Wanted, url: Any) -> list[tuple[str, str]]:  # noqa: ANN401  (any URL builder)
    chips = []
    if wanted.query:
        chips.append((f"\u201c{wanted.query}\u201d", url(q=None)))
    if wanted.state is not None:
        chips.append((_(STATE_WORDS[wanted.state]), url(state=None)))
    return chips


def _person(row: PersonRow, facts: TrainingFacts, zone: ZoneInfo) -> Person:
    confirmed = ""
    if facts.policy:
        when = row.acknowledged_at
        confirmed = say_datetime_in_table(when, zone) if when else _("Not yet")
    note = _("started") if row.state is State.OVERDUE and row.is_begun else ""
    return Person(
        name=row.name,
        email=row.email or "",
        state=_(STATE_WORDS[row.state]),
        badge_kind=STATE_BADGES[row.state],
        note=note,
        confirmed=confirmed,
    )


def _figures(counts: Counts) -> list[tuple[str, str]]:
    return [
        (_("Done"), counted(counts.done)),
        (_("Started"), counted(counts.begun)),
        (_("Not started"), counted(counts.not_begun)),
        (_("Overdue"), counted(counts.overdue)),
    ]


def _share(counts: Counts) -> str:
    said = counted(counts.people)
    return _("%(done)s of %(people)s done", done=counted(counts.done), people=said)


def _part(counts: Counts) -> str:
    """Return how many are done; the column's heading says what is counted."""
    said = counted(counts.people)
    return _("%(done)s of %(people)s", done=counted(counts.done), people=said)


def _due_words(facts: TrainingFacts, zone: ZoneInfo, at: datetime) -> str:
    said = _day(facts, zone)
    if facts.withdrawn_at is not None:
        return said
    return _("Was due %(day)s", day=said) if facts.due_at <= at else _("Due %(day)s", day=said)


def _day(row: TrainingRow | TrainingFacts, zone: ZoneInfo) -> str:
    """Return the due date, or that the training was withdrawn."""
    if row.withdrawn_at is not None:
        return _("Withdrawn")
    return say_last_date(row.due_at, zone)
