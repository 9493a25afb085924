"""Logs never contain email addresses, in any message."""

import os
from threading import Thread

import pytest
import structlog

from lms.core.logs import Lines, configure_logs, without_addresses


def test_traceback_is_logged_without_addresses(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs()
    fault = ValueError("Key (pool_id, email_key)=(7, pat.reader@example.org) already exists.")
    structlog.get_logger().error("request_failed", exc_info=fault)
    told = capsys.readouterr().err
    assert "already exists" in told
    assert "pat.reader" not in told


@pytest.mark.parametrize(
    "text",
    [
        "Key (email_key)=(pat@example.org) already exists.",
        "{'email': 'pat@example.org'}",
        "to=<pat@example.org>",
        "mailto:pat@example.org",
    ],
)
def test_address_is_removed_anywhere_in_a_text(text: str) -> None:
    assert "pat" not in without_addresses(text)


@pytest.mark.parametrize(
    "detail",
    [
        "Key (name)=(Pat Reader) already exists.",
        "Failing row contains (7, Pat Reader,\nd$x, null).",
    ],
)
def test_values_quoted_by_postgresql_are_removed(detail: str) -> None:
    fault = f'(psycopg.errors.E) constraint "uq_x"\nDETAIL:  {detail}'
    sql = "\n[SQL: INSERT INTO x VALUES (%(name)s)]"
    chained = "\n\nThe above exception was the direct cause"
    for end in ("", sql, chained, "\nCONTEXT:  COPY x"):
        told = without_addresses(fault + end)
        assert "Pat" not in told
        assert "uq_x" in told
        assert told.endswith(end)


def test_text_without_addresses_is_unchanged() -> None:
    line = '  File "lms/web/requests/customer_request.py", line 84, in <module>\n    @blueprint.get("/ask")'
    assert without_addresses(line) == line


def test_lines_from_many_threads_are_not_mixed() -> None:
    reading, writing = os.pipe()
    lines = Lines(writing)
    threads = [
        Thread(
            target=lambda name: [lines.info(f"{name} {number} ä") for number in range(50)],
            args=(name,),
        )
        for name in "abcdefgh"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.close(writing)
    with open(reading, encoding="utf-8") as read:
        told = read.read().splitlines()
    assert sorted(told) == sorted(
        f"{name} {number} ä" for name in "abcdefgh" for number in range(50)
    )
