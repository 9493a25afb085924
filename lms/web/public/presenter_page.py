"""The presenter page: portrait, biography, webinars, and series."""

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext
from markupsafe import Markup

from lms.access.decision_facts import load_cases
from lms.catalog.presenter_page import read_beside
from lms.catalog.public_listing import PAGE_SIZE, Wanted, read_listing
from lms.core import clock
from lms.core.markdown import to_html
from lms.models.grants import Scope as GrantScope
from lms.web.catalog.multi_webinar_access_and_prices import Scope, numbered, panel_over, sells
from lms.web.catalog.webinar_cards import decide_each, entry_cards
from lms.web.core.current_user import viewer
from lms.web.core.page_frame import sales_words
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.request_context import read_session, render
from lms.web.pricing.buy_box import Around, pass_box
from lms.web.public.social_metadata import shared_presenter


def show_presenter(slug: str) -> ResponseReturnValue:
    """Show the page of a presenter; raises NotFound."""
    person, now = viewer(), clock.now()
    login_id = person.login_id if person is not None else None
    wanted = Wanted(presenter=slug, page=page_number())
    with read_session() as session:
        listing = read_listing(session, wanted, login_id=login_id, now=now)
        ids = [entry.id for entry in listing.entries]
        cases = load_cases(session, login_id=login_id, webinar_ids=ids)
        beside = read_beside(session, slug)
        shown = numbered(listing.entries, cases)
        scope = Scope(url_for("catalog.presenter", slug=slug), f"presenter:{slug}")
        name = listing.presenter.name if listing.presenter else ""
        around = Around(GrantScope.PRESENTER, slug, name)
        left_out = sum(not one.entry.is_in_passes for one in shown)
        box = (
            pass_box(session, around, login_id, left_out=left_out, now=now)
            if sells(shown, now)
            else None
        )
    presenter = listing.presenter
    decisions = decide_each(listing.entries, cases, now)
    return render(
        "public/presenter_page.html",
        presenter=presenter,
        about=Markup(to_html(presenter.biography)) if presenter else "",  # noqa: S704  (nh3 sanitized it)
        count=ngettext("%(num)d webinar", "%(num)d webinars", beside.webinars),
        webinars=beside.webinars,
        all_series=beside.all_series,
        upcoming=entry_cards(listing.upcoming, decisions),
        held=entry_cards(listing.held, decisions),
        panel=panel_over(shown, scope, now) if beside.webinars == len(shown) else None,
        box=box,
        sales=sales_words() if box else None,
        shared=shared_presenter(listing),
        pager=pager_of(
            listing.page,
            PAGE_SIZE,
            listing.total,
            url=lambda page: url_for("catalog.presenter", slug=slug, page=page),
        ),
    )
