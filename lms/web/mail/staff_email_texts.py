"""Staff pages of email texts: a list of all automatic emails, and the words of each."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import literal, select

from lms.core.clock import now
from lms.core.dates_and_time_zones import say_datetime_in_table
from lms.mail.edited_texts import (
    SUBJECT,
    BadText,
    EmailTextFacts,
    braces,
    checked,
    edited_kinds,
    preview,
    read_text,
    reset_text,
    save_text,
    send_test,
    subject_placeholders,
)
from lms.mail.edits import HOUSE, Edits
from lms.mail.examples import BY_NOUN, EXAMPLES
from lms.mail.passages import Passage, passages_of
from lms.mail.rendering import LOGO, logo_image
from lms.reports import audit_log
from lms.reports.audit_log import Entry
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.audit.sentences import tell
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.page_frame import branding_facts
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("staff_email_texts", __name__, url_prefix="/staff/email-texts")

TEST: Final = "test"
HISTORY: Final = 5
LONG: Final = 40  # a text of more characters gets a field of several lines


@dataclass(frozen=True, slots=True)
class Line:
    """A kind of email in the list; `is_used` is None if it was not edited."""

    kind: str
    title: str
    when: str
    is_used: bool | None


@dataclass(frozen=True, slots=True)
class TextField:
    """One text of an email, as its form shows it; `placeholders` have braces."""

    name: str
    label: str
    words: str
    ours: str
    placeholders: tuple[str, ...]
    fault: str
    is_long: bool

    @property
    def is_edited(self) -> bool:
        """Return whether the words differ from ours."""
        return self.words.strip() != self.ours.strip()


@blueprint.get("")
@open_to(Audience.STAFF)
def index() -> ResponseReturnValue:
    wanted = request.args.get("q", "").strip()
    with read_session() as session:
        edited = edited_kinds(session)
        texts = {kind: " ".join(read_text(session, kind).passages.values()) for kind in edited}
    nouns = [
        (
            _(noun),
            [
                Line(kind, _(example.title), _(example.when), edited.get(kind))
                for kind, example in examples.items()
                if _is_wanted(wanted, kind, texts.get(kind, ""))
            ],
        )
        for noun, examples in BY_NOUN.items()
    ]
    return render(
        "mail/staff_email_texts.html",
        nouns=[(noun, lines) for noun, lines in nouns if lines],
        wanted=wanted,
    )


def _is_wanted(wanted: str, kind: str, edited: str) -> bool:
    """Return whether each word searched for is in the email's name, subject or texts."""
    example = EXAMPLES[kind]
    ours = " ".join(passage.text for passage in passages_of(kind))
    about = f"{_(example.title)} {_(example.when)} {example.subject} {ours} {edited}".casefold()
    return all(word in about for word in wanted.casefold().split())


