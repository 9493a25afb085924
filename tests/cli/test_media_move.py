"""carrel media move: moves files to another storage while people watch, and after it was killed."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from lms.core.runtime import open_carrel, open_place
from lms.core.settings import Settings, SettingsError
from lms.web.wsgi_middleware_stack import front
from media.storage.storage_copy import Corrupt, Ledger, move
from media.storage.storage_during_migration import StoragePair
from media.storage.storage_protocol import Missing, open_storage
from tests.player import open_playback

ROOT = Path(__file__).resolve().parents[2]
FILES = {f"handouts/{number}/slides.pdf": bytes([number]) * 40_000 for number in range(60)}


@pytest.fixture(params=["directory to bucket", "bucket to directory", "directory to directory"])
def places(request, environ, tmp_path, monkeypatch, s3_server):
    """Where the files are and where they go, as settings name them."""
    for name, value in {
        "S3_ENDPOINT": s3_server.endpoint,
        "S3_ACCESS_KEY": s3_server.access_key,
        "S3_SECRET_KEY": s3_server.secret_key,
    }.items():
        monkeypatch.setenv(f"CARREL_{name}", value)
    directory, bucket = (tmp_path / "one").as_uri(), s3_server.url(f"move/{tmp_path.name}")
    other = (tmp_path / "two").as_uri()
    pair = {
        "directory to bucket": (directory, bucket),
        "bucket to directory": (bucket, directory),
        "directory to directory": (directory, other),
    }[request.param]
    monkeypatch.setenv("CARREL_STORAGE", pair[0])
    return pair


def place(url, carrel_command):
    return open_place(Settings.from_env(), url)


def contents(storage):
    found = {}
    for key in storage.list(""):
        with storage.open(key) as file:
            found[key] = file.read()
    return found


def fill(storage):
    for key, data in FILES.items():
        storage.put_bytes(key, data, "application/pdf")


def test_media_moves_from_one_storage_to_another(carrel_command, places, monkeypatch):
    former, new = places
    origin, target = (place(url, carrel_command) for url in places)
    fill(origin)
    ran = carrel_command("media", "move", "--to", new)
    assert ran.code == 0
    assert f"CARREL_STORAGE={new}" in ran.out
    assert contents(origin) == contents(target) == FILES

    origin.put_bytes("handouts/late/slides.pdf", b"came in meanwhile", "application/pdf")
    monkeypatch.setenv("CARREL_STORAGE", new)
    monkeypatch.setenv("CARREL_STORAGE_FORMER", former)
    both = open_carrel(Settings.from_env()).storage
    with both.open("handouts/late/slides.pdf") as file:
        assert file.read() == b"came in meanwhile"
    assert carrel_command("media", "move", "--remove-former", former).code == 1
    ran = carrel_command("media", "move", "--json")
    assert (ran.answer["copied"], ran.answer["before"]) == (1, len(FILES))

    monkeypatch.delenv("CARREL_STORAGE_FORMER")
    origin.put_bytes("handouts/last/slides.pdf", b"was never copied", "application/pdf")
    ran = carrel_command("media", "move", "--remove-former", former, "--json")
    assert (ran.answer["removed"], ran.answer["kept"]) == (
        len(FILES) + 1,
        ["handouts/last/slides.pdf"],
    )
    assert contents(origin) == {"handouts/last/slides.pdf": b"was never copied"}
    assert contents(target) == FILES | {"handouts/late/slides.pdf": b"came in meanwhile"}


def test_killed_move_resumes_where_it_stopped(carrel_command, places, environ):
    _former, new = places
    origin, target = (place(url, carrel_command) for url in places)
    fill(origin)
    command = [sys.executable, ROOT / "wsgi.py", "media", "move", "--to", new]
    ledgers = Path(environ["CARREL_DATA_DIR"])
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as running:
        while sum(file.read_text().count("\n") for file in ledgers.glob("moved-*")) < 5:
            assert running.poll() is None
            time.sleep(0.002)
        os.kill(running.pid, signal.SIGKILL)
    assert set(target.list("")) < set(FILES)
    ran = carrel_command("media", "move", "--to", new, "--json")
    assert ran.answer["before"] >= 5
    assert ran.answer["copied"] == len(FILES) - ran.answer["before"]
    assert contents(target) == contents(origin) == FILES


def test_recording_plays_before_during_and_after_a_move(
    app, carrel, client, cast, environ, tmp_path, s3_server
):
    new = s3_server.storage(f"film/{tmp_path.name}")
    former = carrel.storage
    client.sign_in(cast.alice.id)
    player = open_playback(client, cast.slug)
    prefix = carrel.signer.read(player.token, 0).prefix
    names = [f"run/high-{number}.mp4" for number in range(4)]
    for name in names:
        former.put_bytes(f"{prefix}/{name}", name.encode() * 1000, "video/mp4")
    app.wsgi_app = front(app, replace(carrel, storage=StoragePair(new, former)))

    def watch(_so_far=None):
        for name in names:
            answer = player.get(name, headers={"Range": "bytes=3-40"})
            assert (answer.status_code, answer.data) == (206, (name.encode() * 1000)[3:41])

    watch()
    ledger = Ledger(tmp_path / "ledger")
    moved = move(former, new, ledger=ledger, scratch=tmp_path, tell=watch)
    assert moved.copied == len(names)
    for name in names:
        former.delete(f"{prefix}/{name}")
        watch()


def test_file_that_reads_back_differently_stops_the_move(carrel, tmp_path):
    class Careless(type(carrel.storage)):
        def take_file(self, key, path, content_type):
            path.write_bytes(b"\0" + path.read_bytes()[1:])
            super().take_file(key, path, content_type)

    target = Careless(tmp_path / "careless")
    carrel.storage.put_bytes("handouts/a/b.pdf", b"right", "application/pdf")
    ledger = Ledger(tmp_path / "ledger")
    with pytest.raises(Corrupt):
        move(carrel.storage, target, ledger=ledger, scratch=tmp_path, tell=lambda _: None)
    assert list(target.list("")) == []
    assert "handouts/a/b.pdf" not in ledger


def test_truncated_ledger_line_is_ignored(tmp_path):
    path = tmp_path / "ledger"
    path.write_text("handouts/a/b.pdf\nhandouts/c/d.p")
    ledger = Ledger(path)
    assert "handouts/a/b.pdf" in ledger
    assert "handouts/c/d.p" not in ledger
    ledger.note("handouts/c/d.pdf")
    assert "handouts/c/d.pdf" in Ledger(path)
    assert "handouts/a/b.pdf" in Ledger(path)


def test_move_to_the_same_or_a_nested_directory_is_refused(carrel_command, settings):
    for url in (settings.storage_url, f"{settings.storage_url}/inside"):
        ran = carrel_command("media", "move", "--to", url, "--json")
        assert ran.complaint["code"] == "same_place"


def test_move_without_a_valid_target_is_a_usage_error(carrel_command, tmp_path):
    assert carrel_command("media", "move").code == 2
    assert carrel_command("media", "move", "--to", "ftp://x/y").code == 2
    both = ("--to", tmp_path.as_uri(), "--remove-former", tmp_path.as_uri())
    assert carrel_command("media", "move", *both).code == 2


def test_former_storage_inside_the_new_one_is_a_settings_error(environ):
    wrong = {**environ, "CARREL_STORAGE_FORMER": f"file://{environ['CARREL_DATA_DIR']}/files"}
    with pytest.raises(SettingsError) as error:
        Settings.from_env(wrong)
    assert "CARREL_STORAGE_FORMER" in error.value.faults


class TestBothPlaces:
    @pytest.fixture
    def both(self, tmp_path):
        new = open_storage((tmp_path / "new").as_uri())
        former = open_storage((tmp_path / "former").as_uri())
        former.put_bytes("a/x", b"former", "text/plain")
        new.put_bytes("a/y", b"new", "text/plain")
        return StoragePair(new, former)

    def test_every_key_is_listed_once(self, both):
        both.put_bytes("a/x", b"in both", "text/plain")
        assert sorted(both.list("")) == ["a/x", "a/y"]

    def test_files_in_either_storage_are_found(self, both, tmp_path):
        assert both.stat("a/x").size == 6
        assert both.local_path("a/x").read_bytes() == b"former"
        both.fetch("a/x", tmp_path / "got")
        assert (tmp_path / "got").read_bytes() == b"former"
        assert both.address("a/x", 1, "text/plain", "bytes=0-0") is None

    def test_deleted_file_is_gone_from_both_storages(self, both):
        both.put_bytes("a/x", b"in both", "text/plain")
        both.delete("a/x")
        assert both.stat("a/x") is None
        with pytest.raises(Missing):
            both.open("a/x")
        assert not both.local_path("a/x").exists()
