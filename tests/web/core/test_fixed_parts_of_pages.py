"""Cached parts of pages: URLs without variables, icons, and fixed parts in each language."""

from flask import url_for
from markupsafe import Markup

from lms.core.languages import Language, speaking
from lms.web.core.page_frame import fixed_part


def test_cached_url_has_the_prefix_of_its_own_request(app):
    for prefix in ("", "/training"):
        with app.test_request_context("/", base_url=f"http://localhost{prefix}"):
            assert url_for("catalog.webinars") == f"{prefix}/webinars"
            assert url_for("static", filename="img/favicon.svg").startswith(f"{prefix}/static/")


def test_cached_icon_escapes_a_label_that_was_safe_before(app):
    icon = app.jinja_env.get_template("_parts/icons.html").module.icon
    assert "<b>" in icon("x", Markup("<b>"))
    assert "<b>" not in icon("x", "<b>")


def test_fixed_part_is_in_the_language_of_its_page(app):
    with app.test_request_context("/"):
        texts = {}
        for language in Language:
            with speaking(language):
                texts[language] = fixed_part("playback/_player_dialogs.html")
    assert "Keyboard shortcuts" in texts[Language.ENGLISH]
    assert "Keyboard shortcuts" not in texts[Language.SPANISH]
