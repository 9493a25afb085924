"""Settings: read once and validated together."""

import stat
from ipaddress import ip_network
from pathlib import Path

import pytest

from lms.core.settings import Settings, SettingsError


def read(tmp_path: Path, **values: str) -> Settings:
    environ = {f"CARREL_{name}": value for name, value in values.items()}
    return Settings.from_env({"CARREL_DATA_DIR": str(tmp_path / "house"), **environ})


def faults(tmp_path: Path, **values: str) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, **values)
    return caught.value.faults


def test_empty_environment_gives_a_complete_installation_on_one_machine(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/house/carrel.sqlite3"
    assert settings.storage_url == f"file://{tmp_path}/house/files"
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.time_zone == "America/New_York"
    assert settings.scratch.is_dir()
    assert (settings.redis_url, settings.smtp_url, settings.trusted_proxies) == (None, None, ())


def test_secret_key_is_created_once_and_unreadable_to_other_users(tmp_path: Path) -> None:
    first = read(tmp_path)
    second = read(tmp_path)
    kept = tmp_path / "house" / "secret_key"
    assert first.secret_key == second.secret_key == kept.read_text().strip()
    assert len(first.secret_key) >= 32
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_given_secret_key_is_not_stored(tmp_path: Path) -> None:
    assert read(tmp_path, SECRET_KEY="k" * 40).secret_key == "k" * 40
    assert not (tmp_path / "house" / "secret_key").exists()


def test_all_faults_are_reported_at_once_by_name(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        BASE_URL="library.example.org",
        DATABASE_URL="mysql://host/db",
        STORAGE="ftp://host",
        REDIS_URL="http://host",
        SMTP_URL="host:25",
        MAIL_FROM="The House <a@b>",
        TIME_ZONE="New York",
        TRUSTED_PROXIES="10.0.0.0/33",
        SECRET_KEY="short",
        ALLOW_HTTP="perhaps",
        S3_ENDPOINT="s3",
        S3_ACCESS_KEY="only one of two",
        COLOR="green",
    )
    assert sorted(found) == sorted(
        f"CARREL_{name}"
        for name in (
            "BASE_URL",
            "DATABASE_URL",
            "STORAGE",
            "REDIS_URL",
            "SMTP_URL",
            "MAIL_FROM",
            "TIME_ZONE",
            "TRUSTED_PROXIES",
            "SECRET_KEY",
            "ALLOW_HTTP",
            "S3_ENDPOINT",
            "S3_SECRET_KEY",
            "COLOR",
        )
    )
    assert not (tmp_path / "house").exists()


def test_secret_can_be_read_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "smtp"
    secret.write_text("smtps://user:word@mail.example.org:465\n")
    settings = read(tmp_path, SMTP_URL_FILE=str(secret))
    assert settings.smtp_url == "smtps://user:word@mail.example.org:465"


def test_secret_given_twice_or_in_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        SMTP_URL="smtp://host",
        SMTP_URL_FILE="/nowhere",
        REDIS_URL_FILE=str(tmp_path / "missing"),
    )
    assert sorted(found) == ["CARREL_REDIS_URL_FILE", "CARREL_SMTP_URL"]


def test_setting_that_is_not_a_secret_cannot_come_from_a_file(tmp_path: Path) -> None:
    assert list(faults(tmp_path, BASE_URL_FILE="/etc/hostname")) == ["CARREL_BASE_URL_FILE"]


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9000", "http://localhost", "http://[::1]:80", "https://a.example"]
)
def test_plain_http_is_allowed_on_this_machine(tmp_path: Path, address: str) -> None:
    assert read(tmp_path, BASE_URL=address).base_url == address


@pytest.mark.parametrize("address", ["http://library.example.org", "http://10.0.0.7:8000"])
def test_plain_http_on_other_hosts_must_be_allowed_explicitly(tmp_path: Path, address: str) -> None:
    assert list(faults(tmp_path, BASE_URL=address)) == ["CARREL_BASE_URL"]
    assert read(tmp_path, BASE_URL=address, ALLOW_HTTP="yes").base_url == address


def test_postgresql_url_uses_psycopg(tmp_path: Path) -> None:
    settings = read(tmp_path, DATABASE_URL="postgresql://user:word@host/carrel")
    assert settings.database_url == "postgresql+psycopg://user:word@host/carrel"


def test_proxies_are_networks(tmp_path: Path) -> None:
    settings = read(tmp_path, TRUSTED_PROXIES="10.1.2.3/8, ::1")
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1"))


def test_printed_settings_contain_no_secret(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        SECRET_KEY="k" * 40,
        DATABASE_URL="postgresql://user:dbword@host/carrel",
        SMTP_URL="smtp://user:mailword@host",
        REDIS_URL="redis://:redisword@host",
        S3_ACCESS_KEY="s3key",
        S3_SECRET_KEY="s3word",
    )
    shown = repr(settings)
    for secret in ("k" * 40, "dbword", "mailword", "redisword", "s3key", "s3word"):
        assert secret not in shown


def test_data_directory_that_cannot_be_created_is_a_fault() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"CARREL_DATA_DIR": "/proc/carrel/house"})
    assert list(caught.value.faults) == ["CARREL_DATA_DIR"]


def test_scratch_directory_that_cannot_be_created_is_a_fault(tmp_path: Path) -> None:
    found = faults(tmp_path, SCRATCH="/proc/carrel/scratch")
    assert list(found) == ["CARREL_SCRATCH"]


def test_password_with_url_characters_gets_a_hint_how_to_write_it(tmp_path: Path) -> None:
    found = faults(tmp_path, SMTP_URL="smtp+starttls://me:p#ss@w/rd@smtp.example.org:587")
    assert "%40" in found["CARREL_SMTP_URL"]
