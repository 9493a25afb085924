"""Templates of a running process stay unchanged while an upgrade replaces their files."""

from pathlib import Path

import pytest
from flask import Flask
from jinja2 import Environment, TemplateNotFound

from lms.mail.rendering import ReadTemplates, environment


def test_template_changed_or_moved_on_disk_is_rendered_as_before(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    for name in ("changed", "moved"):
        (tmp_path / f"mail/{name}.html").write_text("before")
    running = Environment(loader=ReadTemplates(tmp_path), autoescape=True)
    (tmp_path / "mail/changed.html").write_text("after")
    (tmp_path / "mail/moved.html").rename(tmp_path / "moved.html")
    assert running.list_templates() == ["mail/changed.html", "mail/moved.html"]
    for name in running.list_templates():
        assert running.get_template(name).render() == "before"
    with pytest.raises(TemplateNotFound):
        running.get_template("moved.html")


def test_templates_of_pages_and_emails_are_read_at_start(app: Flask) -> None:
    assert isinstance(app.jinja_loader, ReadTemplates)
    assert isinstance(environment().loader, ReadTemplates)
    assert "base.html" in app.jinja_env.list_templates()
    assert "mail/messages/base.html" in environment().list_templates()
