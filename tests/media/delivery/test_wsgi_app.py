import errno
import json
import socket
from dataclasses import replace
from types import SimpleNamespace
from wsgiref.util import FileWrapper

import pytest

from media.delivery.authorization import Gate
from media.delivery.media_tokens import Signer, Ticket
from media.delivery.wsgi_app import OPEN_ENDED_BYTES, PIECE_BYTES, SEND_BUFFER_BYTES, Delivery
from media.storage.storage_protocol import StorageAway, open_storage
from tests.media.delivery.recording_fixtures import (
    COOKIE,
    DATA,
    SIGNER,
    VERSION,
    Answer,
    House,
    page,
)


@pytest.fixture(scope="module")
def local_house(tmp_path_factory):
    return House(open_storage(tmp_path_factory.mktemp("kept").as_uri()))


@pytest.fixture(scope="module")
def remote_house(running_s3):
    return House(running_s3.apart().storage("delivery"))


@pytest.fixture
def local(local_house):
    local_house.ended.clear()
    return local_house


@pytest.fixture
def remote(remote_house):
    remote_house.ended.clear()
    return remote_house


@pytest.fixture(params=["local", "remote"])
def house(request):
    return request.getfixturevalue(request.param)


class TestWhoMayNotComeIn:
    @pytest.mark.parametrize(
        "path",
        [
            "/media/",
            "/media/x",
            "/media/x/",
            "/media//run/master.m3u8",
            "/media/x/run/master.m3u8",
            "/media/x.y/run/master.m3u8",
            "/media/\u00fc.\u00ff/run/master.m3u8",
        ],
    )
    def test_a_malformed_address_is_not_found(self, house, path):
        assert Answer(house.app, path).status == 404

    def test_an_altered_token_is_not_found(self, house):
        token = SIGNER.sign(house.ticket)
        for place in (0, len(token) // 2, len(token) - 1):
            other = "A" if token[place] != "A" else "B"
            altered = token[:place] + other + token[place + 1 :]
            assert house.ask("run/master.m3u8", token=altered).status == 404

    def test_token_of_another_library_is_not_found(self, house):
        token = Signer(b"j" * 32).sign(house.ticket)
        assert house.ask("run/master.m3u8", token=token).status == 404

    @pytest.mark.parametrize(
        "name",
        [
            "../0123456789abcdefghjkmnpqrsx/run/high.mp4",
            "run/../../0123456789abcdefghjkmnpqrsx/run/high.mp4",
            "../../originals/a/talk.mp4",
            "./run/high.mp4",
            "/run/high.mp4",
            "run//high.mp4",
            "run/high.mp4/",
            "run/.hidden",
            "run\\high.mp4",
            "run/high.mp4\0.vtt",
            "run/high.mp4\n",
            "/etc/passwd",
            "run",
            "run/nothing.mp4",
            "run/high.mp4/x",
            "run/" + "x" * 300,
        ],
    )
    def test_files_outside_the_ticket_are_not_found(self, house, name):
        answer = house.ask(name)
        assert answer.status == 404
        assert b"recording" not in answer.body

    def test_a_ticket_opens_its_own_recording_only(self, house):
        other = replace(house.ticket, prefix=VERSION + "x")
        assert house.ask("run/high.mp4", ticket=other).body == b"of another recording"
        assert house.ask("run/master.m3u8", ticket=other).status == 404

    @pytest.mark.parametrize(
        ("change", "request_changes", "code"),
        [
            ({"expires": 1}, {}, "LINK_EXPIRED"),
            ({"network": "198.51.100.0/24"}, {}, "OTHER_NETWORK"),
            ({}, {"user_agent": "curl"}, "OTHER_AGENT"),
            ({}, {"user_agent": ""}, "OTHER_AGENT"),
            ({}, {"cookie": f"{COOKIE}=dan"}, "OTHER_SIGN_IN"),
            ({}, {"cookie": f"theme=dark; {COOKIE}=dan"}, "OTHER_SIGN_IN"),
            ({}, {"cookie": f"{COOKIE}="}, "OTHER_SIGN_IN"),
        ],
    )
    def test_valid_token_used_by_another_client_is_forbidden(
        self, house, change, request_changes, code
    ):
        answer = house.ask(
            "run/high.mp4", ticket=replace(house.ticket, **change), **request_changes
        )
        assert answer.status == 403
        assert json.loads(answer.body) == {"code": code}
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Cache-Control"] == "no-store"

    def test_ended_session_is_forbidden(self, house):
        house.ended.add(house.ticket.session)
        answer = house.ask("run/high.mp4")
        assert (answer.status, json.loads(answer.body)) == (403, {"code": "SESSION_ENDED"})

    def test_admitted_client_is_forbidden_once_the_session_ends(self, house):
        assert house.ask("run/high.mp4").status == 200
        house.ended.add(house.ticket.session)
        assert house.ask("run/high.mp4").status == 403

    def test_admitted_client_is_forbidden_once_the_link_expires(self, house, monkeypatch):
        assert house.ask("run/high.mp4").status == 200
        later = SimpleNamespace(time=lambda: house.ticket.expires)
        monkeypatch.setattr("media.delivery.authorization.time", later)
        answer = house.ask("run/high.mp4")
        assert (answer.status, json.loads(answer.body)) == (403, {"code": "LINK_EXPIRED"})

    def test_admitting_one_client_does_not_admit_another(self, house):
        assert house.ask("run/high.mp4", cookie=f"{COOKIE}=alice").status == 200
        assert house.ask("run/high.mp4", cookie=f"{COOKIE}=dan").status == 403
        assert house.ask("run/high.mp4", user_agent="curl").status == 403

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
    def test_methods_other_than_get_and_head_are_not_allowed(self, house, method):
        answer = house.ask("run/high.mp4", method=method)
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")

    def test_a_refused_head_has_no_body(self, house):
        assert house.ask("run/nothing.mp4", method="HEAD").body == b""


class TestWhoMayComeIn:
    @pytest.mark.parametrize(
        "cookie",
        [
            None,
            "",
            "theme=dark",
            f"{COOKIE}=alice",
            f"theme=dark; {COOKIE}=alice; x=y",
            f'{COOKIE}="alice"',
            f"my{COOKIE}=dan",
            f"x={COOKIE}=dan",
        ],
    )
    def test_own_cookie_or_no_cookie_is_accepted(self, house, cookie):
        assert house.ask("run/high.mp4", cookie=cookie).status == 200

    def test_another_address_in_the_same_network_is_accepted(self, house):
        assert house.ask("run/high.mp4").status == 200  # she opened it from .5 and plays from .77

    def test_unrestricted_ticket_works_from_anywhere(self, house):
        bare = Ticket(house.ticket.session, VERSION, house.ticket.expires)
        answer = house.ask(
            "run/high.mp4", ticket=bare, user_agent="AppleCoreMedia", cookie=f"{COOKIE}=dan"
        )
        assert answer.status == 200

    def test_other_paths_are_passed_to_the_app(self, house):
        for path in ("/", "/media", "/mediator/x", "/webinars/media/x"):
            assert Answer(house.app, path).body == b"the app"


class TestFiles:
    @pytest.mark.parametrize(
        ("name", "content_type"),
        [
            ("run/master.m3u8", "application/vnd.apple.mpegurl"),
            ("run/high.mp4", "video/mp4"),
            ("captions/en.vtt", "text/vtt; charset=utf-8"),
        ],
    )
    def test_whole_file_is_sent_with_its_content_type(self, house, name, content_type):
        answer = house.ask(name)
        assert answer.status == 200
        assert answer.headers["Content-Type"] == content_type
        assert answer.headers["Content-Length"] == str(len(answer.body))
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert answer.headers["Cache-Control"].startswith("private")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"

    @pytest.mark.parametrize("wrapper", [None, FileWrapper])
    def test_file_is_sent_as_it_is_stored(self, house, wrapper):
        assert house.ask("run/high.mp4", wrapper=wrapper).body == DATA

    @pytest.mark.parametrize("wrapper", [None, FileWrapper])
    @pytest.mark.parametrize(
        ("header", "start", "end"),
        [("bytes=0-0", 0, 1), ("bytes=300-999", 300, 1000), ("bytes=-5", -5, None)],
    )
    def test_range_is_answered_with_206(self, house, wrapper, header, start, end):
        answer = house.ask("run/high.mp4", range=header, wrapper=wrapper)
        assert (answer.status, answer.body) == (206, DATA[start:end])
        first = start % len(DATA)
        last = first + len(answer.body) - 1
        assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(DATA)}"
        assert answer.headers["Content-Length"] == str(len(answer.body))

    def test_range_past_the_end_is_answered_with_416(self, house):
        answer = house.ask("run/high.mp4", range=f"bytes={len(DATA)}-")
        assert answer.status == 416
        assert answer.headers["Content-Range"] == f"bytes */{len(DATA)}"

    def test_several_ranges_return_the_whole_file(self, house):
        answer = house.ask("run/high.mp4", range="bytes=0-1,4-5")
        assert (answer.status, answer.body) == (200, DATA)

    def test_empty_file_is_sent_empty(self, house):
        answer = house.ask("run/empty.mp4")
        assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", "0")

    def test_head_returns_headers_without_a_body(self, house):
        answer = house.ask("run/high.mp4", method="HEAD")
        assert (answer.status, answer.body) == (200, b"")
        assert answer.headers["Content-Length"] == str(len(DATA))
        assert answer.headers["ETag"] == house.ask("run/high.mp4").headers["ETag"]

    def test_cached_version_is_not_sent_again(self, house):
        etag = house.ask("run/high.mp4").headers["ETag"]
        answer = house.ask("run/high.mp4", if_none_match=etag)
        assert (answer.status, answer.body) == (304, b"")
        assert answer.headers["ETag"] == etag

    def test_ended_session_is_forbidden_even_with_a_cached_version(self, house):
        etag = house.ask("run/high.mp4").headers["ETag"]
        house.ended.add(house.ticket.session)
        assert house.ask("run/high.mp4", if_none_match=etag).status == 403

    def test_range_of_another_version_returns_the_whole_file(self, house):
        etag = house.ask("run/high.mp4").headers["ETag"]
        same = house.ask("run/high.mp4", range="bytes=0-9", if_range=etag)
        other = house.ask("run/high.mp4", range="bytes=0-9", if_range='"older"')
        assert (same.status, other.status) == (206, 200)


