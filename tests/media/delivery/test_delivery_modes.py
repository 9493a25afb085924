"""The same behavior in every delivery mode: embedded, behind nginx, and redirects to a bucket."""

import contextlib
import http.client
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from media.delivery.delivery_modes import ADDRESS_S, Way
from media.delivery.media_tokens import Signer, Ticket, Use, fingerprint
from media.delivery.wsgi_app import OPEN_ENDED_BYTES
from media.storage.object_keys import new_key_id
from tests.media.delivery.delivery_server import ADMITTED_S, SIGNER, served

VERSION = "renditions/0123456789abcdefghjkmnpqrs"
OTHERS = "renditions/0123456789abcdefghjkmnpqrt"
HIGH = bytes(range(256)) * 52_000  # 13.3 MB
LONG = 24 << 20
AGENT = "Firefox"
FILES = {
    f"{VERSION}/run/high.mp4": HIGH,
    f"{VERSION}/run/progressive.mp4": bytes(LONG),
    f"{VERSION}/run/master.m3u8": b"#EXTM3U\n",
    f"{VERSION}/run/thumbs-001.jpg": b"a picture",
    f"{VERSION}/captions/en.vtt": b"WEBVTT\n",
    f"{OTHERS}/run/high.mp4": b"of another organization",
    "originals/a/talk.mp4": b"the original",
}
WHERE = {Way.EMBEDDED: False, Way.NGINX: False, Way.REDIRECT: True}


@pytest.fixture(scope="module", params=[*Way, "embedded, from a bucket"])
def house(request, tmp_path_factory):
    way = Way.EMBEDDED if request.param not in set(Way) else Way(request.param)
    in_bucket = way is Way.REDIRECT or request.param not in set(Way)
    server = request.getfixturevalue("running_s3").apart() if in_bucket else None
    with served(tmp_path_factory.mktemp("house"), way, server) as made:
        for key, data in FILES.items():
            made.storage.put_bytes(key, data, "application/octet-stream")
        yield made


@pytest.fixture
def ticket():
    now = int(time.time())
    return Ticket(new_key_id(), VERSION, now + 3600, agent=fingerprint(AGENT))


def ask(house, ticket, name, method="GET", signer=SIGNER, **headers):
    headers = {key.replace("_", "-"): value for key, value in headers.items()}
    wanted = {"User-Agent": AGENT} | headers
    return house.ask(f"/media/{signer.sign(ticket)}/{name}", method, **wanted)


def altered(token, place):
    letters = list(token)
    letters[place] = "x" if letters[place] != "x" else "y"
    return "".join(letters)


