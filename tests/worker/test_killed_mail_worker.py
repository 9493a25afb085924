"""Real worker processes that send email, killed during a bulk send."""

import signal
from collections import Counter
from collections.abc import Mapping

import pytest
from sqlalchemy import func, select

from lms.core.database import Database
from lms.models.jobs import JobState
from lms.models.mail import Mail
from tests.mail.lane_fixtures import CODE, listed, post_invitations, post_one
from tests.servers.smtp import MailSink
from tests.servers.worker_process import running_worker
from tests.wait_until import until

pytestmark = pytest.mark.slow


def in_state(database: Database, state: JobState) -> int:
    with database.read_session() as session:
        return session.scalar(select(func.count(Mail.id)).where(Mail.state == state)) or 0


def test_code_does_not_wait_for_a_killed_worker_or_its_emails(
    database: Database, environ: Mapping[str, str], mail_sink: MailSink
) -> None:
    given = {**environ, "CARREL_SMTP_URL": mail_sink.url}
    mail_sink.delay_s = 0.2
    post_invitations(database, 200)
    with running_worker(given) as first:
        until(lambda: len(listed(mail_sink)) > 3 and mail_sink.waiting == 1)
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert in_state(database, JobState.RUNNING) == 1
    with running_worker(given):
        post_one(database, "sign_in_code", CODE)
        until(lambda: bool(mail_sink.to(CODE)))
        assert in_state(database, JobState.QUEUED) > 100
        mail_sink.delay_s = 0.0
        until(lambda: in_state(database, JobState.DONE) == 201)
    came = Counter(listed(mail_sink))
    assert len(came) == 200
    ids = Counter(str(mail.message["Message-ID"]) for mail in mail_sink.delivered)
    assert len(ids) == 201
    assert sum(came.values()) <= 201  # the killed worker's email can arrive twice, with the same id
