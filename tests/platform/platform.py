"""A simulated LMS that tests control directly.

    with running_platform(habits=MOODLE) as platform:
        tool = platform.register(login_url=..., redirect_uris=[...], launch_url=..., jwks_url=...)
        link = platform.link(tool, custom={"webinar": "getting-the-most"})
        learner = platform.course.learners[0]

        # a launch over HTTP, with every check of a strict platform:
        begun = platform.begin(learner, link)              # what to send to the tool's login URL
        posted = platform.answer(redirected_to)            # what to post to the tool, or Refused
        # or a token directly, valid or forged:
        platform.id_token(learner, link, nonce="...")
        platform.forge.wrong_key(platform.claims(learner, link, nonce="..."))

        platform.grade(learner, link); platform.scores(link); platform.line_items()
        platform.trouble("scores", status=503, retry_after=2, times=1); platform.lift()
        platform.calls("jwks")                             # requests from the tool's server

All methods can be called from any thread while the server runs.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from urllib3 import PoolManager

from lti.selftest.platform.claims import Addresses, Launch
from lti.selftest.platform.keys import Key
from lti.selftest.platform.logins import LoginRequest, Refused, begin, checked, fields_of
from lti.selftest.platform.platform import Platform as StrictPlatform
from lti.selftest.platform.records import (
    Course,
    LineItem,
    Link,
    Person,
    Score,
    Tool,
    new_id,
)
from lti.selftest.platform.vocabulary import Message
from tests.platform.id_tokens import Forge
from tests.platform.people import enrolled
from tests.platform.product_quirks import PLAIN, Habits
from tests.platform.registration_tokens import Invitations
from tests.platform.requests_and_faults import Call, Traffic, trouble_of


def _real_time() -> datetime:
    return datetime.now(UTC)


@cache
def _first_key_of_this_process() -> Key:
    # platforms start many times in a test run and can share their first key
    return Key.make()


@dataclass(frozen=True, slots=True)
class FormPost:
    """The form that the browser posts to the tool's redirect URL."""

    url: str
    fields: dict[str, str]

    @property
    def id_token(self) -> str:
        """Return the token."""
        return self.fields["id_token"]

    @property
    def state(self) -> str:
        """Return the tool's state."""
        return self.fields["state"]