class TestWhoMayNotComeIn:
    @pytest.mark.parametrize("name", ["run/high.mp4", "run/master.m3u8", "run/progressive.mp4"])
    @pytest.mark.parametrize("wanted", [None, "bytes=0-99"])
    def test_altered_or_guessed_address_is_not_found(self, house, ticket, name, wanted):
        token = SIGNER.sign(ticket)
        others = Signer(b"another " * 8).sign(ticket)
        headers = {"User-Agent": AGENT} | ({"Range": wanted} if wanted else {})
        for bad in (altered(token, -1), altered(token, 9), "x", "x.y", others):
            assert house.ask(f"/media/{bad}/{name}", **headers).status == 404

    @pytest.mark.parametrize("name", ["run/high.mp4", "run/master.m3u8", "captions/en.vtt"])
    def test_ticket_of_our_player_is_forbidden_without_its_cookie(self, house, ticket, name):
        film = replace(ticket, cookie=fingerprint("alice"), use=Use.FILM)
        for cookie, status in (("carrel=alice", 200), ("carrel=bob", 403), ("", 403)):
            assert ask(house, film, name, Cookie=cookie).status == status

    def test_ticket_of_a_page_gets_pictures_and_captions_but_no_video(self, house, ticket):
        page = replace(ticket, cookie=fingerprint("alice"), use=Use.PAGE)
        for name in ("captions/en.vtt", "run/thumbs-001.jpg"):
            assert ask(house, page, name, Cookie="carrel=alice").status == 200
            assert ask(house, page, name).status == 403
        for name in ("run/high.mp4", "run/progressive.mp4", "run/master.m3u8"):
            for wanted in ({}, {"Range": "bytes=0-99"}):
                assert ask(house, page, name, Cookie="carrel=alice", **wanted).status == 404

    @pytest.mark.parametrize("name", ["run/high.mp4", "run/master.m3u8"])
    def test_expired_link_is_forbidden(self, house, ticket, name):
        answer = ask(house, replace(ticket, expires=1), name, Range="bytes=0-9")
        assert (answer.status, json.loads(answer.body)) == (403, {"code": "LINK_EXPIRED"})

    def test_link_used_by_another_client_is_forbidden(self, house, ticket):
        for name in ("run/high.mp4", "run/master.m3u8"):
            assert ask(house, ticket, name, Range="bytes=0-9").status in (200, 206)
            answer = ask(house, ticket, name, Range="bytes=0-9", User_Agent="curl")
            assert (answer.status, json.loads(answer.body)) == (403, {"code": "OTHER_AGENT"})

    @pytest.mark.parametrize(
        "name",
        [
            "../0123456789abcdefghjkmnpqrt/run/high.mp4",
            "%2e%2e/0123456789abcdefghjkmnpqrt/run/high.mp4",
            "run/..%2f..%2f0123456789abcdefghjkmnpqrt/run/high.mp4",
            "%2e%2e/%2e%2e/originals/a/talk.mp4",
            "..%2f..%2f..%2flog",
            "%2e%2e%5clog",
            "run/.hidden",
            "run/nothing.mp4",
            "run/nothing.m3u8",
            "run",
            "run/high.mp4%0d%0aX: y",
        ],
    )
    def test_files_outside_the_ticket_are_not_found(self, house, ticket, name):
        for wanted in ({}, {"Range": "bytes=0-9"}):
            answer = ask(house, ticket, name.replace(" ", "%20"), **wanted)
            assert answer.status in (404, 400) or answer.body == b"page"
            assert b"organization" not in answer.body
            assert b"original" not in answer.body

    def test_recording_is_not_found_with_the_ticket_of_another(self, house, ticket):
        theirs = replace(ticket, prefix=OTHERS)
        assert ask(house, theirs, "run/high.mp4", Range="bytes=0-9").body == b"of another"
        assert ask(house, theirs, "run/master.m3u8").status == 404

    def test_internal_paths_of_nginx_are_not_served(self, house):
        for path in (f"/_files/{VERSION}/run/high.mp4", "/_gate"):
            answer = house.ask(path)
            assert answer.status == 404 or answer.body == b"page"

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
    def test_methods_other_than_get_and_head_are_not_allowed(self, house, ticket, method):
        answer = ask(house, ticket, "run/high.mp4", method, Range="bytes=0-9")
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


