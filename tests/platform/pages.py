"""The platform's pages for people: courses, links in a frame, gradebook, roster, and tools."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, render_template, request, session
from werkzeug.exceptions import Forbidden, NotFound

from lti.selftest.platform.logins import LoginRequest
from lti.selftest.platform.records import Course, Link, NotHere, Person, Tool
from tests.platform.platform import Platform

TO_LOGIN = 303


@dataclass(frozen=True, slots=True)
class Framed:
    """A tool's page in a frame: its start URL, accepted message origins, and the way back.

    `target` is the frame that stores data for the tool, None if the platform has no storage;
    `grade` is the URL of the viewer's grade.
    """

    title: str
    begins: str
    origins: list[str]
    target: str | None
    back: str
    window: str | None = None
    grade: str | None = None


def viewer(platform: Platform) -> Person | None:
    """Return the person signed in to this browser."""
    members = (course.members for course in platform.records.courses.values())
    found = (people.get(session.get("person", "")) for people in members)
    return next((member.person for member in found if member), None)


def pages_blueprint(platform: Platform) -> Blueprint:
    """Return a blueprint for the front page and for choosing a person."""
    blueprint = Blueprint("pages", __name__)

    @blueprint.app_context_processor
    def known() -> dict[str, object]:
        return {"platform": platform, "viewer": viewer(platform)}

    @blueprint.app_errorhandler(NotHere)
    def not_here(fault: NotHere) -> tuple[str, int]:
        return render_template("message.html", title="Not here", text=str(fault)), 404

    @blueprint.get("/")
    def home() -> str:
        return render_template("home.html", courses=list(platform.records.courses.values()))

    @blueprint.post("/become/<person_id>")
    def become(person_id: str) -> Response:
        session["person"] = person_id
        return _go(request.form.get("next", "/"))

    @blueprint.get("/storage")
    def storage() -> str:
        return render_template("storage.html")

    return blueprint


def courses_blueprint(platform: Platform) -> Blueprint:
    """Return a blueprint for a course's pages."""
    blueprint = Blueprint("courses", __name__)

    @blueprint.get("/courses/<course_id>")
    def course(course_id: str) -> str:
        shown = platform.records.course(course_id)
        return render_template("course.html", **_course(platform, shown))

    @blueprint.get("/courses/<course_id>/gradebook")
    def gradebook(course_id: str) -> str:
        shown = platform.records.course(course_id)
        columns = platform.line_items(shown)
        return render_template("gradebook.html", columns=columns, **_course(platform, shown))

    @blueprint.get("/courses/<course_id>/roster")
    def roster(course_id: str) -> str:
        shown = platform.records.course(course_id)
        return render_template("roster.html", **_course(platform, shown))

    @blueprint.get("/courses/<course_id>/back")
    def back(course_id: str) -> str:
        shown = platform.records.course(course_id)
        said = {name: request.args[name] for name in sorted(request.args)}
        return render_template("back.html", said=said, course=shown)

    return blueprint


def launches_blueprint(platform: Platform) -> Blueprint:
    """Return a blueprint that opens a link, the picker, or a review in a frame or a window."""
    blueprint = Blueprint("launches", __name__)

    @blueprint.get("/links/<link_id>")
    def show(link_id: str) -> str:
        link = platform.records.link(link_id)
        start = f"/links/{link.id}/start"
        back = f"/courses/{link.course_id}"
        tool = platform.records.tool(link.client_id)
        grade = _grade_url(platform, link)
        return _frame(
            platform,
            Framed(link.title, start, _origins(tool), _target(platform), back, start, grade),
        )

    @blueprint.get("/links/<link_id>/start")
    def start(link_id: str) -> Response:
        link = platform.records.link(link_id)
        return _sent(platform.begin(_somebody(platform, link.course_id), link))

    @blueprint.get("/links/<link_id>/review/<person_id>")
    def review(link_id: str, person_id: str) -> str:
        link = platform.records.link(link_id)
        start = f"/links/{link.id}/review/{person_id}/start"
        back = f"/courses/{link.course_id}/gradebook"
        tool = platform.records.tool(link.client_id)
        return _frame(platform, Framed(link.title, start, _origins(tool), _target(platform), back))

    @blueprint.get("/links/<link_id>/review/<person_id>/start")
    def start_review(link_id: str, person_id: str) -> Response:
        link = platform.records.link(link_id)
        person = platform.records.course(link.course_id).members[person_id].person
        return _sent(platform.begin_review(_teacher(platform, link.course_id), link, person))

    @blueprint.get("/courses/<course_id>/choose/<client_id>")
    def choose(course_id: str, client_id: str) -> str:
        tool, course = platform.records.tool(client_id), platform.records.course(course_id)
        start, back = f"/courses/{course.id}/choose/{client_id}/start", f"/courses/{course.id}"
        shown = Framed(f"Add from {tool.name}", start, _origins(tool), _target(platform), back)
        return _frame(platform, shown)

    @blueprint.get("/courses/<course_id>/choose/<client_id>/start")
    def start_choosing(course_id: str, client_id: str) -> Response:
        tool, course = platform.records.tool(client_id), platform.records.course(course_id)
        person = _teacher(platform, course_id)
        return _sent(platform.begin_deep_linking(person, tool, course=course))

    @blueprint.post("/links/<link_id>/delete")
    def delete(link_id: str) -> Response:
        link = platform.records.link(link_id)
        _teacher(platform, link.course_id)
        with platform.lock:
            del platform.records.links[link.id]
        return _go(f"/courses/{link.course_id}")

    return blueprint


