"""Mailings: written, scheduled, canceled, and sent once to each person even after a killed job."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.core.errors import Conflict, Invalid
from lms.core.runtime import Carrel
from lms.jobs.queue import Ended, JobRun, LeaseLost, StandAside, Stopped
from lms.live import change_notices
from lms.live.registrations import register
from lms.mail.opt_outs import opt_out, unsubscribe
from lms.mailings import jobs, mailings
from lms.mailings.mailings import SEND
from lms.mailings.read_models import (
    Reach,
    count_unannounced,
    list_mailings,
    read_mailing,
    read_reach,
    read_results,
)
from lms.models.accounts import Login
from lms.models.audit import AuditEntry
from lms.models.catalog import Webinar, WebinarState
from lms.models.jobs import Job, JobState
from lms.models.mail import Mail, MailingPart, MailingState, MailLane
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_grant, make_login
from tests.live.upcoming_webinar import DAY, HELD_AT, LINKS, Quiet
from tests.mailings.mailing_fixtures import DETAILS, add, start, subscribe, work, written

HOUR = timedelta(hours=1)
SUBSCRIBERS = replace(DETAILS, part=MailingPart.SUBSCRIBERS)


def state(database: Database, mailing_id: str) -> MailingState:
    with database.read_session() as session:
        return read_mailing(session, mailing_id).state


def crowd(database: Database, cast: Cast, number: int) -> None:
    """Let many people with access register."""
    with database.transaction() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        for each in range(number):
            login = make_login(session, f"p{each}@example.org")
            make_grant(session, login, webinar)
            register(session, login_id=login.id, webinar_id=webinar.id, links=LINKS, now=NOW)


def test_errors_are_reported_by_field(database: Database, to_come: Cast) -> None:
    for changed, fields in (
        ({"subject": " "}, {"subject"}),
        ({"subject": "x" * 201}, {"subject"}),
        ({"body": ""}, {"body"}),
        ({"body": "x" * 20_001}, {"body"}),
        ({"button_label": ""}, {"button_label"}),
        ({"button_url": ""}, {"button_url"}),
        ({"button_url": "javascript:alert(1)"}, {"button_url"}),
        ({"button_url": "https://[x"}, {"button_url"}),
        ({"subject": "", "body": ""}, {"subject", "body"}),
    ):
        with pytest.raises(Invalid) as refusal:
            add(database, to_come, replace(DETAILS, **changed))
        assert set(refusal.value.fields) == fields, changed
    add(database, to_come, replace(DETAILS, button_label="", button_url=""))


def test_only_a_draft_is_edited_or_deleted(database: Database, to_come: Cast) -> None:
    mailing_id, other = add(database, to_come), add(database, to_come)
    with database.transaction() as session:
        mailings.edit_mailing(
            session, mailing_id, replace(DETAILS, subject="New"), actor=None, now=NOW
        )
        mailings.delete_mailing(session, other, actor=None, now=NOW)
    start(database, mailing_id)
    with database.transaction() as session:
        with pytest.raises(Conflict):
            mailings.edit_mailing(session, mailing_id, DETAILS, actor=None, now=NOW)
        with pytest.raises(Conflict):
            mailings.delete_mailing(session, mailing_id, actor=None, now=NOW)
        rows, total = list_mailings(session, slug=to_come.slug, offset=0, limit=9)
    assert ([one.subject for one in rows], total) == (["New"], 1)


def test_mailing_is_sent_in_the_bulk_lane_with_clean_html_and_its_button(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    assert clock.moment == NOW
    mailing_id = add(database, to_come)
    start(database, mailing_id)
    work(carrel, mailing_id)
    assert written(database, "mailing") == ["bob@example.org"]
    with database.read_session() as session:
        mail = session.scalars(select(Mail).where(Mail.kind == "mailing")).one()
    assert mail.lane is MailLane.BULK
    assert mail.subject == "Before you join"
    assert "Hello Bob," in mail.text
    assert "Bring two questions." in mail.text
    assert "Read it first:\nhttp://localhost/webinars/reading-rooms" in mail.text
    assert "<strong>two</strong>" in mail.html
    assert "<script>" not in mail.html
    assert state(database, mailing_id) is MailingState.SENT


def test_each_person_gets_it_once_after_a_killed_job_is_rerun(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert clock.moment == NOW
    monkeypatch.setattr(jobs, "AT_ONCE", 2)
    crowd(database, to_come, 6)
    mailing_id = add(database, to_come)
    start(database, mailing_id)

    class Interrupted(Quiet):
        def give_way(self) -> None:
            raise StandAside

    class Ending(Quiet):
        def canceled(self) -> bool:
            return True

    for _turn in range(2):
        with pytest.raises(StandAside):
            work(carrel, mailing_id, Interrupted())
    assert len(written(database, "mailing")) == 4
    with pytest.raises(Stopped):
        work(carrel, mailing_id, Ending())
    assert state(database, mailing_id) is MailingState.SENDING
    for _turn in range(2):
        work(carrel, mailing_id)
    found = written(database, "mailing")
    assert len(found) == len(set(found)) == 7
    assert state(database, mailing_id) is MailingState.SENT


def test_job_that_was_taken_over_emails_no_one(
    carrel: Carrel, database: Database, to_come: Cast
) -> None:
    class TakenOver(Quiet):
        def hold(self, session: Session) -> None:
            raise LeaseLost

    mailing_id = add(database, to_come)
    start(database, mailing_id)
    with pytest.raises(LeaseLost):
        work(carrel, mailing_id, TakenOver())
    assert written(database, "mailing") == []


def test_scheduled_mailing_waits_for_its_time(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    mailing_id = add(database, to_come)
    with pytest.raises(Invalid):
        start(database, mailing_id, send_at=NOW)
    start(database, mailing_id, send_at=NOW + HOUR)
    with pytest.raises(Conflict):
        start(database, mailing_id)
    with database.read_session() as session:
        assert session.scalars(select(Job.run_at).where(Job.kind == SEND)).all() == [NOW + HOUR]
    work(carrel, mailing_id)
    assert written(database, "mailing") == []
    clock.advance(HOUR)
    work(carrel, mailing_id)
    assert written(database, "mailing") == ["bob@example.org"]


def test_scheduled_mailing_about_a_canceled_webinar_is_stopped(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    mailing_id, later = add(database, to_come), add(database, to_come)
    start(database, mailing_id, send_at=NOW + HOUR)
    with database.transaction() as session:
        webinar = session.get_one(Webinar, to_come.webinar_id)
        change_notices.tell_all(session, webinar, "live_canceled", "", now=NOW)
    start(database, later, send_at=NOW + HOUR)
    clock.advance(HOUR)
    for one in (mailing_id, later):
        with database.read_session() as session:
            payload = session.scalars(select(Job.payload).where(Job.subject == one)).one()
        jobs.send(carrel, JobRun(0, "", one, payload, 1, 3, Quiet()))
    assert state(database, mailing_id) is MailingState.STOPPED
    with database.read_session() as session:
        acts = session.scalars(select(AuditEntry.act).where(AuditEntry.subject == mailing_id)).all()
    assert "mailing.stopped" in acts
    assert state(database, later) is MailingState.SENT
    assert written(database, "mailing") == ["bob@example.org"]


@pytest.mark.parametrize(
    ("wait", "how"), [(2 * HOUR, MailingState.SENT), (10 * DAY, MailingState.STOPPED)]
)
def test_mailing_for_before_a_webinar_is_not_sent_after_it(
    carrel: Carrel,
    database: Database,
    to_come: Cast,
    clock: Clock,
    wait: timedelta,
    how: MailingState,
) -> None:
    """The worker was down when it was due; a mailing for after the webinar is sent late."""
    before, after = add(database, to_come), add(database, to_come)
    start(database, before, send_at=NOW + HOUR)
    start(database, after, send_at=HELD_AT + DAY)
    clock.advance(wait)
    for one in (before, after):
        work(carrel, one)
    assert state(database, before) is how
    late = MailingState.SENT if wait > 5 * DAY else MailingState.SCHEDULED
    assert state(database, after) is late
    assert written(database, "mailing") == ["bob@example.org"]


def test_canceled_mailing_is_a_draft_again_and_its_job_does_nothing(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    mailing_id = add(database, to_come)
    start(database, mailing_id, send_at=NOW + HOUR)
    with database.transaction() as session:
        mailings.cancel_mailing(session, mailing_id, actor=None, now=NOW)
        with pytest.raises(Conflict):
            mailings.cancel_mailing(session, mailing_id, actor=None, now=NOW)
        assert session.scalars(select(Job).where(Job.kind == SEND)).all() == []
    clock.advance(HOUR)
    work(carrel, mailing_id)
    assert written(database, "mailing") == []
    assert state(database, mailing_id) is MailingState.DRAFT


def test_person_blocked_or_erased_in_the_meantime_gets_none(
    database: Database, to_come: Cast
) -> None:
    crowd(database, to_come, 2)
    mailing_id = add(database, to_come)
    start(database, mailing_id)
    with database.transaction() as session:
        assert mailings.begin(session, mailing_id, notice=0, now=NOW)
        waiting = mailings.waiting_recipients(session, mailing_id, now=NOW)
        assert len(waiting) == 3
        for email, gone in (
            ("p0", {"blocked_at": NOW}),
            ("p1", {"email": None, "email_key": None}),
        ):
            which = Login.email_key == f"{email}@example.org"
            session.execute(update(Login).where(which).values(gone))
        assert mailings.post_some(session, mailing_id, waiting, now=NOW)
    assert written(database, "mailing") == ["bob@example.org"]


def test_stopped_mailing_continues_with_people_who_do_not_have_it(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    assert clock.moment == NOW
    mailing_id = add(database, to_come)
    start(database, mailing_id)
    work(carrel, mailing_id)
    with database.transaction() as session:
        mailing = mailings.find_mailing(session, mailing_id)
        mailing.state, mailing.finished_at = MailingState.SENDING, None
        ended = Ended("", SEND, mailing_id, {}, JobState.CANCELED, "", "", NOW)
        jobs.ended(session, ended)
        jobs.ended(session, replace(ended, subject="gone"))
    assert state(database, mailing_id) is MailingState.STOPPED
    with database.transaction() as session:
        assert not mailings.post_some(session, mailing_id, (), now=NOW)
        mailings.finish(session, mailing_id, now=NOW)
    assert state(database, mailing_id) is MailingState.STOPPED
    crowd(database, to_come, 1)
    start(database, mailing_id)
    work(carrel, mailing_id)
    assert written(database, "mailing") == ["bob@example.org", "p0@example.org"]


def test_subscribers_are_emailed_about_announced_webinars_only(
    carrel: Carrel, database: Database, topical: Cast, clock: Clock
) -> None:
    assert clock.moment == NOW
    subscribe(carrel, "sam@example.org")
    mailing_id = add(database, topical, SUBSCRIBERS)
    with database.transaction() as session:
        session.get_one(Webinar, topical.webinar_id).state = WebinarState.DRAFT
    with pytest.raises(Conflict):
        start(database, mailing_id)
    with database.transaction() as session:
        session.get_one(Webinar, topical.webinar_id).state = WebinarState.ANNOUNCED
    start(database, mailing_id)
    with database.transaction() as session:
        session.get_one(Webinar, topical.webinar_id).state = WebinarState.CANCELED
    work(carrel, mailing_id)
    assert written(database, "new_webinar") == []
    assert state(database, mailing_id) is MailingState.STOPPED


def test_announcement_is_offered_until_there_is_a_mailing(
    carrel: Carrel, database: Database, topical: Cast
) -> None:
    def offered(**when: object) -> int:
        with database.read_session() as session:
            values = {"now": NOW, **when}
            return count_unannounced(session, topical.webinar_id, **values)  # type: ignore[arg-type]  # a time

    assert offered() == 0
    subscribe(carrel, "sam@example.org")
    assert offered() == 1
    assert offered(now=NOW + timedelta(days=9)) == 0
    add(database, topical, SUBSCRIBERS)
    assert offered() == 0


def test_results_count_each_email_by_what_happened_to_it(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    assert clock.moment == NOW
    crowd(database, to_come, 5)
    mailing_id = add(database, to_come)
    start(database, mailing_id)
    work(carrel, mailing_id)
    ends = (JobState.DONE, JobState.DONE, JobState.FAILED, JobState.CANCELED, JobState.RUNNING)
    with database.transaction() as session:
        for number, end in enumerate(ends):
            mail = session.scalars(
                select(Mail).where(
                    Mail.kind == "mailing", Mail.recipient == f"p{number}@example.org"
                )
            ).one()
            mail.state = end
            mail.lease_until = NOW if end is JobState.RUNNING else None
            if number == 0:
                unsubscribe(session, mail, now=NOW)
            if number == 1:
                mail.bounced_at = NOW
        found = read_results(session, mailing_id)
    assert (found.written, found.waiting, found.sent, found.bounced) == (6, 2, 1, 1)
    assert (found.failed, found.not_sent, found.unsubscribed) == (1, 1, 1)


def test_reach_counts_the_people_who_get_none(database: Database, to_come: Cast) -> None:
    crowd(database, to_come, 1)
    mailing_id = add(database, to_come)
    with database.transaction() as session:
        opt_out(session, "bob@example.org", now=NOW)
        assert read_reach(session, mailing_id, now=NOW) == Reach(2, 1, 0)


def test_trail_has_ids_only(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    assert clock.moment == NOW
    mailing_id = add(database, to_come)
    start(database, mailing_id)
    work(carrel, mailing_id)
    with database.read_session() as session:
        rows = session.scalars(
            select(AuditEntry).where(AuditEntry.subject == mailing_id).order_by(AuditEntry.id)
        ).all()
    assert [one.act for one in rows] == ["mailing.added", "mailing.scheduled", "mailing.sent"]
    assert all(one.detail == {} for one in rows)


def test_job_of_an_unknown_mailing_sends_nothing(
    carrel: Carrel, database: Database, to_come: Cast
) -> None:
    work(carrel, "0" * 26)
    assert written(database, "mailing") == []
