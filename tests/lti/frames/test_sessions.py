"""Framed sessions: found by secret and browser, limited in time, and handed over once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lms.core.database import Database
from lms.core.errors import Gone, NotFound
from lms.web.core.gunicorn_log import safe_path
from lti.frames.session_creation import LASTS, Opening, new_secret, open_frame
from lti.frames.sessions import find_frame, forget_old, hand_over
from lti.models.embed_links import EmbedLink, SeatRule
from lti.models.launches import FrameRole, Purpose
from lti.protocol.content_target import Target
from tests.cast import Cast
from tests.clock import NOW


def _opening(database: Database, cast: Cast, browser: str | None = None) -> Opening:
    with database.transaction() as session:
        link = EmbedLink(
            organization_id=cast.organization_id,
            token_hash=b"t" * 32,
            label="Staff site",
            target={"webinar": "w"},
            origins="https://site.example.org",
            seat_rule=SeatRule.NAMED,
            created_at=NOW,
        )
        session.add(link)
        session.flush()
        return Opening(
            purpose=Purpose.EMBED,
            role=FrameRole.ANONYMOUS,
            organization_id=cast.organization_id,
            origins=("https://site.example.org",),
            target=Target(webinar="w"),
            embed_link_id=link.id,
            browser=browser,
        )


def test_session_is_found_only_by_its_secret(database: Database, cast: Cast) -> None:
    opening = _opening(database, cast)
    with database.transaction() as session:
        secret = open_frame(session, opening, now=NOW)
        found = find_frame(session, secret, browser=None, now=NOW)
        assert (found.organization_id, found.target) == (cast.organization_id, Target(webinar="w"))
        with pytest.raises(NotFound):
            find_frame(session, secret + "x", browser=None, now=NOW)


def test_session_bound_to_a_browser_is_not_found_from_another(
    database: Database, cast: Cast
) -> None:
    opening = _opening(database, cast, browser="a cookie")
    with database.transaction() as session:
        secret = open_frame(session, opening, now=NOW)
        assert find_frame(session, secret, browser="a cookie", now=NOW).role is FrameRole.ANONYMOUS
        for other in (None, "another"):
            with pytest.raises(NotFound):
                find_frame(session, secret, browser=other, now=NOW)


def test_session_expires_and_is_deleted(database: Database, cast: Cast) -> None:
    opening = _opening(database, cast)
    with database.transaction() as session:
        secret = open_frame(session, opening, now=NOW)
        with pytest.raises(Gone):
            find_frame(session, secret, browser=None, now=NOW + LASTS)
        forget_old(session, now=NOW + LASTS + timedelta(days=3))
        with pytest.raises(NotFound):
            find_frame(session, secret, browser=None, now=NOW)


def test_session_is_handed_over_once_to_a_new_window(database: Database, cast: Cast) -> None:
    token = new_secret()
    opening = replace(_opening(database, cast), hand_over=token)
    with database.transaction() as session:
        secret = open_frame(session, opening, now=NOW)
        frame = find_frame(session, secret, browser=None, now=NOW)
        moved = hand_over(session, token, browser="window", now=NOW)
        assert find_frame(session, moved, browser="window", now=NOW).id == frame.id
        with pytest.raises(NotFound):
            find_frame(session, secret, browser=None, now=NOW)
        with pytest.raises(Gone):
            hand_over(session, token, browser="window", now=NOW)


def test_log_lines_contain_no_frame_secrets() -> None:
    secrets = [new_secret() for _ in range(500)]
    lines = [safe_path(f"/lti/s/{secret}/playback") for secret in secrets]
    assert [line for secret, line in zip(secrets, lines, strict=True) if secret in line] == []
    assert all(line.startswith("/lti/s/~") for line in lines)
