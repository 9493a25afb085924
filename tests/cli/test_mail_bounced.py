"""carrel mail bounced."""

from pathlib import Path

from lms.core.runtime import Carrel
from tests.cli.command_runner import Shell
from tests.clock import Clock
from tests.mail.test_bounces import report, send


def test_bounce_report_is_read(
    carrel: Carrel, carrel_command: Shell, clock: Clock, tmp_path: Path
) -> None:
    mail_id = send(carrel)
    path = tmp_path / "dsn.eml"
    path.write_bytes(report(mail_id=mail_id))
    ran = carrel_command("mail", "bounced", str(path), "--json")
    assert ran.code == 0
    assert [item["mail"] for item in ran.answer["items"]] == [mail_id]


def test_email_that_is_not_a_bounce_report_is_refused(
    carrel_command: Shell, carrel: Carrel, tmp_path: Path
) -> None:
    path = tmp_path / "note.eml"
    path.write_bytes(b"Subject: Hello\n\nHello.\n")
    ran = carrel_command("mail", "bounced", str(path), "--json")
    assert ran.code == 1
