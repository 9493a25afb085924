"""A learning platform as tests hold it in their hands.

    with running_platform(habits=MOODLE) as platform:
        tool = platform.register(login_url=..., redirect_uris=[...], launch_url=..., jwks_url=...)
        link = platform.link(tool, custom={"webinar": "getting-the-most"})
        learner = platform.course.learners[0]

        # a launch over HTTP, every check of a strict platform made on the way:
        begun = platform.begin(learner, link)              # what to send to the tool's login address
        posted = platform.answer(redirected_to)            # what to post to the tool; raises Refused
        # or a token at once, right or forged:
        platform.id_token(learner, link, nonce="...")
        platform.forge.wrong_key(platform.claims(learner, link, nonce="..."))

        platform.grade(learner, link); platform.scores(link); platform.line_items()
        platform.trouble("scores", status=503, retry_after=2, times=1); platform.lift()
        platform.calls("jwks")                             # what the tool's server asked

All of it may be called from any thread while the server answers.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from threading import RLock
from typing import Any
from urllib.parse import urlsplit

from lti.selftest.platform_keys import Key
from tests.platform.claims import Launch, Places
from tests.platform.id_tokens import Forge
from tests.platform.keys import KeyRing
from tests.platform.launches import FormPost, Launching, LoginRequest, fields_of
from tests.platform.people import enrolled
from tests.platform.product_quirks import PLAIN, Habits
from tests.platform.records import (
    Course,
    LineItem,
    Link,
    Person,
    Records,
    Score,
    Tool,
    new_id,
)
from tests.platform.registration_tokens import Invitations
from tests.platform.requests_and_faults import Call, Traffic, trouble_of
from tests.platform.services.access_tokens import Tokens
from tests.platform.vocabulary import Message


def _real_time() -> datetime:
    return datetime.now(UTC)


class Platform:
    """One platform with its own address and keys; a course with people is there from the start.

    `issuer` is the address unless given: several platforms may share one, as Canvas' do.
    `clock` is the platform's and may be replaced at any time.
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
        """Make a platform that is reached at `url`; it answers when `app.py` serves it."""
        self.url = url.rstrip("/")
        self.issuer = issuer or self.url
        self.name = name
        self.habits = habits
        self.certificate = certificate
        self.clock: Callable[[], datetime] = _real_time
        self.lock = RLock()
        self.records = Records()
        self.keys = KeyRing()
        self.forge = Forge(self.keys)
        self.places = Places(self.url, self.issuer, name, guid=urlsplit(self.url).netloc)
        self.traffic = Traffic(self.now)
        self.tokens = Tokens(
            self.records.tools, self.token_audience, self.now, self.lock, certificate=certificate
        )
        self.launching = Launching(
            self.records, self.places, habits, self.forge, self.auth_url, self.lock
        )
        self.page_size = 50
        self.configuration_needs_token = False
        self.invitations = Invitations(self.configuration_url, self.lock)
        self._nonces: set[tuple[str, str]] = set()
        self.answers: list[Any] = []  # deep-linking answers, accepted and refused, oldest first
        self.course = self.make_course("LIB 101", "Service at the desk")

    def now(self) -> datetime:
        """Return what the platform's clock says."""
        return self.clock()

    # --- addresses ---------------------------------------------------------------------------

    @property
    def auth_url(self) -> str:
        """Where tools send browsers to authenticate."""
        return f"{self.url}/auth"

    @property
    def token_url(self) -> str:
        """Where tools get access tokens."""
        return f"{self.url}/token"

    @property
    def token_audience(self) -> str:
        """What tools name as the audience of an assertion."""
        return self.habits.token_audience or self.token_url

    @property
    def jwks_url(self) -> str:
        """The platform's public keys."""
        return f"{self.url}/jwks"

    @property
    def configuration_url(self) -> str:
        """What dynamic registration begins with."""
        return f"{self.url}/.well-known/openid-configuration"

    def jwks_url_of(self, tool: Tool) -> str:
        """The key set as this tool is told of it: one for each where habits say so."""
        return f"{self.jwks_url}/{tool.client_id}" if self.habits.one_client_each else self.jwks_url

    def token_url_of(self, tool: Tool) -> str:
        """The token address as this tool is told of it."""
        return (
            f"{self.token_url}/{tool.client_id}" if self.habits.one_client_each else self.token_url
        )

    # --- what is there -----------------------------------------------------------------------

    def register(
        self,
        *,
        login_url: str,
        redirect_uris: Iterable[str],
        launch_url: str,
        deployments: int = 1,
        **more: Any,
    ) -> Tool:
        """Register a tool by hand; `more` are further fields of Tool, such as jwks_url or scopes."""
        client_id = more.pop("client_id", None) or new_id("client-")
        more.setdefault("scopes", self.habits.scopes)
        more.setdefault("name", "A tool")
        given = more.pop("deployment_ids", None)
        tool = Tool(
            client_id=client_id,
            login_url=login_url,
            redirect_uris=tuple(redirect_uris),
            launch_url=launch_url,
            deployment_ids=list(given or self._deployment_ids(deployments)),
            **more,
        )
        with self.lock:
            self.records.tools[client_id] = tool
        return tool

    def deploy(self, tool: Tool) -> str:
        """Deploy a tool once more and return the new deployment's id."""
        with self.lock:
            made = str(int(tool.deployment_ids[-1]) + 1)
            tool.deployment_ids.append(made)
        return made

    def make_course(self, label: str, title: str, *, people: bool = True) -> Course:
        """Make a course: two instructors and five learners in it, unless it is to be empty."""
        course = Course(new_id("course-"), label, title)
        if people:
            enrolled(course)
        with self.lock:
            self.records.courses[course.id] = course
        return course

    def copy_course(self, course: Course, *, with_columns: bool = False) -> Course:
        """Copy a course as at the turn of a term: same people and links, every id new."""
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
        """Place a tool in a course. `more` are fields of Link; `column` True or a maximum makes
        a gradebook column that belongs to the link, as an LMS does for a graded activity.
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
        """Add a gradebook column of a tool; `more` are fields of LineItem."""
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
        """Delete a column, as an instructor would."""
        with self.lock:
            self.records.line_items.pop(item.id, None)
            for link in self.records.links.values():
                if link.line_item_id == item.id:
                    link.line_item_id = None

    # --- launches ----------------------------------------------------------------------------

    def prepared(self, person: Person, link: Link, **more: Any) -> Launch:
        """Return a launch of a link that has not begun; `more` are further fields of Launch."""
        item = self.records.line_items.get(link.line_item_id or "")
        more.setdefault("message", Message.RESOURCE_LINK)
        more.setdefault("deployment_id", link.deployment_id)
        return Launch(
            tool=self.records.tool(link.client_id),
            person=person,
            course=self.records.course(link.course_id),
            link=link,
            column=item,
            made_at=self.now(),
            **more,
        )

    def begin(
        self, person: Person, link: Link, *, storage_target: str | None = None, **more: Any
    ) -> LoginRequest:
        """Begin the launch of a link: what the browser sends to the tool's login address.

        `more` are fields of Launch: claims={...} to replace, without=(...) to leave out.
        """
        launch = self.prepared(person, link, **more)
        return self.launching.begin(launch, storage_target=storage_target)

    def begin_deep_linking(
        self, person: Person, tool: Tool, *, course: Course | None = None, **more: Any
    ) -> LoginRequest:
        """Begin choosing content; deep_linking={...} replaces settings, with None leaves them out."""
        more.setdefault("deployment_id", tool.deployment_id)
        launch = Launch(
            message=Message.DEEP_LINKING,
            tool=tool,
            person=person,
            course=course or self.course,
            made_at=self.now(),
            **more,
        )
        return self.launching.begin(launch)

    def begin_review(self, person: Person, link: Link, about: Person, **more: Any) -> LoginRequest:
        """Begin the review of what a learner did (Submission Review 1.0)."""
        more["message"] = Message.SUBMISSION_REVIEW
        return self.begin(person, link, about=about, **more)

    def begin_data_privacy(self, person: Person, link: Link, **more: Any) -> LoginRequest:
        """Begin a data-privacy launch."""
        return self.begin(person, link, message=Message.DATA_PRIVACY, **more)

    def answer(self, redirected_to: str) -> FormPost:
        """Answer the address to which the tool sent the browser. Raises Refused with the reason."""
        if redirected_to.partition("?")[0] != self.auth_url:
            raise AssertionError(f"{redirected_to!r} is not our {self.auth_url!r}")
        return self.launching.answer(fields_of(redirected_to), self.now())

    def claims(self, person: Person, link: Link, *, nonce: str, **more: Any) -> dict[str, Any]:
        """Return all that the token of a launch says, to change it and have it forged."""
        return self.launching.claims(self.prepared(person, link, **more), nonce, self.now())

    def id_token(self, person: Person, link: Link, *, nonce: str, **more: Any) -> str:
        """Return the token of a launch without asking who wants it."""
        return self.forge.sign(self.claims(person, link, nonce=nonce, **more))

    def rotate_keys(self, *, keeps_old: bool = True) -> Key:
        """Sign with a new key from now on."""
        return self.keys.rotate(keeps_old=keeps_old)

    def first_time(self, tool: Tool, nonce: str) -> bool:
        """Tell whether a tool uses this nonce for the first time."""
        with self.lock:
            known = (tool.client_id, nonce) in self._nonces
            self._nonces.add((tool.client_id, nonce))
        return not known

    # --- what came of it -----------------------------------------------------------------------

    def line_items(self, course: Course | None = None) -> list[LineItem]:
        """Return the columns of a course's gradebook."""
        with self.lock:
            return self.records.columns_of(course or self.course)

    def column(self, link: Link) -> LineItem | None:
        """Return the column of a link: the one it came with, or the one its tool made for it."""
        with self.lock:
            found = self.records.line_items.get(link.line_item_id or "")
            mine = (
                one for one in self.records.line_items.values() if one.client_id == link.client_id
            )
            return found or next((one for one in mine if one.resource_link_id == link.id), None)

    def scores(self, link: Link | None = None, person: Person | None = None) -> list[Score]:
        """Return accepted scores, oldest first: of one link or all, of one person or all."""
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
        """Return what stands in the gradebook for a person and a link."""
        with self.lock:
            column = self.column(link)
            return column.grades.get(person.id) if column else None

    def calls(self, *areas: str) -> list[Call]:
        """Return requests that came, oldest first; without areas what tools' servers asked."""
        return self.traffic.calls(*areas)

    # --- trouble -------------------------------------------------------------------------------

    def trouble(self, area: str, **what: Any) -> None:
        """Make trouble in an area (see requests_and_faults.py); `what` are the fields of Trouble."""
        self.traffic.start(area, trouble_of(what))

    def lift(self, *areas: str) -> None:
        """End trouble, everywhere or in some areas."""
        self.traffic.lift(*areas)

    # --- inside --------------------------------------------------------------------------------

    def _deployment_ids(self, count: int) -> list[str]:
        if self.habits.one_client_each:
            return ["1"]
        with self.lock:
            taken = sum(len(tool.deployment_ids) for tool in self.records.tools.values())
        return [str(taken + number) for number in range(1, count + 1)]

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
