"""Following the guides field by field, using only what the page says.

The simulated platform shows the product's values, which are entered in our form.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import unescape

import pytest

from lms.app import create_app
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.web.wsgi_middleware_stack import front
from lti.registrations.additional_setup_guides import GUIDES
from lti.selftest.platform.records import Tool
from tests.cast import Cast
from tests.clock import Clock
from tests.lti.tool_server import Browser, is_open, onward
from tests.lti.web.registrations.test_manager import place
from tests.platform.app import running_platform
from tests.platform.platform import Platform
from tests.platform.product_quirks import BRIGHTSPACE, CANVAS, MOODLE, OPEN_EDX, Habits
from tests.platform.web_server import answering, bound
from tests.seat_rows import add_pool
from tests.visitor import Visitor
from wsgi import COMPONENTS

LINK = re.compile(r'id="made-link">([^<]+)<')


@dataclass(frozen=True, slots=True)
class Stranger:
    """An LMS administrator with our pages and the product's."""

    cast: Cast
    ours: Visitor
    here: str
    platform: Platform

    def page(self, path: str) -> str:
        """Return one of our pages, signed in as the organization's manager."""
        self.ours.sign_in(self.cast.mia.id)
        return self.ours.get(self.here + path).text

    def values(self, product: str) -> dict[str, str]:
        """Return the values of a guide by the names of the product's fields."""
        rows = re.findall(
            r"<dt>(.*?)</dt>\s*<dd>\s*<(?:code|span)[^>]*>(.*?)</",
            self.page(f"/guide/{product}"),
            re.DOTALL,
        )
        return {unescape(label): unescape(value) for label, value in rows}

    def register(self, told: dict[str, str], labels: dict[str, str]) -> Tool:
        """Enter a guide's values in the product's form; `labels` are its labels by field."""
        return self.platform.register(
            name=told.get(labels.get("name", ""), "A tool"),
            login_url=told[labels["login_url"]],
            redirect_uris=told[labels["redirect_uris"]].split(),
            launch_url=told[labels["launch_url"]],
            jwks_url=told[labels["jwks_url"]],
        )

    def enter(self, product: str, tool: Tool, *, own_addresses: bool = False) -> str:
        """Follow the guide's form link, enter the product's values, and return the next page.

        With `own_addresses`, this platform's addresses replace those that all customers share.
        """
        way = re.search(
            rf'href="(/organization/\w+/lti/new\?product={product})"',
            self.page(f"/guide/{product}"),
        )
        assert way is not None
        form = self.ours.get(way[1]).text
        presets = dict(
            re.findall(r'<input[^>]*?name="(\w+)"[^>]*?value="([^"]*)"', form, re.DOTALL)
        )
        shown = {
            "issuer": self.platform.issuer,
            "client_id": tool.client_id,
            "auth_url": self.platform.addresses.auth,
            "token_url": self.platform.token_url_of(tool),
            "jwks_url": self.platform.jwks_url_of(tool),
            "deployment_id": tool.deployment_id,
            "token_audience": self.platform.habits.token_audience or "",
        }
        guide = GUIDES[product]
        wanted = {*guide.gives, *(guide.presets if own_addresses else ())}
        asked = {name: shown[name] for name in wanted}  # what the guide says to copy
        answer = self.ours.post(way[1], data={**presets, **asked})
        assert answer.status_code == 303, answer.text
        return self.ours.get(answer.headers["Location"]).text

    def approved(self) -> None:
        """Approve the waiting connection as our team."""
        self.ours.sign_in(self.cast.ada.id)
        waiting = re.findall(r'action="(/staff/lti/\w+/approve)"', self.ours.get("/staff/lti").text)
        assert self.ours.post(waiting[0]).status_code == 303

    def opens(self, tool: Tool) -> bool:
        """Tell whether a learner can open the recording from a course."""
        link = self.platform.link(tool, custom={"webinar": self.cast.slug})
        begun = self.platform.begin(self.platform.course.learners[0], link)
        with Browser() as browser:
            given = {"params" if begun.method == "GET" else "data": begun.fields}
            posted = self.platform.answer(onward(browser.request(begun.method, begun.url, **given)))
            return is_open(browser.post(posted.url, data=posted.fields))


@contextmanager
def stranger(carrel: Carrel, cast: Cast, habits: Habits) -> Iterator[Stranger]:
    """Serve our pages and run the product's simulated platform."""
    with carrel.database.transaction() as session:
        add_pool(session, cast.organization_id, cast.webinar_id)
    server = bound("127.0.0.1:0", None)
    url = f"http://127.0.0.1:{server.port}"
    running = replace(carrel, settings=replace(carrel.settings, base_url=url))
    app = create_app(running, COMPONENTS)
    app.test_client_class = Visitor
    with running_platform(habits=habits) as platform, answering(server, front(app, running)):
        ours = app.test_client()
        assert isinstance(ours, Visitor)
        yield Stranger(cast, ours, place(carrel.database, cast), platform)