class TestFiles:
    @pytest.mark.parametrize(
        ("name", "content_type"),
        [
            ("run/master.m3u8", "application/vnd.apple.mpegurl"),
            ("run/high.mp4", "video/mp4"),
            ("run/thumbs-001.jpg", "image/jpeg"),
            ("captions/en.vtt", "text/vtt; charset=utf-8"),
        ],
    )
    def test_whole_file_is_sent_with_its_type_and_must_be_revalidated(
        self, house, ticket, name, content_type
    ):
        answer = ask(house, ticket, name)
        assert (answer.status, answer.body) == (200, FILES[f"{VERSION}/{name}"])
        assert answer.headers["Content-Type"] == content_type
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert not answer.was_redirected

    @pytest.mark.parametrize(
        ("first", "last"),
        [
            (0, 0),
            (1000, 299_999),
            (999_999, 1_999_999),
            (1_100_000, 2_199_999),
            (9_900_000, 10_100_000),
            (12_345_678, 12_999_999),
            (3_000_000, 12_000_000),
            (13_000_000, 99_000_000),
        ],
    )
    def test_range_is_answered_with_206(self, house, ticket, first, last):
        answer = ask(house, ticket, "run/high.mp4", Range=f"bytes={first}-{last}")
        assert (answer.status, answer.body) == (206, HIGH[first : last + 1])
        end = min(last, len(HIGH) - 1)
        assert answer.headers["Content-Range"] == f"bytes {first}-{end}/{len(HIGH)}"
        assert answer.headers["Content-Type"] == "video/mp4"
        assert answer.headers["Cache-Control"].startswith("private, no-")
        is_piece = end - first < 4 << 20
        assert answer.was_redirected is (WHERE[house.way] and is_piece)

    def test_suffix_range_returns_the_last_bytes(self, house, ticket):
        for name, data in (("run/high.mp4", HIGH), ("run/master.m3u8", b"#EXTM3U\n")):
            answer = ask(house, ticket, name, Range="bytes=-5")
            assert (answer.status, answer.body) == (206, data[-5:])

    @pytest.mark.parametrize("name", ["run/high.mp4", "run/master.m3u8"])
    @pytest.mark.parametrize("wanted", ["bytes=99000000-99000001", "bytes=99000000-"])
    def test_range_past_the_end_is_answered_with_416(self, house, ticket, name, wanted):
        answer = ask(house, ticket, name, Range=wanted)
        size = len(FILES[f"{VERSION}/{name}"])
        assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{size}")

    @pytest.mark.parametrize("wanted", ["bytes=0-1,4-5", "bytes=5-2", "lines=0-1", "bytes=x"])
    def test_anything_but_a_single_range_returns_the_whole_file(self, house, ticket, wanted):
        answer = ask(house, ticket, "captions/en.vtt", Range=wanted)
        assert (answer.status, answer.body) == (200, b"WEBVTT\n")

    def test_an_open_range_of_the_plain_mp4_is_capped(self, house, ticket):
        answer = ask(house, ticket, "run/progressive.mp4", Range="bytes=0-")
        assert (answer.status, len(answer.body)) == (206, OPEN_ENDED_BYTES)
        said = f"bytes 0-{OPEN_ENDED_BYTES - 1}/{LONG}"
        assert answer.headers["Content-Range"] == said
        assert not answer.was_redirected

    @pytest.mark.parametrize("name", ["run/high.mp4", "run/master.m3u8"])
    def test_head_returns_headers_without_a_body(self, house, ticket, name):
        answer = ask(house, ticket, name, "HEAD")
        assert (answer.status, answer.body) == (200, b"")
        assert answer.headers["Content-Length"] == str(len(FILES[f"{VERSION}/{name}"]))
        assert answer.headers["ETag"] == ask(house, ticket, name).headers["ETag"]

    def test_etag_is_the_same_for_any_range_of_a_version(self, house, ticket):
        etag = ask(house, ticket, "run/high.mp4").headers["ETag"]
        for wanted in ("bytes=0-99", "bytes=0-20000000", "bytes=-5"):
            assert ask(house, ticket, "run/high.mp4", Range=wanted).headers["ETag"] == etag

    @pytest.mark.parametrize("name", ["run/high.mp4", "run/master.m3u8"])
    def test_cached_version_is_not_sent_again(self, house, ticket, name):
        etag = ask(house, ticket, name).headers["ETag"]
        answer = ask(house, ticket, name, If_None_Match=etag)
        assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", etag)

    def test_range_of_another_version_returns_the_whole_file(self, house, ticket):
        etag = ask(house, ticket, "run/high.mp4").headers["ETag"]
        wanted = {"Range": "bytes=0-9"}
        assert ask(house, ticket, "run/high.mp4", **wanted, If_Range=etag).body == HIGH[:10]
        assert ask(house, ticket, "run/high.mp4", **wanted, If_Range='"older"').status == 200

    def test_native_player_is_not_redirected(self, house, ticket):
        native = replace(ticket, agent="")
        answer = ask(house, native, "run/high.mp4", Range="bytes=0-9")
        assert (answer.body, answer.was_redirected) == (HIGH[:10], False)

    def test_one_connection_serves_whole_files_ranges_and_heads(self, house, ticket):
        native = SIGNER.sign(replace(ticket, agent=""))
        with contextlib.closing(house.connect()) as connection:
            for method, name, wanted, expected in (
                ("GET", "high.mp4", None, (200, len(HIGH))),
                ("GET", "high.mp4", "bytes=1000-299999", (206, 299_000)),
                ("HEAD", "high.mp4", None, (200, 0)),
                ("HEAD", "nothing.mp4", None, (404, 0)),
                ("GET", "high.mp4", "bytes=99999999-", (416, None)),
                ("GET", "high.mp4", "bytes=-10", (206, 10)),
            ):
                headers = {"Range": wanted} if wanted else {}
                connection.request(method, f"/media/{native}/run/{name}", headers=headers)
                answer = connection.getresponse()
                assert answer.status == expected[0]
                assert len(answer.read()) == expected[1] or expected[1] is None


