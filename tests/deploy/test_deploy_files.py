"""Files in deploy/ are accepted by their programs, and name only what the product has."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from lms.cli.root_command import build
from lms.core.settings import Settings
from lms.metrics import counters, house_gauges
from tests.deploy.compose_services import settings_file
from tests.servers.nginx import CERTIFICATE, nginx_takes
from tests.servers.process import found_program
from wsgi import COMPONENTS

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.*"))
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
MOST_EXPOSED = "20"  # 2.0, as systemd-analyze writes it


def ran(*command: object, **environ: str) -> str:
    """Run a system program, skip if it isn't installed, and return its output."""
    program = found_program(str(command[0]))
    if program is None:
        pytest.skip(f"{command[0]} is not installed here")
    done = subprocess.run(  # its output is shown below
        [program, *map(str, command[1:])],
        check=False,
        capture_output=True,
        text=True,
        env=environ or None,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def parse(words: Sequence[str]) -> None:
    """Parse a command as the command line does, without running it."""
    command: click.Command = build(COMPONENTS)
    context = click.Context(command)
    while isinstance(command, click.Group):
        found = command.get_command(context, words[0])
        assert found is not None, words
        command, words = found, words[1:]
    command.make_context("carrel", list(words), resilient_parsing=False)


def compose() -> Mapping[str, Any]:
    return dict(yaml.safe_load((DEPLOY / "compose.yaml").read_text()))


def commands() -> Iterator[list[str]]:
    for unit in SERVICES:
        for line in re.findall(r"^ExecStart=(.+)$", unit.read_text(), re.MULTILINE):
            program, *words = shlex.split(line)
            assert program == "/opt/carrel/.venv/bin/carrel"
            yield words
    for service in compose()["services"].values():
        if "entrypoint" in service:
            yield from map(shlex.split, re.findall(r"carrel ([a-z ]+)", *service["command"]))
        elif service["image"] == "carrel":
            yield service["command"]


def test_units_and_containers_start_existing_commands() -> None:
    started = list(commands())
    assert ["serve"] in started
    assert ["worker"] in started
    assert ["db", "upgrade"] in started
    for words in started:
        parse(words)


def test_settings_of_each_profile_are_valid(tmp_path: Path) -> None:
    here = settings_file() | {"CARREL_DATA_DIR": str(tmp_path)}
    assert Settings.from_env(here).is_https
    settings = Settings.from_env(here | compose()["x-servers"])
    assert settings.storage_url == "s3://carrel/files"


def test_services_wait_only_for_services_of_their_profile() -> None:
    services = compose()["services"]
    for service in services.values():
        for needed in service.get("depends_on", ()):
            assert set(service["profiles"]) <= set(services[needed]["profiles"])


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: str(unit.name))
def test_each_unit_is_valid_for_systemd(unit: Path, tmp_path: Path) -> None:
    for each in UNITS:
        text = each.read_text().replace("/opt/carrel/.venv/bin/carrel", "/bin/true")
        (tmp_path / each.name).write_text(text)
    said = ran("systemd-analyze", "verify", tmp_path / unit.name)
    assert str(tmp_path) not in said
    assert unit.name not in said


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: str(unit.name))
def test_units_are_hardened(unit: Path) -> None:
    ran("systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", unit)


def test_caddyfile_is_valid(tmp_path: Path) -> None:
    place = DEPLOY / "Caddyfile"
    for environ in (
        {},
        {"LIBRARY_HOST": ":8080", "LIBRARY_NODES": "10.0.0.11:8000 10.0.0.12:8000"},
    ):
        ran(
            "caddy",
            "validate",
            "--adapter",
            "caddyfile",
            "--config",
            place,
            HOME=str(tmp_path),
            **environ,
        )


def test_nginx_file_for_several_nodes_is_valid(tmp_path: Path) -> None:
    text = (DEPLOY / "nginx-nodes.conf").read_text()
    for written, here in {
        "/etc/ssl/library.pem": str(CERTIFICATE),
        "/etc/ssl/library.key": str(CERTIFICATE),
        "/var/log/nginx": str(tmp_path),
    }.items():
        assert written in text
        text = text.replace(written, here)
    assert nginx_takes(text)


def test_prometheus_rules_are_valid() -> None:
    ran("promtool", "check", "rules", DEPLOY / "prometheus-rules.yml")


def test_rules_use_only_existing_metrics() -> None:
    text = (DEPLOY / "prometheus-rules.yml").read_text()
    sources = "".join(Path(one.__file__).read_text() for one in (counters, house_gauges))
    made = set(re.findall(r"carrel_[a-z_]+", sources))
    made |= {f"carrel_last_{name}_timestamp_seconds" for name in ("backup", "drill", "email")}
    named = {re.sub(r"_(total|bucket)$", "", name) for name in re.findall(r"carrel_[a-z_]+", text)}
    assert named - made == set()


def test_logrotate_file_is_valid() -> None:
    ran("logrotate", "--debug", "--state", "/dev/null", DEPLOY / "logrotate")


def test_containerfile_passes_hadolint() -> None:
    ran("hadolint", "--failure-threshold", "style", DEPLOY / "Containerfile")


def test_compose_file_matches_its_schema() -> None:
    ran("check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml")


def test_server_script_passes_the_settings_to_the_program(tmp_path: Path) -> None:
    """The script passes every setting, as it is written, to the program run by the account."""
    settings, program = tmp_path / "carrel.env", tmp_path / "program"
    shutil.copy(DEPLOY / "carrel.env", settings)
    program.write_text("#!/bin/sh\nenv\necho $1\n")
    program.chmod(0o755)
    text = (DEPLOY / "carrel").read_text()
    for written, here in {
        "/etc/carrel.env": str(settings),
        "setpriv --reuid=carrel --regid=carrel --init-groups --no-new-privs ": "",
        "/opt/carrel/.venv/bin/carrel": str(program),
    }.items():
        assert written in text
        text = text.replace(written, here)
    lines = ran("sh", "-c", text, "carrel", "doctor", HOME="/root").splitlines()
    wanted = {f"{name}={value}" for name, value in settings_file().items()}
    # otherwise PostgreSQL's library looks for certificates where only root can read
    assert wanted | {"HOME=/var/lib/carrel"} <= set(lines)
    assert lines[-1] == "doctor"


def test_image_has_the_packages_of_the_product_and_an_account() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    assert {"lms", "lti", "media", "templates", "wsgi.py"} <= set(
        re.findall(r"^COPY (\S+) ", text, re.MULTILINE)
    )
    assert "USER 10001" in text


def test_missing_settings_file_is_explained(tmp_path: Path) -> None:
    text = (DEPLOY / "carrel").read_text().replace("/etc/carrel.env", str(tmp_path / "carrel.env"))
    done = subprocess.run(
        ["/bin/sh", "-c", text, "carrel", "doctor"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "Copy deploy/carrel.env there" in done.stderr


def test_value_with_spaces_and_no_quotes_is_explained(tmp_path: Path) -> None:
    settings = tmp_path / "carrel.env"
    settings.write_text("CARREL_BACKUP_PASSPHRASE=correct horse battery\n")
    text = (DEPLOY / "carrel").read_text().replace("/etc/carrel.env", str(settings))
    done = subprocess.run(
        ["/bin/sh", "-c", text, "carrel", "doctor"], check=False, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "single quotes" in done.stderr