class TestLongBodies:
    @pytest.fixture
    def long_house(self, house):
        house.storage.put_bytes(
            f"{VERSION}/run/progressive.mp4", b"p" * (OPEN_ENDED_BYTES * 2), "video/mp4"
        )
        house.storage.put_bytes(
            f"{VERSION}/run/low.mp4", b"l" * (OPEN_ENDED_BYTES * 2), "video/mp4"
        )
        return house

    def test_an_open_range_of_the_plain_mp4_is_capped(self, long_house):
        answer = long_house.ask("run/progressive.mp4", range="bytes=0-")
        assert (answer.status, len(answer.body)) == (206, OPEN_ENDED_BYTES)
        assert answer.headers["Content-Range"] == (
            f"bytes 0-{OPEN_ENDED_BYTES - 1}/{OPEN_ENDED_BYTES * 2}"
        )

    def test_no_other_range_is_capped(self, long_house):
        whole = f"bytes=0-{OPEN_ENDED_BYTES * 2 - 1}"
        for name, header in (("progressive.mp4", whole), ("low.mp4", "bytes=0-")):
            answer = long_house.ask(f"run/{name}", range=header)
            assert (answer.status, len(answer.body)) == (206, OPEN_ENDED_BYTES * 2)

    @pytest.mark.parametrize("wrapper", [None, FileWrapper])
    @pytest.mark.parametrize("header", [None, f"bytes=1-{OPEN_ENDED_BYTES * 2 - 1}"])
    def test_long_response_is_cut_off_when_the_session_ends(self, long_house, wrapper, header):
        asked = 0

        def live(session):
            nonlocal asked
            asked += 1
            return asked <= 3  # once to be admitted, then twice

        app = Delivery(
            page,
            storage=long_house.storage,
            gate=Gate(
                signer=SIGNER,
                live=live,
                cookies=(COOKIE,),
            ),
        )
        with pytest.raises(ConnectionResetError):
            long_house.ask("run/progressive.mp4", app=app, wrapper=wrapper, range=header)
        assert asked == 4
        assert PIECE_BYTES * 2 < OPEN_ENDED_BYTES