def test_moodle_by_a_link_works_at_once(carrel: Carrel, cast: Cast) -> None:
    with stranger(carrel, cast, MOODLE) as admin:
        guide = admin.page("/guide/moodle")
        assert "In the field Tool URL..., paste a registration link:" in unescape(guide)
        made = admin.ours.post(f"{admin.here}/invite", data={"product": "moodle"}).text
        assert "Add LTI Advantage" in made  # the guide is still shown, with the link in its place
        link = LINK.search(made)
        assert link is not None
        with Browser() as browser:
            done = browser.get(admin.platform.invitations.invite(unescape(link[1])))
        assert "Show in activity chooser" in done.text
        (tool,) = admin.platform.records.tools.values()
        assert admin.opens(tool)
        assert "Show in activity chooser" in guide


def test_moodle_by_hand_works_after_approval(carrel: Carrel, cast: Cast) -> None:
    with stranger(carrel, cast, MOODLE) as admin:
        told = admin.values("moodle")
        tool = admin.register(
            told,
            {
                "name": "Tool name",
                "login_url": "Initiate login URL",
                "redirect_uris": "Redirection URI(s)",
                "launch_url": "Tool URL",
                "jwks_url": "Public keyset",
            },
        )
        assert "within one business day" in admin.enter("moodle", tool)
        admin.approved()
        assert admin.opens(tool)


def test_open_edx_works_after_approval_and_its_second_component_at_once(
    carrel: Carrel, cast: Cast
) -> None:
    labels = {
        "login_url": "Tool Initiate Login URL",
        "redirect_uris": "Registered Redirect URIs",
        "launch_url": "Tool Launch URL",
        "jwks_url": "Tool Keyset URL",
    }
    with stranger(carrel, cast, OPEN_EDX) as admin:
        told = admin.values("open-edx")
        first, second = admin.register(told, labels), admin.register(told, labels)
        admin.enter("open-edx", first)
        admin.approved()
        assert admin.opens(first)
        assert "This component works now" in admin.enter("open-edx", second)
        assert admin.opens(second)


def test_brightspace_by_hand_works_after_approval(carrel: Carrel, cast: Cast) -> None:
    with stranger(carrel, cast, BRIGHTSPACE) as admin:
        told = admin.values("brightspace")
        tool = admin.register(
            told,
            {
                "name": "Name",
                "login_url": "OpenID Connect Login URL",
                "redirect_uris": "Redirect URLs",
                "launch_url": "Target Link URI",
                "jwks_url": "Keyset URL",
            },
        )
        admin.enter("brightspace", tool)
        admin.approved()
        assert admin.opens(tool)


def test_canvas_guide_says_to_enter_its_ids_and_works_after_approval(
    carrel: Carrel, cast: Cast
) -> None:
    with stranger(carrel, cast, CANVAS) as admin:
        guide = unescape(admin.page("/guide/canvas"))
        assert "Canvas doesn\u2019t send us the client ID and the deployment ID" in guide
        assert "A registration link sends us these values automatically." in guide
        told = admin.values("canvas")
        tool = admin.register(
            told,
            {
                "name": "Title",
                "login_url": "OpenID Connect Initiation Url",
                "redirect_uris": "Redirect URIs",
                "launch_url": "Target Link URI",
                "jwks_url": "Public JWK URL",
            },
        )
        admin.enter("canvas", tool, own_addresses=True)
        admin.approved()
        assert admin.opens(tool)


@pytest.mark.parametrize("product", GUIDES)
def test_form_shows_the_products_name_for_each_value(
    client: Visitor, database: Database, cast: Cast, clock: Clock, product: str
) -> None:
    client.sign_in(cast.mia.id)
    form = unescape(client.get(f"{place(database, cast)}/new?product={product}").text)
    for theirs in GUIDES[product].gives.values():
        assert f"In {GUIDES[product].product}: {theirs}." in form


@pytest.mark.parametrize("product", ["moodle", "open-edx", "brightspace", "sakai", "blackboard"])
def test_guide_names_every_required_field(product: str) -> None:
    guide = GUIDES[product]
    needed = {"issuer", "client_id", "auth_url", "token_url", "jwks_url"}
    assert needed <= {*guide.gives, *guide.presets}