class TestTheEnd:
    def test_pieces_and_playlists_are_refused_once_the_session_has_ended(self, house, ticket):
        """Within the time for which nginx trusts an answer: 2 s here, 15 s in the product."""
        for name in ("run/high.mp4", "run/master.m3u8", "captions/en.vtt"):
            assert ask(house, ticket, name, Range="bytes=0-5").status == 206
        house.end(ticket.session)
        ended = asked_at = time.monotonic()
        while ask(house, ticket, "run/high.mp4", Range="bytes=0-5").status != 403:
            assert asked_at - ended < ADMITTED_S + 1  # a busy machine can take longer to answer
            time.sleep(0.1)
            asked_at = time.monotonic()
        for name in ("run/high.mp4", "run/master.m3u8", "captions/en.vtt", "run/progressive.mp4"):
            answer = ask(house, ticket, name, Range="bytes=0-5")
            assert (answer.status, json.loads(answer.body)) == (403, {"code": "SESSION_ENDED"})

    @pytest.mark.parametrize("name", ["run/progressive.mp4", "run/high.mp4"])
    def test_long_response_is_cut_off_without_errors_in_the_log(self, house, ticket, name):
        token = SIGNER.sign(ticket)
        received = 0
        with contextlib.closing(house.connect()) as slow:
            slow.request("GET", f"/media/{token}/{name}", headers={"User-Agent": AGENT})
            answer = slow.getresponse()
            received += len(answer.read(1000))
            house.end(ticket.session)
            with contextlib.suppress(http.client.IncompleteRead, OSError):
                while data := answer.read(1 << 16):
                    received += len(data)
        assert received < LONG
        assert "Traceback" not in house.logs()
        assert "no-body" not in house.logs()

    def test_tokens_are_not_logged(self, house, ticket):
        token = SIGNER.sign(ticket)
        for name in ("run/high.mp4", "run/master.m3u8", "run/nothing.mp4", "run/nothing.vtt"):
            for wanted in ("bytes=0-5", "bytes=0-"):
                ask(house, ticket, name, Range=wanted)
        ask(house, ticket, "run/high.mp4", User_Agent="curl", Range="bytes=0-5")
        time.sleep(0.2)
        said = house.logs()
        assert f"/media/~{fingerprint(token)[:12]}/run/high.mp4" in said
        assert f"/media/~{fingerprint(token)[:12]}/run/master.m3u8" in said
        assert token not in said
        assert token[-20:] not in said


class TestAddressesOfTheBucket:
    @pytest.fixture
    def address(self, house, ticket):
        if house.way is not Way.REDIRECT:
            pytest.skip("no address is given out")
        with contextlib.closing(house.connect()) as connection:
            headers = {"User-Agent": AGENT, "Range": "bytes=100-199"}
            path = f"/media/{SIGNER.sign(ticket)}/run/high.mp4"
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 302
            assert answer.headers["Cache-Control"] == "no-store"
            return answer.headers["Location"]

    def test_bucket_address_opens_only_its_own_piece(self, house, address):
        assert house.follow(address, Range="bytes=100-199").body == HIGH[100:200]
        assert house.follow(address, Range="bytes=0-9999999").status == 403
        assert house.follow(address).status == 403
        other = address.replace(Path(VERSION).name, Path(OTHERS).name)
        assert house.follow(other, Range="bytes=100-199").status == 403

    def test_bucket_address_expires_in_less_than_a_minute(self, address):
        assert f"X-Amz-Expires={ADDRESS_S}" in address
        assert ADDRESS_S <= 45