def test_a_deleted_file_is_not_found(local):
    local.storage.put_bytes(f"{VERSION}/run/old.mp4", b"x", "video/mp4")
    assert local.ask("run/old.mp4").status == 200
    local.storage.delete(f"{VERSION}/run/old.mp4")
    assert local.ask("run/old.mp4").status == 404


def test_deleted_object_is_not_found_after_it_was_requested(remote):
    remote.storage.put_bytes(f"{VERSION}/run/old.mp4", b"x", "video/mp4")
    assert remote.ask("run/old.mp4").status == 200
    remote.storage.delete(f"{VERSION}/run/old.mp4")
    assert remote.ask("run/old.mp4").status == 404


def test_object_that_became_shorter_breaks_the_connection(remote):
    remote.storage.put_bytes(f"{VERSION}/run/new.mp4", b"x" * 100, "video/mp4")
    assert remote.ask("run/new.mp4").status == 200
    remote.storage.put_bytes(f"{VERSION}/run/new.mp4", b"x" * 10, "video/mp4")
    with pytest.raises(ConnectionResetError):
        remote.ask("run/new.mp4")


def test_disk_error_is_not_reported_as_a_missing_file(local, monkeypatch):
    def fail(_path):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("media.delivery.wsgi_app.io.FileIO", fail)
    with pytest.raises(StorageAway):
        local.ask("run/high.mp4")


def test_objects_are_served_beyond_the_limit_of_the_cache(remote, monkeypatch):
    monkeypatch.setattr("media.delivery.wsgi_app.REMEMBER_MOST", 2)
    for name in ("run/high.mp4", "run/master.m3u8", "captions/en.vtt", "run/high.mp4"):
        assert remote.ask(name).status == 200


def test_send_buffer_of_a_long_response_is_small(local):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        local.ask("run/high.mp4", connection=ours)
        assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 2 * SEND_BUFFER_BYTES


def test_error_responses_do_not_show_the_token(local):
    token = SIGNER.sign(local.ticket)
    for name in ("run/nothing.mp4", "../x"):
        answer = local.ask(name, token=token)
        assert token.encode() not in answer.body
        assert token not in str(answer.headers)