class Platform(StrictPlatform):
    """One platform with its own URL and keys, and a course with people.

    `issuer` defaults to the URL: several platforms can share one, as Canvas's do.
    The test can replace `clock` at any time.
    """

    def __init__(
        self,
        url: str,
        *,
        habits: Habits = PLAIN,
        issuer: str | None = None,
        name: str = "Elmwood Learning",
        certificate: str | None = None,
    ) -> None:
        """Create a platform with this base URL; `app.py` serves it."""
        self.habits = habits
        self.clock: Callable[[], datetime] = _real_time
        query = "type_id=7" if habits.line_item_query else ""
        key = replace(_first_key_of_this_process(), kid=secrets.token_hex(8))
        super().__init__(Addresses(url.rstrip("/"), issuer or url.rstrip("/"), name, query), key)
        self.tokens.audience = habits.token_audience or self.addresses.token
        self.tokens.pool = PoolManager(retries=False, ca_certs=certificate)
        self.forge = Forge(self)
        self.traffic = Traffic(self.now)
        self.configuration_needs_token = False
        self.invitations = Invitations(self.configuration_url, self.lock)
        self.answers: list[Any] = []  # deep linking answers, accepted and refused, oldest first
        self.course = self.make_course("LIB 101", "Service at the desk")

    def now(self) -> datetime:
        """Return the time of the platform's clock."""
        return self.clock()

    # --- addresses ---------------------------------------------------------------------------

    @property
    def configuration_url(self) -> str:
        """Return the URL that starts dynamic registration."""
        return f"{self.url}/.well-known/openid-configuration"

    def jwks_url_of(self, tool: Tool) -> str:
        """Return the key set URL for a tool; with `one_client_each`, every tool has its own."""
        return self.addresses.jwks + f"/{tool.client_id}" * self.habits.one_client_each

    def token_url_of(self, tool: Tool) -> str:
        """Return the token URL for a tool; with `one_client_each`, every tool has its own."""
        return self.addresses.token + f"/{tool.client_id}" * self.habits.one_client_each

    # --- contents --------------------------------------------------------------------------------

    def register(
        self,
        *,
        login_url: str,
        redirect_uris: Iterable[str],
        launch_url: str,
        **more: Any,
    ) -> Tool:
        """Register a tool by hand; `more` are other fields of Tool, such as jwks_url or scopes."""
        client_id = more.pop("client_id", None) or new_id("client-")
        more.setdefault("scopes", self.habits.scopes)
        more.setdefault("name", "A tool")
        given = more.pop("deployment_ids", None)
        tool = Tool(
            client_id=client_id,
            login_url=login_url,
            redirect_uris=tuple(redirect_uris),
            launch_url=launch_url,
            deployment_ids=list(given or [self._new_deployment_id()]),
            **more,
        )
        with self.lock:
            self.records.tools[client_id] = tool
        return tool

    def deploy(self, tool: Tool) -> str:
        """Deploy a tool again and return the new deployment ID."""
        with self.lock:
            made = str(int(tool.deployment_ids[-1]) + 1)
            tool.deployment_ids.append(made)
        return made

    def make_course(self, label: str, title: str) -> Course:
        """Create a course with two instructors and five learners."""
        course = enrolled(Course(new_id("course-"), label, title))
        with self.lock:
            self.records.courses[course.id] = course
        return course

    def copy_course(self, course: Course, *, with_columns: bool = False) -> Course:
        """Copy a course as for a new term: the same people and links, all with new IDs."""
        copied = replace(
            course,
            id=new_id("course-"),
            members=dict(course.members),
            history=(course.id, *course.history),
        )
        with self.lock:
            self.records.courses[copied.id] = copied
            for link in self.records.links_of(course):
                self._copy_link(link, copied, with_columns=with_columns)
        return copied

    def link(self, tool: Tool, *, course: Course | None = None, **more: Any) -> Link:
        """Add a link to a tool in a course. `more` are fields of Link.

        If `column` is True or a maximum, add a gradebook column that belongs to the link, as an LMS
        does for a graded activity.
        """
        column = more.pop("column", None)
        link = Link(
            id=more.pop("id", None) or new_id("link-"),
            client_id=tool.client_id,
            deployment_id=more.pop("deployment_id", None) or tool.deployment_id,
            course_id=(course or self.course).id,
            title=more.pop("title", "A recording"),
            url=more.pop("url", tool.launch_url),
            **more,
        )
        with self.lock:
            self.records.links[link.id] = link
            if column:
                maximum = 100.0 if column is True else float(column)
                self.add_column(tool, link, label=link.title, maximum=maximum)
        return link

    def add_column(self, tool: Tool, link: Link | None, **more: Any) -> LineItem:
        """Add a gradebook column for a tool; `more` are fields of LineItem."""
        item = LineItem(
            id=new_id(),
            course_id=more.pop("course_id", None) or (link.course_id if link else self.course.id),
            client_id=tool.client_id,
            label=more.pop("label", "A column"),
            maximum=more.pop("maximum", 100.0),
            resource_link_id=link.id if link else None,
            **more,
        )
        with self.lock:
            self.records.line_items[item.id] = item
            if link is not None and link.line_item_id is None:
                link.line_item_id = item.id
        return item

    def remove_column(self, item: LineItem) -> None:
        """Delete a column, as an instructor can."""
        with self.lock:
            self.records.line_items.pop(item.id, None)
            for link in self.records.links.values():
                if link.line_item_id == item.id:
                    link.line_item_id = None

    # --- launches ----------------------------------------------------------------------------

    def prepared(self, person: Person, link: Link, **more: Any) -> Launch:
        """Return a launch of a link that hasn't begun; `more` are other fields of Launch."""
        return Launch(
            tool=self.records.tool(link.client_id),
            person=person,
            course=self.records.course(link.course_id),
            link=link,
            column=self.records.line_items.get(link.line_item_id or ""),
            begun_at=self.now(),
            **{"deployment_id": link.deployment_id, **more},
        )

    def begin(self, person: Person, link: Link, **more: Any) -> LoginRequest:
        """Begin a launch: return what the browser sends to the tool's login URL.

        `more` are fields of Launch: claims={...} to replace, without=(...) to leave out.
        """
        return self._begun(self.prepared(person, link, **more))

    def begin_deep_linking(
        self, person: Person, tool: Tool, *, course: Course | None = None, **more: Any
    ) -> LoginRequest:
        """Begin choosing content; deep_linking={...} replaces settings, and None leaves one out."""
        settings = {**self.habits.deep_linking, **more.pop("deep_linking", {})}
        launch = Launch(
            message=Message.DEEP_LINKING,
            tool=tool,
            person=person,
            course=course or self.course,
            begun_at=self.now(),
            deep_linking=settings,
            **{"deployment_id": tool.deployment_id, **more},
        )
        return self._begun(launch)

    def begin_review(self, person: Person, link: Link, about: Person, **more: Any) -> LoginRequest:
        """Begin the review of a learner's work (Submission Review 1.0)."""
        more["message"] = Message.SUBMISSION_REVIEW
        return self.begin(person, link, about=about, **more)

    def begun(self, launch_id: str) -> Launch | None:
        """Return the launch with this ID, or None."""
        with self.lock:
            return next((one for one in self.launches.values() if one.id == launch_id), None)

    def answer(self, redirected_to: str) -> FormPost:
        """Answer the URL to which the tool sent the browser. Raises Refused with the reason."""
        if redirected_to.partition("?")[0] != self.addresses.auth:
            raise AssertionError(f"{redirected_to!r} is not our {self.addresses.auth!r}")
        return self.answered(fields_of(redirected_to))

    def answered(self, asked: Mapping[str, str], viewer: str | None = None) -> FormPost:
        """Check an authentication request strictly and return the form to post.

        `viewer` is the person signed in in the browser, None if unknown. Raises Refused.
        """
        launch = checked(self, asked)
        if viewer is not None and viewer != launch.person.id:
            raise Refused(
                "login_required", "somebody else is signed in here", asked["redirect_uri"]
            )
        token = self.key.sign(self.claims_of(launch, asked["nonce"]))
        fields = {"id_token": token, "state": asked["state"], **self.habits.storage}
        return FormPost(asked["redirect_uri"], fields)

    def message(self, launch: Launch, nonce: str) -> dict[str, Any]:
        """Return the claims of a launch with this product's quirks."""
        return self.habits.spoken(super().message(launch, nonce), launch)

    def claims(self, person: Person, link: Link, *, nonce: str, **more: Any) -> dict[str, Any]:
        """Return all claims of a launch, to change or forge them."""
        return self.claims_of(self.prepared(person, link, **more), nonce)

    def id_token(self, person: Person, link: Link, *, nonce: str, **more: Any) -> str:
        """Return the token of a launch without an authentication request."""
        return self.key.sign(self.claims(person, link, nonce=nonce, **more))

    def rotate_keys(self, *, keeps_old: bool = True) -> None:
        """Sign with a new key from now on; the old one stays published by default."""
        made = Key.make()
        with self.lock:
            self.published = [*(self.published if keeps_old else ()), made]
            self.key = made

    # --- results ---------------------------------------------------------------------------------

    def line_items(self, course: Course | None = None) -> list[LineItem]:
        """Return the columns of a course's gradebook."""
        with self.lock:
            return self.records.columns_of(course or self.course)

    def column(self, link: Link) -> LineItem | None:
        """Return a link's column: the one it came with, or the one its tool created."""
        with self.lock:
            found = self.records.line_items.get(link.line_item_id or "")
            mine = (
                one for one in self.records.line_items.values() if one.client_id == link.client_id
            )
            return found or next((one for one in mine if one.resource_link_id == link.id), None)

    def scores(self, link: Link | None = None, person: Person | None = None) -> list[Score]:
        """Return accepted scores, oldest first, of one link or all and of one person or all."""
        with self.lock:
            column = self.column(link) if link else None
            columns = [column] if link else list(self.records.line_items.values())
            return [
                score
                for item in columns
                if item is not None
                for score in item.scores
                if person is None or score.person_id == person.id
            ]

    def grade(self, person: Person, link: Link) -> float | None:
        """Return a person's grade for a link, None without one."""
        with self.lock:
            column = self.column(link)
            return column.grades.get(person.id) if column else None

    def calls(self, *areas: str) -> list[Call]:
        """Return recorded requests, oldest first; by default those from tools' servers."""
        return self.traffic.calls(*areas)

    # --- faults ----------------------------------------------------------------------------------

    def trouble(self, area: str, **what: Any) -> None:
        """Start a fault in an area (see requests_and_faults.py); `what` are fields of Trouble."""
        self.traffic.start(area, trouble_of(what))

    def lift(self, *areas: str) -> None:
        """End faults, in all areas or some."""
        self.traffic.lift(*areas)

    # --- internal --------------------------------------------------------------------------------

    def _begun(self, launch: Launch) -> LoginRequest:
        begun = begin(self, launch)
        fields = {**begun.fields, **self.habits.storage}
        return replace(begun, method=self.habits.login_method, fields=fields)

    def _new_deployment_id(self) -> str:
        with self.lock:
            taken = sum(len(tool.deployment_ids) for tool in self.records.tools.values())
        return "1" if self.habits.one_client_each else str(taken + 1)

    def _copy_link(self, link: Link, course: Course, *, with_columns: bool) -> None:
        copied = replace(
            link,
            id=new_id("link-"),
            course_id=course.id,
            custom=dict(link.custom),
            history=(link.id, *link.history),
            line_item_id=None,
        )
        self.records.links[copied.id] = copied
        column = self.column(link)
        if with_columns and column is not None:
            tool = self.records.tool(link.client_id)
            self.add_column(
                tool,
                copied,
                label=column.label,
                maximum=column.maximum,
                resource_id=column.resource_id,
                tag=column.tag,
            )
