"""Compression: by what a browser accepts, once per file."""

import gzip
import zlib
from pathlib import Path

import brotli
import pytest
from werkzeug.http import parse_accept_header

from lms.web.static_files.responses import CompressedFiles, is_compressible, preferred

TEXT = b"The same sentence again. " * 200


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("*", "br"),
        ("identity", None),
        ("", None),
    ],
)
def test_encoding_is_one_that_the_browser_accepts(accepted: str, encoding: str | None) -> None:
    assert preferred(parse_accept_header(accepted)) == encoding


def test_images_and_short_texts_are_not_compressed() -> None:
    assert is_compressible("text/html; charset=utf-8", 5000)
    assert not is_compressible("text/html; charset=utf-8", 100)
    assert not is_compressible("image/jpeg", 5000)
    assert not is_compressible(None, 5000)


def test_compressed_file_decompresses_to_the_original(tmp_path: Path) -> None:
    files = CompressedFiles(tmp_path / "static")
    assert brotli.decompress(files.body("digest", "br", TEXT)) == TEXT
    assert gzip.decompress(files.body("digest", "gzip", TEXT)) == TEXT


def test_next_process_reuses_the_compressed_file(tmp_path: Path) -> None:
    made = CompressedFiles(tmp_path).body("digest", "br", TEXT)
    assert CompressedFiles(tmp_path).body("digest", "br", b"not asked for") == made
    assert [each.name for each in tmp_path.iterdir()] == ["digest.br"]


def test_unwritable_directory_does_not_prevent_compression(tmp_path: Path) -> None:
    (tmp_path / "static").write_text("a file where the directory would be")
    made = CompressedFiles(tmp_path / "static").body("digest", "gzip", TEXT)
    assert zlib.decompress(made, wbits=31) == TEXT