@blueprint.route("/<kind>", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def edit(kind: str) -> ResponseReturnValue:
    with read_session() as session:
        facts = read_text(session, kind)
    if request.method == "GET":
        return _page(facts, _texts(facts), {})
    texts = request.form.to_dict()
    try:
        if request.form.get("act") == TEST:
            return _test(facts, texts)
        with transaction() as session:
            save_text(session, kind, texts, **acting())
    except BadText as error:
        return _page(facts, texts, _said(error)), 400
    flash(_("Saved. Upcoming emails will use your wording."), "done")
    return see_other(".edit", kind=kind)


@blueprint.route("/<kind>/preview", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def show_preview(kind: str) -> ResponseReturnValue:
    """Return the email with the texts of the form, or as it is sent: HTML, and below it plain text."""
    faults: list[str] = []
    with read_session() as session:
        facts = read_text(session, kind)
        edits = Edits(facts.subject, facts.passages)
        if request.method == "POST":
            try:
                edits = checked(kind, request.form)
            except BadText as error:
                faults = list(_said(error).values())
        written = preview(session, kind, edits, to=required_viewer().email or "")
    below = render("mail/messages/_preview.html", written=written, faults=faults)
    page = below if faults else written.html.replace("</body>", below + "</body>")
    origin, logo = carrel().settings.base_url, branding_facts().logo_url
    if logo:
        page = page.replace(LOGO, logo_image(origin + logo))
    answer = Response(page, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src {origin}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox"
    )
    return answer


@blueprint.post("/<kind>/reset")
@open_to(Audience.STAFF)
def reset(kind: str) -> ResponseReturnValue:
    with transaction() as session:
        reset_text(session, kind, **acting())
    flash(_("This email uses the default wording again."), "done")
    return see_other(".edit", kind=kind)


def _test(facts: EmailTextFacts, texts: Mapping[str, str]) -> ResponseReturnValue:
    person = required_viewer()
    edits = checked(facts.kind, texts)
    with transaction() as session:
        send_test(
            session,
            facts.kind,
            edits,
            to=person.email or "",
            login_id=person.login_id,
            now=now(),
        )
    flash(_("We're sending a test to %(email)s. Nothing was saved.", email=person.email), "done")
    return _page(facts, texts, {})


def _page(facts: EmailTextFacts, texts: Mapping[str, str], faults: Mapping[str, str]) -> str:
    example = EXAMPLES[facts.kind]
    with read_session() as session:
        happened: Sequence[Entry] = ()
        if facts.id:
            subjects = select(literal(facts.id))
            happened = audit_log.read_timeline(session, subjects, limit=HISTORY)
        house = preview(session, facts.kind, Edits(braces(HOUSE)), to="").subject
    return render(
        "mail/staff_email_text.html",
        facts=facts,
        title=_(example.title),
        when=_(example.when),
        fields=_fields(facts.kind, texts, faults),
        examples=_examples(facts.kind, house),
        happened=[
            {"sentence": tell(one).sentence, "when": say_datetime_in_table(one.at, reading_zone())}
            for one in happened
        ],
        timeline_url=url_for("staff_audit.trail", about=facts.id),
    )


def _texts(facts: EmailTextFacts) -> Mapping[str, str]:
    words = {one.key: facts.words_of(one).strip() for one in passages_of(facts.kind)}
    return {SUBJECT: facts.subject, **words}


def _fields(kind: str, texts: Mapping[str, str], faults: Mapping[str, str]) -> list[TextField]:
    subject = TextField(
        name=SUBJECT,
        label=_("Subject"),
        words=texts.get(SUBJECT, ""),
        ours=EXAMPLES[kind].subject,
        placeholders=_braced(subject_placeholders(kind)),
        fault=faults.get(SUBJECT, ""),
        is_long=False,
    )
    passages = passages_of(kind)
    counted = itertools.count(1)
    return [
        subject,
        *(
            TextField(
                name=one.key,
                label=_("Button") if one.is_button else _label(one, next(counted)),
                words=texts.get(one.key, one.text),
                ours=one.text.strip(),
                placeholders=_braced((*one.placeholders, *_house(one))),
                fault=faults.get(one.key, ""),
                is_long=len(one.text) > LONG,
            )
            for one in passages
        ),
    ]


def _label(passage: Passage, number: int) -> str:
    label = _("Text %(number)s", number=number)
    if not passage.of_number:
        return label
    return (
        _("%(text)s, for one", text=label)
        if passage.of_number == 1
        else _("%(text)s, for more than one", text=label)
    )


def _house(passage: Passage) -> tuple[str, ...]:
    return () if HOUSE in passage.placeholders else (HOUSE,)


def _braced(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(braces(name) for name in names)


def _examples(kind: str, house: str) -> list[tuple[str, str]]:
    """Return the placeholders of a kind with what replaces them in the preview, where that is a text."""
    values: dict[str, Any] = {**EXAMPLES[kind].values, HOUSE: house}
    used = {name for one in passages_of(kind) for name in one.placeholders}
    used |= set(subject_placeholders(kind))
    return [
        (braces(name), str(values[name]))
        for name in sorted(used)
        if isinstance(values.get(name), str | int) and values[name] not in ("", True, False)
    ]


def _said(error: BadText) -> dict[str, str]:
    return {name: _(sentence, **values) for name, (sentence, values) in error.faults.items()}