def grades_blueprint(platform: Platform) -> Blueprint:
    """Return a blueprint for a learner's grade, shown next to a tool's frame."""
    blueprint = Blueprint("grades_shown", __name__)

    @blueprint.get("/links/<link_id>/grade")
    def grade(link_id: str) -> str:
        link = platform.records.link(link_id)
        column = platform.column(link)
        given = platform.grade(_somebody(platform, link.course_id), link)
        if column is None or given is None:
            return "Your grade: none yet"
        return f"Your grade: {round(given, 1):g} of {column.maximum:g}"

    return blueprint


def tools_blueprint(platform: Platform) -> Blueprint:
    """Return a blueprint for adding tools by registration URL or by hand."""
    blueprint = Blueprint("tools", __name__)

    @blueprint.get("/tools")
    def tools() -> str:
        return render_template("tools.html", tools=list(platform.records.tools.values()))

    @blueprint.get("/tools/register")
    def register() -> str:
        address = request.args.get("url", "")
        place = urlsplit(address)
        if place.scheme not in ("http", "https") or not place.netloc:
            said = "Paste the whole registration address of the tool, beginning with https://."
            return render_template("message.html", title="That is no address", text=said)
        invited = platform.invitations.invite(address)
        origin = f"{place.scheme}://{place.netloc}"
        return _frame(platform, Framed("Register a tool", invited, [origin], None, "/tools"))

    @blueprint.post("/tools")
    def add() -> Response:
        launch_url = request.form["launch_url"].strip()
        platform.register(
            name=request.form["name"].strip(),
            login_url=request.form["login_url"].strip(),
            jwks_url=request.form["jwks_url"].strip(),
            launch_url=launch_url,
            redirect_uris=request.form.get("redirect_uris", launch_url).split(),
        )
        return _go("/tools")

    return blueprint


def _course(platform: Platform, course: Course) -> dict[str, object]:
    seen = viewer(platform)
    return {
        "course": course,
        "links": platform.records.links_of(course),
        "tools": list(platform.records.tools.values()),
        "teaches": seen is not None and seen in course.instructors,
        "column_of": platform.column,
    }


def _frame(platform: Platform, framed: Framed) -> str:
    if viewer(platform) is None and framed.back != "/tools":
        raise Forbidden("Choose who you are first, on the front page.")
    is_fixed = not platform.habits.resizes_frames
    return render_template("framed.html", framed=framed, is_fixed=is_fixed)


def _grade_url(platform: Platform, link: Link) -> str | None:
    learns = viewer(platform) in platform.records.course(link.course_id).learners
    return f"/links/{link.id}/grade" if learns and platform.column(link) else None


def _sent(begun: LoginRequest) -> Response:
    if begun.method == "GET":
        return _go(begun.address)
    page = render_template("post.html", posted=begun)
    return Response(page, headers={"Cache-Control": "no-store"})


def _somebody(platform: Platform, course_id: str) -> Person:
    seen = viewer(platform)
    if seen is None or seen.id not in platform.records.course(course_id).members:
        raise Forbidden("Choose who you are first, on the front page.")
    return seen


def _teacher(platform: Platform, course_id: str) -> Person:
    seen = _somebody(platform, course_id)
    if seen not in platform.records.course(course_id).instructors:
        raise NotFound
    return seen


def _target(platform: Platform) -> str | None:
    return platform.habits.storage_target


def _origins(tool: Tool) -> list[str]:
    places = [urlsplit(url) for url in (tool.login_url, tool.launch_url, *tool.redirect_uris)]
    return sorted({f"{place.scheme}://{place.netloc}" for place in places})


def _go(address: str) -> Response:
    answer = redirect(address, TO_LOGIN)
    return Response(answer.get_data(), TO_LOGIN, {"Location": address, "Cache-Control": "no-store"})
